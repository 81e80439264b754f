/** The unit of systemd in scripts/deploy, as systemd itself reads it, and the server under what it forbids (R93). */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { tempFolder } from '../record-support.ts'
import { joinAt } from '../server-support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const unit = readFileSync(join(root, 'scripts/deploy/wartezimmer.service'), 'utf8')
const folder = tempFolder()

/** What systemd-analyze says of the unit, where it is at home in this checkout. */
function analyze(args: string[], text = unit) {
  const file = join(folder, 'wartezimmer.service')
  writeFileSync(file, text.replaceAll('/opt/wartezimmer', root))
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

test('R93: systemd knows every line of the unit, and would tell of one that it does not', () => {
  assert.equal(analyze(['verify', '--man=no']), { status: 0, said: '' })
  assert.match(analyze(['verify', '--man=no'], unit.replace('ProtectClock', 'ProtectClocks')).said, 'ProtectClocks')
})

test('R93: systemd-analyze security finds it exposed by 1.0 of 10', () => {
  const { status, said } = analyze(['security', '--offline=yes', '--threshold=10'])
  assert.is(status, 0, said)
  assert.match(said, /Overall exposure level .*: 1\.0 OK/)
})

/** The system calls in sets such as `@system-service`. */
function callsIn(...sets: string[]): Set<string> {
  const lines = execFileSync('systemd-analyze', ['syscall-filter', ...sets], { encoding: 'utf8' }).split('\n')
  const calls = lines.filter((line) => /^ /.test(line)).map((line) => line.trim())
  const nested = calls.filter((name) => name.startsWith('@'))
  const own = calls.filter((name) => /^\w/.test(name))
  return new Set([...own, ...(nested.length > 0 ? callsIn(...nested) : [])])
}

test('R93: the server does all its work with the system calls that the unit allows, and without those it refuses', async () => {
  const [allowed = '', refused = '', again = ''] = [...unit.matchAll(/^SystemCallFilter=~?(.+)$/gm)].map(
    ([, sets]) => sets,
  )
  const may = callsIn(...allowed.split(' '))
  const mayNot = callsIn(...refused.split(' '))
  assert.ok(mayNot.delete(again), again)
  const file = join(folder, 'calls')
  // A question mark: not every machine has all of them.
  const inject = `inject=${[...mayNot].map((name) => `?${name}`).join()}:error=EPERM`
  const server = await spawnServer({
    under: ['strace', '-D', '-f', '-qq', '-o', file, '-e', inject, '-e', 'trace=all'],
  })
  const { codes } = await server.mint()
  const client = await joinAt(server.url, codes[0] ?? '')
  for (const path of ['/metrics', '/v1/sessions', '/docs/tom', '/praxis']) await server.call('GET', path)
  client.drop()
  assert.is(await server.stop(), 0)
  assert.equal(server.complaints, [])
  const made = new Set([...readFileSync(file, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name))
  assert.ok(made.has('fdatasync') || made.has('fsync'), 'they were seen')
  assert.equal(
    [...made].filter((name) => !may.has(name)),
    [],
  )
})

test('R93: podman makes a unit of the quadlet that systemd knows every line of, where it can make any', () => {
  const quadlet = ['/usr/libexec/podman/quadlet', '/usr/lib/podman/quadlet'].find((path) => existsSync(path))
  const text = readFileSync(join(root, 'scripts/deploy/wartezimmer.container'), 'utf8')
  // Debian 12 has none; what stands in [Container] runs in image.test.ts, and the rest is a unit like any other.
  const made = quadlet
    ? execFileSync(quadlet, ['-dryrun'], { encoding: 'utf8', env: { QUADLET_UNIT_DIRS: join(root, 'scripts/deploy') } })
    : text.replace(/^\[Container\]$.*?(?=^\[)/ms, '').replace('[Service]', '[Service]\nExecStart=/bin/true')
  assert.equal(analyze(['verify', '--man=no'], made.replace(/^---.*---$/gm, '')), { status: 0, said: '' })
})

test.run()
