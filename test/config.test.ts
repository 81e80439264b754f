/** The configuration: strict, all faults at once, secrets from files, and the README's table true. */
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readConfig, readSettings } from '../src/config/config.ts'
import { settings } from '../src/config/settings.ts'
import { StartupError } from '../src/config/startup-error.ts'
import { type Setting, variableOf } from '../src/config/values.ts'
import { tempFolder } from './record-support.ts'

const SECRET = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'

function faults(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.instance(error, StartupError)
    return (error as StartupError).faults
  }
}

test('without any variable the defaults hold', () => {
  const config = readConfig({})
  assert.is(config.host, '127.0.0.1')
  assert.is(config.port, 8080)
  assert.is(config.resumeSeconds, 120)
  assert.is(config.retentionDays, 30)
  assert.equal(config.stunUrls, [])
  assert.is(config.icePolicy, 'all')
})

test('a configuration with three faults is told all three', () => {
  const found = faults({ WZ_PORT: 'http', WZ_RETENTION_DAYS: '90', WZ_PROT: '8080', HOME: '/x' })
  assert.equal(found, [
    'WZ_PORT must be a whole number from 0 to 65535',
    'WZ_RETENTION_DAYS must be a whole number from 1 to 88',
    'WZ_PROT is unknown',
  ])
})

const BAD: [string, Record<string, string>][] = [
  ['a port that is too high', { WZ_PORT: '65536' }],
  ['a port with a sign', { WZ_PORT: '-1' }],
  ['a number with a unit', { WZ_RESUME_SECONDS: '120s' }],
  ['retention and interval above 88 days (R33)', { WZ_RETENTION_DAYS: '88', WZ_SWEEP_MINUTES: '1' }],
  ['a public address over plain http (R57)', { WZ_PUBLIC_URL: 'http://praxis.example' }],
  ['a public address with a fragment', { WZ_PUBLIC_URL: 'https://praxis.example/#x' }],
  ['a public address that is none', { WZ_PUBLIC_URL: 'praxis.example' }],
  ['an origin with a path', { WZ_ALLOWED_ORIGINS: 'https://a.example/x' }],
  ['an origin that is a pattern', { WZ_ALLOWED_ORIGINS: 'https://*.example' }],
  ['a proxy that is a name', { WZ_TRUSTED_PROXIES: 'proxy' }],
  ['a network with too many bits', { WZ_TRUSTED_PROXIES: '10.0.0.0/33' }],
  ['an admin without a token', { WZ_ADMIN_TOKENS: 'anna' }],
  ['no admin at all', { WZ_ADMIN_TOKENS: ',' }],
  ['a short token', { WZ_ADMIN_TOKENS: 'anna:short' }],
  ['a placeholder for a token', { WZ_ADMIN_TOKENS: `anna:change-me-${SECRET}` }],
  ['a token of one letter', { WZ_ADMIN_TOKENS: `anna:${'a'.repeat(40)}` }],
  ['one token for two admins (R57a)', { WZ_ADMIN_TOKENS: `anna:${SECRET},bert:${SECRET}` }],
  ['two admins of one name', { WZ_ADMIN_TOKENS: `anna:${SECRET},anna:${SECRET}x` }],
  ['a placeholder for the key', { WZ_CODE_KEY: 'please-replace-this-key-with-your-own' }],
  ['TURN without a secret', { WZ_TURN_URLS: 'turn:t.example' }],
  ['a TURN secret without TURN', { WZ_TURN_SECRET: SECRET }],
  ['a placeholder for the TURN secret', { WZ_TURN_URLS: 'turn:t.example', WZ_TURN_SECRET: `change-me-${SECRET}` }],
  ['relay without TURN', { WZ_ICE_POLICY: 'relay' }],
  ['a STUN address of the wrong kind', { WZ_STUN_URLS: 'https://s.example' }],
  ['a STUN address with a transport', { WZ_STUN_URLS: 'stun:s.example?transport=udp' }],
  ['a TURN address with slashes', { WZ_TURN_URLS: 'turn://t.example', WZ_TURN_SECRET: SECRET }],
  [
    'a TURN address with an unknown transport',
    { WZ_TURN_URLS: 'turn:t.example?transport=tls', WZ_TURN_SECRET: SECRET },
  ],
  ['a TURN address with a port too high', { WZ_TURN_URLS: 'turns:t.example:65536', WZ_TURN_SECRET: SECRET }],
  ['a time zone that is an offset', { WZ_TIME_ZONE: '+01:00' }],
  ['a time zone that is an abbreviation', { WZ_TIME_ZONE: 'EST' }],
  ['a time zone that there is not', { WZ_TIME_ZONE: 'Europe/Bonn' }],
  ['an unknown level', { WZ_LOG_LEVEL: 'loud' }],
  ['pages that are neither on nor off', { WZ_PAGES: 'yes' }],
  ['an imprint that is no address', { WZ_IMPRINT_URL: 'javascript:alert(1)' }],
  ['a privacy notice that is no address', { WZ_PRIVACY_URL: 'praxis.example' }],
  ['a practice without a name', { WZ_PRACTICE_NAME: ' ' }],
  ['a practice with a long name', { WZ_PRACTICE_NAME: 'x'.repeat(81) }],
  ['an accessibility statement that is no address', { WZ_ACCESSIBILITY_URL: '/barrierefrei' }],
  ['a logo that is not there', { WZ_PRACTICE_LOGO: '/nowhere/logo.svg' }],
  ['a logo that is a folder', { WZ_PRACTICE_LOGO: '/tmp' }],
  ['a logo that is no picture', { WZ_PRACTICE_LOGO: fileURLToPath(import.meta.url) }],
  ['a secret given twice', { WZ_CODE_KEY: SECRET, WZ_CODE_KEY_FILE: '/dev/null' }],
  ['a secret file that is not there', { WZ_CODE_KEY_FILE: '/nowhere/key' }],
  ['a file for what is no secret', { WZ_PORT_FILE: '/dev/null' }],
]

for (const [what, env] of BAD) {
  test(`${what} stops the start`, () => {
    const found = faults(env)
    assert.is(found.length, 1, found.join('; '))
    assert.not.match(found.join(), SECRET, 'a fault quotes no secret')
  })
}

test('what is good is taken: lists, networks, 88 days together', () => {
  const config = readConfig({
    WZ_ADMIN_TOKENS: `anna:${SECRET}, praxis-software:${SECRET}2`,
    WZ_TRUSTED_PROXIES: '10.0.0.0/8, ::1,192.0.2.7',
    WZ_TURN_URLS: 'turn:t.example:3478?transport=udp,turns:t.example, turn:[2001:db8::1]:3478',
    WZ_TURN_SECRET: SECRET,
    WZ_ICE_POLICY: 'relay',
    WZ_RETENTION_DAYS: '87',
    WZ_SWEEP_MINUTES: '1440',
    WZ_PUBLIC_URL: 'https://video.praxis.example/',
    WZ_PORT: '',
  })
  assert.equal(
    config.adminTokens?.map(({ name }) => name),
    ['anna', 'praxis-software'],
  )
  assert.equal(config.trustedProxies, ['10.0.0.0/8', '::1', '192.0.2.7'])
  assert.is(config.publicUrl, 'https://video.praxis.example')
  assert.is(config.port, 8080, 'an empty variable is none')
})

test('plain http is fine on this machine, and elsewhere if it is allowed', () => {
  for (const WZ_PUBLIC_URL of ['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:80/wz'])
    readConfig({ WZ_PUBLIC_URL })
  readConfig({ WZ_PUBLIC_URL: 'http://praxis.example', WZ_ALLOW_HTTP: 'on' })
})

test('each secret can come from a file, tokens a line each (R55)', () => {
  const folder = tempFolder()
  const path = join(folder, 'tokens')
  writeFileSync(path, `anna:${SECRET}\nbert:${SECRET}2\n`, { mode: 0o600 })
  assert.is(readConfig({ WZ_ADMIN_TOKENS_FILE: path }).adminTokens?.length, 2)
})

test('a few settings are read by themselves, and what is wrong with others does not matter', () => {
  const env = { WZ_PORT: '81', WZ_TIME_ZONE: 'Asia/Kolkata', WZ_CODE_KEY_FILE: '/nowhere/key', WZ_PROT: '1' }
  assert.equal(readSettings(env, 'port', 'timeZone', 'dataDir'), {
    port: 81,
    timeZone: 'Asia/Kolkata',
    dataDir: './data',
  })
  assert.throws(() => readSettings(env, 'port', 'codeKey'), /^WZ_CODE_KEY must be readable/)
})

test('R57a: a secret in a file that others may read, or anybody else may write, stops the start and says what to do', () => {
  const folder = tempFolder()
  for (const name of ['WZ_ADMIN_TOKENS', 'WZ_CODE_KEY', 'WZ_TURN_SECRET', 'WZ_TLS_KEY']) {
    const path = join(folder, name)
    writeFileSync(path, `${name === 'WZ_ADMIN_TOKENS' ? 'anna:' : ''}${SECRET}\n`)
    const env = {
      [`${name}_FILE`]: path,
      ...(name === 'WZ_TURN_SECRET' && { WZ_TURN_URLS: 'turn:t.example' }),
      ...(name === 'WZ_TLS_KEY' && { WZ_TLS_CERT_FILE: path }),
    }
    for (const mode of [0o400, 0o600, 0o440, 0o640]) {
      chmodSync(path, mode)
      assert.equal(faults(env), [], `${name} with ${mode.toString(8)}`)
    }
    for (const mode of [0o444, 0o644, 0o604, 0o602, 0o620, 0o666]) {
      chmodSync(path, mode)
      const [fault, ...more] = faults(env).filter((fault) => !fault.includes('together'))
      assert.equal(more, [])
      assert.match(fault ?? '', new RegExp(`^${name}.* must be .*others may not read: chmod 600 ${path}$`))
    }
  }
})

test('a secret in a file that cannot be looked at is a fault like one that is not there', () => {
  const circle = join(tempFolder(), 'circle')
  symlinkSync('circle', circle)
  for (const name of ['WZ_ADMIN_TOKENS', 'WZ_CODE_KEY'])
    assert.equal(faults({ [`${name}_FILE`]: circle }), [`${name} must be readable at the path that ${name}_FILE names`])
  assert.equal(faults({ WZ_ADMINS_FILE: circle }), [`WZ_ADMINS_FILE: there is nothing to read at ${circle} (ELOOP)`])
})

test('a logo is what its first bytes say, and no larger than 256 KiB', () => {
  const folder = tempFolder()
  const read = (body: string | Buffer, name = 'logo.gif') => {
    writeFileSync(join(folder, name), body)
    return { WZ_PRACTICE_LOGO: join(folder, name) }
  }
  for (const [type, body] of [
    ['image/png', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['image/webp', Buffer.from('52494646240000005745425056503820', 'hex')],
    ['image/svg+xml', '\ufeff<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['image/svg+xml', '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>\n<!-- > -->\n<svg />'],
  ] as const) {
    assert.is(readConfig(read(body)).practiceLogo?.type, type)
  }
  const kinds = ['WZ_PRACTICE_LOGO must be an SVG, PNG, JPEG or WebP file']
  for (const body of ['', 'GIF89a', '<!doctype html><svg ></svg>', 'x<svg >', '<svgs>', 'RIFF0000WAVE']) {
    assert.equal(faults(read(body, 'logo.svg')), kinds, body)
  }
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
  assert.equal(faults(read(svg.padEnd(256 * 1024))), [])
  assert.equal(faults(read(svg.padEnd(256 * 1024 + 1))), ['WZ_PRACTICE_LOGO must be a file of at most 256 KiB'])
})

test('the README has every variable with its default, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const [key, { default: value, unit, meaning, secret }] of Object.entries<Setting<unknown>>(settings)) {
    const name = variableOf(key)
    const shown = value === undefined || value === '' ? '–' : `\`${value}\``
    const row = `| \`${name}\`${secret ? ' *' : ''} | ${shown} | ${unit ?? ''} | ${meaning} |`
    assert.ok(readme.includes(row), `the README lacks this row:\n${row}`)
  }
  const known = new Set(Object.keys(settings).map(variableOf))
  for (const [name] of readme.matchAll(/\bWZ_[A-Z_]+[A-Z]/g)) {
    assert.ok(known.has(name) || known.has(name.replace(/_FILE$/, '')), `the README names ${name}`)
  }
})

test.run()
