/** The compiled mint command, run as a process against a listening server. */
import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sealLink } from '../src/commands/practice-key.ts'
import { readCode } from '../src/protocol/dial-code.ts'
import { readPracticeKey } from '../src/protocol/seal.ts'
import { by, NOW, tempFolder } from './record-support.ts'
import { openRest, TOKEN } from './rest-support.ts'
import { TOKEN as OWN, startServer } from './server-support.ts'
import { FIRST, PUBLIC } from './tls-support.ts'

const command = fileURLToPath(new URL('../dist/mint.js', import.meta.url))

type Run = { exit: number; out: string; err: string }

function mint(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const { PATH = '' } = process.env
  return new Promise((resolve) => {
    const options = { env: { PATH, TZ: 'UTC', ...env } }
    execFile(process.execPath, [command, ...args], options, (fault, out, err) => {
      for (const token of [TOKEN, OWN]) assert.not.match(out + err, token)
      resolve({ exit: fault ? Number(fault.code) : 0, out, err })
    })
  })
}

/** A file that holds a token, as an admin on another machine has one. */
function tokenFile(token = TOKEN): string[] {
  const file = join(tempFolder(), 'token')
  writeFileSync(file, `${token}\n`)
  return ['--token-file', file]
}

async function listening() {
  const opened = await openRest()
  await opened.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = opened.app.server.address() as AddressInfo
  const run = (...args: string[]) => mint(['--url', `http://127.0.0.1:${port}`, ...tokenFile(), ...args])
  return { ...opened, port, run }
}

test('it prints a code and a link for each role, and they work', async () => {
  const { run, record } = await listening()
  const args = ['--roles', 'host, guest', '--room', 'Praxis', '--reference', 'case-7', '--guests', '2']
  const { exit, out, err } = await run(...args)
  assert.equal([exit, err], [0, ''])
  assert.match(out, /^room Praxis$/m)
  const [, host = ''] = /^host {2}(\S+)\n {2}https:\/\/wartezimmer\.example\/praxis#\1$/m.exec(out) ?? []
  const [, guest = ''] = /^guest {2}(\S+)\n {2}https:\/\/wartezimmer\.example\/#\1$/m.exec(out) ?? []
  for (const [code, role] of [
    [host, 'host'],
    [guest, 'guest'],
  ] as const) {
    const { code: _, ...ticket } = record.checkCode(code, NOW)
    assert.equal(ticket, { room: 'Praxis', role, guests: 2, reference: 'case-7' })
  }
  assert.not.match(out, 'Guten Tag')
})

test('times without an offset are those of Germany wherever it runs, and all are printed with theirs', async () => {
  const { port, record } = await listening()
  const args = ['--url', `http://127.0.0.1:${port}`, ...tokenFile(), '--letter']
  for (const TZ of ['UTC', 'America/New_York', 'Asia/Tokyo']) {
    const { out } = await mint([...args, '--from', '2026-03-29T10:00', '--until', '2026-03-29T11:30+00:00'], { TZ })
    const { notBefore, expiresAt } = (await record.listCodes({ limit: 9 }, by(NOW))).codes.at(-1) ?? {}
    assert.equal([notBefore, expiresAt], [Date.UTC(2026, 2, 29, 8), Date.UTC(2026, 2, 29, 11, 30)])
    assert.match(out, '  2026-03-29T10:00+02:00 to 2026-03-29T13:30+02:00 (Europe/Berlin)\n')
    assert.match(out, /29\. März 2026.* 10:00 Uhr\n.*29\. März 2026.* 13:30 Uhr \(deutsche Zeit\)\n/)
  }
})

test('another time zone can be configured, and named for once, for what is typed, printed and told the patient', async () => {
  const { port } = await listening()
  const args = ['--url', `http://127.0.0.1:${port}`, ...tokenFile(), '--letter', '--from', '2026-03-10T10:00']
  const zone = { WZ_TIME_ZONE: 'Asia/Kolkata' }
  const configured = await mint(args, zone)
  assert.match(configured.out, '  2026-03-10T10:00+05:30 to 2026-03-11T10:00+05:30 (Asia/Kolkata)\n')
  assert.match(configured.out, /10\. März 2026.* 10:00 Uhr\n.* 10:00 Uhr \(Indische .*eit\)\n/)
  const named = await mint([...args, '--time-zone', 'Europe/Vienna'], zone)
  assert.match(named.out, '  2026-03-10T10:00+01:00 to 2026-03-11T10:00+01:00 (Europe/Vienna)\n')
  assert.match(named.out, '10:00 Uhr (Mitteleuropäische Zeit)\n')
})

test('the letter tells a patient in German where, when, how and what becomes of the data', async () => {
  const { run } = await listening()
  const { out } = await run('--letter', '--roles', 'host,guest', '--from', '2026-03-29T10:00')
  const [before = '', letter = ''] = out.split(/^-{72}$/m)
  const [, host = ''] = /^host {2}(\S+)/m.exec(before) ?? []
  const [, guest = ''] = /^guest {2}(\S+)/m.exec(before) ?? []
  assert.ok(host && guest)
  assert.not.ok(letter.includes(host), 'nothing of the host in it')
  assert.match(letter, `  Code:     ${guest}\n`)
  assert.match(letter, '  Adresse:  https://wartezimmer.example/\n')
  assert.match(letter, `  https://wartezimmer.example/#${guest}\n`)
  assert.match(letter, /Sonntag, 29\. März 2026.* 10:00 Uhr/)
  const prose = letter.replace(/\s+/g, ' ')
  assert.match(
    prose,
    'tippen Sie Adresse und Code lieber ab: Der Code aus dem Link bleibt dort im Verlauf des Browsers',
  )
  for (const word of ['Wartezimmer', 'Ende-zu-Ende', 'drei Monaten', 'ruhigen', 'Aufnahmen', 'Firefox']) {
    assert.match(letter, word)
  }
})

test('--practice-key makes a key once, kept from others and from the server, and seals the links of guests', async () => {
  const { run } = await listening()
  const folder = tempFolder()
  const file = join(folder, 'practice-key.json')
  const args = ['--roles', 'host,guest', '--practice-key', file]
  const first = await run(...args)
  assert.match(first.err, `Made ${file}`)
  assert.is(statSync(file).mode & 0o777, 0o600)
  const seals = new Set<string>()
  for (const { out, err } of [first, await run(...args), await run(...args)]) {
    if (out !== first.out) assert.is(err, '')
    const [, code = '', link = ''] = /^guest {2}(\S+)\n {2}(\S+)$/m.exec(out) ?? []
    const read = readCode(link)
    assert.equal([read?.isGuests, link.startsWith(`https://wartezimmer.example/#${code}-`)], [true, true])
    seals.add(read?.seal ?? '')
    assert.match(out, /^host {2}(\S+)\n {2}https:\/\/wartezimmer\.example\/praxis#\1$/m)
  }
  assert.equal([...seals], [(await readPracticeKey(readFileSync(file, 'utf8')))?.seal])
  const letter = (await run(...args, '--letter')).out
  assert.match(letter, 'Siegel')
  assert.match(letter, /\n {2}Adresse: {2}https:\/\/wartezimmer\.example\/\n {2}Code: {5}[\dA-Z]{3}(-[\dA-Z]{3}){2}\n/)
  assert.match(letter, 'tippen Sie Adresse und Code lieber ab')
  assert.match((await run('--letter')).out, 'Sicherheitsnummer')
  chmodSync(file, 0o644)
  assert.match((await run(...args)).err, 'may be read by others: chmod 600')
  writeFileSync(join(folder, 'other'), '{}', { mode: 0o600 })
  const wrong = await run('--practice-key', join(folder, 'other'))
  assert.equal([wrong.exit, wrong.out], [1, ''])
  assert.match(wrong.err, "holds no practice's key")
})

test('a link of a server that lies is not sealed', () => {
  const seal = '37W0398JW3S742EJVFSPTYCB8HE'
  const code = 'K7M-4XQ-9TP'
  const right = `https://video.praxis.example/#${code}`
  assert.is(sealLink({ code, link: right }, seal), `${right}-${seal}`)
  for (const link of [
    `${right}?`,
    `${right}&k=`,
    `${right}-${seal}&k=`,
    `${right}-${seal}`,
    `${right}#`,
    `${right} `,
    right.replace('#', '?x#y#'),
    right.replace('https', 'javascript'),
    'https://video.praxis.example/',
    '',
  ])
    assert.throws(() => sealLink({ code, link }, seal), 'cannot be sealed', link)
  assert.throws(() => sealLink({ code: 'K7M-4XQ-9TQ', link: right.replace('9TP', '9TQ') }, seal), 'cannot be sealed')
})

test('--json prints the answer of the server as it is', async () => {
  const { run, record } = await listening()
  const { room, codes } = JSON.parse((await run('--json', '--roles', 'guest,guest')).out)
  assert.is(codes.length, 2)
  for (const { id, code } of codes) {
    const ticket = record.checkCode(code, NOW)
    assert.equal([ticket.code, ticket.room], [id, room])
  }
})

test('the token comes from a named file, the configuration, or the data folder of a first start', async () => {
  const { port } = await listening()
  const folder = tempFolder()
  const [file, admins] = [join(folder, 'admin-token'), join(folder, 'admins')]
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 })
  writeFileSync(admins, `practice:${TOKEN}\nother:${OWN}\n`, { mode: 0o600 })
  const ways: [string[], Record<string, string>][] = [
    [['--token-file', file], { WZ_DATA_DIR: '/nowhere', WZ_ADMIN_TOKENS: 'nobody:x', WZ_PROT: '1' }],
    [[], { WZ_DATA_DIR: '/nowhere', WZ_ADMIN_TOKENS: `practice:${TOKEN},other:${OWN}` }],
    [[], { WZ_DATA_DIR: '/nowhere', WZ_ADMIN_TOKENS_FILE: admins }],
    [[], { WZ_DATA_DIR: folder, WZ_HOST: '0.0.0.0' }],
  ]
  for (const [args, env] of ways) {
    const { exit, err } = await mint(args, { WZ_PORT: String(port), ...env })
    assert.equal([exit, err], [0, ''])
  }
})

test('a server that speaks TLS is known on its machine by its certificate, and nobody else gets the token', async () => {
  const folder = tempFolder()
  const path = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  const [first, itself] = [path('first', FIRST.cert), path('public', PUBLIC.cert + FIRST.cert)]
  const env = { WZ_TLS_CERT_FILE: itself, WZ_TLS_KEY_FILE: path('key', PUBLIC.key) }
  const server = await startServer(env)
  const own = { ...env, WZ_ADMIN_TOKENS: `test:${OWN}`, WZ_PORT: String(server.port) }
  const { exit, out, err } = await mint([], own)
  assert.equal([exit, err], [0, ''])
  assert.match(out, `  https://localhost:${server.port}/#`)
  const { length } = server.logged
  for (const [args, cert] of [
    [[], first],
    [['--url', `https://127.0.0.1:${server.port}`], itself],
  ] as const) {
    const { exit, err } = await mint([...args], { ...own, WZ_TLS_CERT_FILE: cert })
    assert.is(exit, 1)
    assert.match(err, `No answer from https://127.0.0.1:${server.port}: UNABLE_TO_`)
  }
  assert.is(server.logged.length, length)
})

test('a disk that is full at the first use of a practice key leaves no half key', async () => {
  const { run, port } = await listening()
  const key = join(tempFolder(), 'practice.key')
  const full = `import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { writeFileSync } = fs
    fs.writeFileSync = (file, text, options) => {
      writeFileSync(file, '', options)
      throw new Error('ENOSPC: no space left on device, write')
    }
    syncBuiltinESMExports()`
  const args = ['--url', `http://127.0.0.1:${port}`, ...tokenFile(), '--practice-key', key]
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(full)}`
  const { exit, err } = await mint(args, { NODE_OPTIONS })
  assert.equal([exit, err], [1, '--practice-key: ENOSPC: no space left on device, write\n'])
  assert.is((await run('--practice-key', key)).exit, 0)
})

test('what goes wrong is said in one line, with exit code 1 and nothing printed as if it had worked', async () => {
  const { run, port } = await listening()
  const url = ['--url', `http://127.0.0.1:${port}`]
  const wrong: [Promise<Run>, RegExp][] = [
    [mint([...url, ...tokenFile('a-wrong-token')]), /^Refused \(unauthorized\): A valid admin token is needed/],
    ...['', `${TOKEN}\n${OWN}`, `Schlüssel-${TOKEN}`].map((held): [Promise<Run>, RegExp] => [
      mint([...url, ...tokenFile(held)]),
      /^No admin token: .*token holds something else than one token/,
    ]),
    [mint(url, { WZ_DATA_DIR: '/nowhere' }), /^No admin token: ENOENT.*'\/nowhere\/admin-token'/],
    [run('--room', 'a b'), /^Refused \(bad_message\): body\.room /],
    [run('--roles', 'nurse'), /^Refused \(bad_message\): body\.roles\.0 /],
    [run('--guests', 'two'), /^Refused \(bad_message\): body\.guests must be integer/],
    [run('--until', '2020-01-01'), /^Refused \(window_invalid\): expiresAt must be/],
    [run('--from', 'tomorrow'), /^--from must be a time such as .*, not tomorrow$/m],
    [run('--until', '2027-03-28T02:30'), /^--until must be a time that there is: .* Europe\/Berlin /],
    [run('--time-zone', 'CEST'), /^--time-zone must be a time zone of the IANA list/],
    [mint([...url, ...tokenFile()], { WZ_TIME_ZONE: 'Berlin' }), /^WZ_TIME_ZONE must be a time zone of the IANA list/],
    [mint(url, { WZ_ADMIN_TOKENS: 'anna:short' }), /^WZ_ADMIN_TOKENS must be at least 32 characters/],
    [mint([], { WZ_TLS_CERT_FILE: '/nowhere/cert' }), /^WZ_TLS_CERT_FILE: ENOENT/],
    [run('--url', 'practice'), /^--url must be an http or https address/],
    [run('--frm', '2026-12-01'), /^Unknown option '--frm'.*--help/],
    [mint(['--url', 'http://127.0.0.1:1', ...tokenFile()]), /^No answer from http:\/\/127\.0\.0\.1:1: /],
    [mint(['--url', `http://127.0.0.1:${port}/docs`, ...tokenFile()]), /^Refused \(not_found\)/],
  ]
  for (const [running, message] of wrong) {
    const { exit, out, err } = await running
    assert.match(err, message)
    assert.equal([exit, out, err.trim().split('\n').length], [1, '', 1], err)
  }
})

test('--help says how it is used', async () => {
  const { exit, out } = await mint(['--help'])
  assert.is(exit, 0)
  for (const option of [
    '--roles',
    '--room',
    '--from',
    '--until',
    '--reference',
    '--guests',
    '--letter',
    '--token-file',
  ]) {
    assert.match(out, option)
  }
})

test.run()
