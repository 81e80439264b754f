/** The mint command, run as a process against a listening server. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NOW, tempFolder } from './record-support.ts'
import { openRest, TOKEN } from './rest-support.ts'

const SCRIPT = fileURLToPath(new URL('../scripts/mint.ts', import.meta.url))

type Run = { exit: number; out: string; err: string }

function mint(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const { PATH = '' } = process.env
  return new Promise((resolve) => {
    const options = { env: { PATH, TZ: 'Europe/Berlin', ...env } }
    execFile(process.execPath, ['--import', 'tsx', SCRIPT, ...args], options, (fault, out, err) => {
      assert.not.match(out + err, TOKEN)
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
  const { run, record, close } = await listening()
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
  await close()
})

test('times are local unless they name a zone, and it says which zone that is', async () => {
  const { run, record, close } = await listening()
  const { out } = await run('--from', '2026-03-29T10:00', '--until', '2026-03-29T11:30+00:00')
  const [code] = (await record.listCodes({ limit: 9 }, NOW)).codes
  assert.equal([code?.notBefore, code?.expiresAt], [Date.UTC(2026, 2, 29, 8), Date.UTC(2026, 2, 29, 11, 30)])
  assert.match(out, '2026-03-29 10:00 to 2026-03-29 13:30 (Europe/Berlin)')
  await run('--from', '2026-03-10')
  const { notBefore } = (await record.listCodes({ limit: 9 }, NOW)).codes[1] ?? {}
  assert.is(notBefore, Date.UTC(2026, 2, 9, 23))
  await close()
})

test('the letter tells a patient in German where, when, how and what becomes of the data', async () => {
  const { run, close } = await listening()
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
  for (const word of ['Wartezimmer', 'Ende-zu-Ende', 'drei Monaten', 'ruhigen', 'Aufnahmen', 'Firefox']) {
    assert.match(letter, word)
  }
  await close()
})

test('--json prints the answer of the server as it is', async () => {
  const { run, record, close } = await listening()
  const { room, codes } = JSON.parse((await run('--json', '--roles', 'guest,guest')).out)
  assert.is(codes.length, 2)
  for (const { id, code } of codes) {
    const ticket = record.checkCode(code, NOW)
    assert.equal([ticket.code, ticket.room], [id, room])
  }
  await close()
})

test('the token comes from a named file, or the data folder of a first start', async () => {
  const { port, close } = await listening()
  const folder = tempFolder()
  const file = join(folder, 'admin-token')
  writeFileSync(file, `${TOKEN}\n`)
  const ways: [string[], Record<string, string>][] = [
    [['--token-file', file], { WZ_DATA_DIR: '/nowhere' }],
    [[], { WZ_DATA_DIR: folder }],
  ]
  for (const [args, env] of ways) {
    const { exit, err } = await mint(args, { WZ_PORT: String(port), ...env })
    assert.equal([exit, err], [0, ''])
  }
  await close()
})

test('what goes wrong is said in one line, with exit code 1 and nothing printed as if it had worked', async () => {
  const { run, port, close } = await listening()
  const url = ['--url', `http://127.0.0.1:${port}`]
  const wrong: [Promise<Run>, RegExp][] = [
    [mint([...url, ...tokenFile('a-wrong-token')]), /^Refused \(unauthorized\): A valid admin token is needed/],
    [mint(url, { WZ_DATA_DIR: '/nowhere' }), /^No admin token: there is no file \/nowhere\/admin-token/],
    [run('--room', 'a b'), /^Refused \(bad_message\): body\.room /],
    [run('--roles', 'staff'), /^Refused \(bad_message\): body\.roles\.0 /],
    [run('--guests', 'two'), /^Refused \(bad_message\): body\.guests must be integer/],
    [run('--until', '2020-01-01'), /^Refused \(window_invalid\): expiresAt must be/],
    [run('--from', 'tomorrow'), /^--from: tomorrow is no time/],
    [run('--frm', '2026-12-01'), /^Unknown option '--frm'.*--help/],
    [mint(['--url', 'http://127.0.0.1:1', ...tokenFile()]), /^No answer from http:\/\/127\.0\.0\.1:1: /],
    [mint(['--url', `http://127.0.0.1:${port}/docs`, ...tokenFile()]), /^Refused \(not_found\)/],
  ]
  for (const [running, message] of wrong) {
    const { exit, out, err } = await running
    assert.match(err, message)
    assert.equal([exit, out, err.trim().split('\n').length], [1, '', 1], err)
  }
  await close()
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
