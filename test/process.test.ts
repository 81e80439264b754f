/** The process as an operator meets it: start, faults, signals. Spawned for real, compiled. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { addSessions } from '../scripts/bench/large-record.ts'
import { socketsOf } from '../scripts/support/sockets.ts'
import { first, hangUp, MAIN, processes, start } from './process-support.ts'
import { tempFolder } from './record-support.ts'
import { Client, joinAt } from './server-support.ts'

const test = processes('process')

async function connect(port: number): Promise<{ socket: WebSocket; closed: Promise<number> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1')
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return { socket, closed }
}

test('it starts without any configuration, and makes its folder, key and admin token for itself only', async (context) => {
  const server = start(context)
  const port = await server.listening
  const data = join(context.folder, 'data')
  assert.is(statSync(data).mode & 0o777, 0o700)
  for (const file of readdirSync(data)) assert.is(statSync(join(data, file)).mode & 0o777, 0o600, file)
  const [code] = await server.mint()
  assert.ok(code?.link.startsWith(`http://localhost:${port}/#`), 'the link leads to the port it got')
  assert.is((await server.ask('/readyz')).status, 200)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} tells all connections to come back (1012) and exits 0 (R25)`, async (context) => {
    const server = start(context)
    const { closed } = await connect(await server.listening)
    server.child.kill(signal)
    assert.is(await closed, 1012)
    const exit = await server.exit
    assert.is(exit.code, 0)
    assert.match(exit.stdout, /"stopped"/)
  })
}

const TELLS_WHAT_IS_LOADED = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  process.on('exit', () => console.error([...loaded, ...process.moduleLoadList].join('\\n')))
`

test('it starts small: what few ever ask for, and what is for development, is not loaded with it', async (context) => {
  const { listening, stop } = start(context, {}, first(TELLS_WHAT_IS_LOADED))
  await listening
  const { stderr } = await stop()
  const isLoaded = (name: string): boolean => stderr.includes(name)
  const packages = ['typebox', 'ajv', 'fast-json-stringify-compiler', '@fastify/swagger', 'yaml', 'marked']
  assert.equal(packages.map((name) => `/node_modules/${name}/`).filter(isLoaded), [])
  assert.not.ok(
    isLoaded('NativeModule internal/deps/undici/undici'),
    "Node's client, which all of node:http brings along",
  )
  assert.equal(['/node_modules/fastify/', 'NativeModule http'].filter(isLoaded).length, 2, 'it tells what is loaded')
})

test('while it stops it is not ready and takes nobody in, but tells so (R25)', async (context) => {
  const server = start(context)
  const { socket, closed } = await connect(await server.listening)
  // A peer that is slow to answer the close frame keeps the server stopping for a moment.
  const { _socket: tcp } = socket as unknown as { _socket: { pause: () => void; resume: () => void } }
  tcp.pause()
  server.child.kill('SIGTERM')
  await server.says('stopping')
  const ready = await server.ask('/readyz')
  assert.equal([ready.status, ((await ready.json()) as { status: string }).status], [503, 'stopping'])
  const signal = await server.ask('/v1/signal')
  assert.equal([signal.status, ((await signal.json()) as { code: string }).code], [503, 'server_busy'])
  tcp.resume()
  assert.is(await closed, 1012)
  assert.is((await server.exit).code, 0)
})

test('who is on the way back while the process stands still finds the seat (R60)', async (context) => {
  const server = start(context, { WZ_RESUME_SECONDS: '3', WZ_JOIN_SECONDS: '3' })
  const url = `http://127.0.0.1:${await server.listening}`
  const [code] = await server.mint()
  const [again, idle] = [new Client(url), new Client(url)]
  await Promise.all([again.opened, idle.opened])
  const guest = await joinAt(url, code?.code ?? '', 'Anna')
  guest.drop()
  await server.ask('/healthz') // by then it has heard of that
  server.child.kill('SIGSTOP')
  again.send({ type: 'resume', ...guest.memory })
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  server.child.kill('SIGCONT')
  assert.is((await again.next('resumed')).lossless, true)
  assert.is(idle.socket.readyState, WebSocket.OPEN, 'who had three seconds to join has them still')
})

test('it stops in good order although nobody reads its log any more (R25)', async (context) => {
  const server = start(context)
  const { closed } = await connect(await server.listening)
  server.child.stdout?.destroy()
  server.child.kill('SIGTERM')
  assert.is(await closed, 1012)
  assert.is((await server.exit).code, 0)
})

test('a second process on the same data folder does not start, and the first one goes on', async (context) => {
  const first = start(context)
  const port = await first.listening
  const second = await start(context).exit
  assert.is(second.code, 1)
  assert.match(second.stderr, /^Another server is running on the data folder .*\n$/)
  assert.is((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})

test('a second signal exits at once, whoever still hangs on (R25)', async (context) => {
  const server = start(context)
  const { socket } = await connect(await server.listening)
  // A peer that answers no close frame would keep the server for some seconds.
  ;(socket as unknown as { _socket: { pause: () => void } })._socket.pause()
  server.child.kill('SIGTERM')
  await server.says('stopping')
  server.child.kill('SIGTERM')
  assert.is((await server.exit).code, 1)
})

test('a configuration with three faults tells all three and starts nothing', async (context) => {
  const exit = await start(context, { WZ_PORT: 'x', WZ_RETENTION_DAYS: '90', WZ_PROT: '1' }).exit
  assert.is(exit.code, 1)
  assert.is(exit.stdout, '')
  assert.equal(exit.stderr.trim().split('\n').length, 3)
  assert.not.ok(existsSync(join(context.folder, 'data')))
})

test('a version of Node that is not supported is said in one line', async (context) => {
  const older = first('Object.defineProperty(process, "versions", { value: { node: "20.20.2" } })')
  const { code, stdout, stderr } = await start(context, {}, older).exit
  assert.equal([code, stdout, stderr], [1, '', 'Node 20.20.2 is not supported: use 22, 24, 26\n'])
})

test('a port that is taken is said in one line', async (context) => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.on('listening', resolve))
  const { port } = other.address() as AddressInfo
  const exit = await start(context, { WZ_PORT: String(port) }).exit
  other.close()
  assert.is(exit.code, 1)
  assert.match(exit.stderr, /^WZ_HOST, WZ_PORT: .*EADDRINUSE.*\n$/)
})

test('an address that is none of this machine, or that nobody knows, is said in one line', async (context) => {
  for (const [WZ_HOST, why] of [
    ['192.0.2.1', 'EADDRNOTAVAIL'],
    ['nobody.invalid', '(ENOTFOUND|EAI_AGAIN)'],
  ] as const) {
    const { code, stderr } = await start(context, { WZ_HOST }).exit
    assert.is(code, 1)
    assert.match(stderr, new RegExp(`^WZ_HOST, WZ_PORT: .*${why}.*\\n$`))
  }
})

test('a file that cannot be looked at is said in one line, and not laid to the port', async (context) => {
  const circle = join(context.folder, 'circle')
  symlinkSync('circle', circle)
  for (const [env, says] of [
    [{ WZ_ADMINS_FILE: circle }, /^WZ_ADMINS_FILE: .*circle.*\n$/],
    [{ WZ_CODE_KEY_FILE: circle }, /^WZ_CODE_KEY must be readable.*\n$/],
    [{ WZ_TLS_KEY_FILE: circle, WZ_TLS_CERT_FILE: circle }, /^WZ_TLS_CERT_FILE, WZ_TLS_KEY_FILE: ELOOP.*\n$/],
  ] as const) {
    const { code, stderr } = await start(context, env).exit
    assert.is(code, 1)
    assert.match(stderr, says)
  }
})

test('a data folder that cannot be written is said in one line', async (context) => {
  writeFileSync(join(context.folder, 'file'), '')
  const exit = await start(context, { WZ_DATA_DIR: join(context.folder, 'file', 'data') }).exit
  assert.is(exit.code, 1)
  assert.match(exit.stderr, /^The data folder .*WZ_DATA_DIR.*\n$/)
})

/** A disk that is full for whoever writes a secret into the data folder. */
const FULL = `
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  const { writeFileSync } = fs
  fs.writeFileSync = (path, ...more) => {
    if (!/code.key|admin-token/.test(path)) return writeFileSync(path, ...more)
    writeFileSync(path, '', more[1])
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  syncBuiltinESMExports()
`

test('a disk that is full at the first start leaves no half secret: with room again the server starts', async (context) => {
  const key = { WZ_CODE_KEY: 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE' }
  for (const [name, env] of Object.entries({ 'code.key': {}, 'admin-token': key })) {
    const fresh = { ...context, folder: tempFolder() }
    const data = join(fresh.folder, 'data')
    const { code, stderr } = await start(fresh, env, first(FULL)).exit
    assert.is(code, 1)
    assert.match(stderr, /^The data folder .*WZ_DATA_DIR.*ENOSPC.*\n$/)
    const names = readdirSync(data)
    assert.is(names.filter((name) => !name.includes('.db')).join(), '')
    // As a kill leaves it.
    writeFileSync(join(data, `${name}.part`), 'half', { mode: 0o600 })
    const server = start(fresh, env)
    assert.is((await server.ask('/v1/codes')).status, 200)
    assert.not.ok(existsSync(join(data, `${name}.part`)))
    assert.is((await server.stop()).code, 0)
  }
})

test('SIGUSR1 does not open the inspector, which would let in whoever may connect to it', async (context) => {
  const server = start(context)
  const port = await server.listening
  server.child.kill('SIGUSR1')
  assert.is((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  const { code, stderr } = await server.stop()
  assert.equal([code, stderr], [0, ''])
})

test('the way back from an update: an older program refuses the folder and changes nothing, the copy from before brings it back', async (context) => {
  const data = join(context.folder, 'data')
  const before = start(context)
  const codes = await before.mint({ roles: ['host', 'guest'] })
  const backup = [fileURLToPath(new URL('../dist/backup.js', import.meta.url)), join(context.folder, 'backup')]
  const [copy = ''] = execFileSync(process.execPath, backup, { env: { WZ_DATA_DIR: data }, encoding: 'utf8' }).split(
    '\n',
  )
  await before.stop()

  // What a newer program would have done, as far as this one can know.
  const path = join(data, 'wartezimmer.db')
  const db = new Sqlite(path)
  const known = db.pragma('user_version', { simple: true }) as number
  db.exec(`CREATE TABLE later (x TEXT) STRICT; PRAGMA user_version = ${known + 1}`)
  db.close()
  const all = () => readdirSync(data).map((name) => [name, readFileSync(join(data, name), 'base64')])
  const found = all()
  const refused = await start(context).exit
  assert.is(refused.code, 1)
  assert.match(
    refused.stderr,
    `version ${known + 1}, this program knows versions up to ${known}: start a newer program, or restore`,
  )
  assert.is(refused.stderr.trim().split('\n').length, 1)
  assert.equal(all(), found)

  cpSync(copy, path)
  for (const name of ['wartezimmer.db-wal', 'wartezimmer.db-shm', 'seats.db']) rmSync(join(data, name), { force: true })
  const again = start(context)
  const kept = (await (await again.ask('/v1/codes')).json()) as { codes: { id: string }[] }
  assert.equal(
    kept.codes.map(({ id }) => id),
    codes.map(({ id }) => id),
  )
  const { code, stderr } = await again.stop()
  assert.equal([code, stderr], [0, ''])
})

test('a server whose data folder was replaced ends within a minute and says why', async (context) => {
  const soon = 'const real = setInterval; globalThis.setInterval = (task, ms) => real(task, ms === 60_000 ? 100 : ms)'
  const server = start(context, {}, first(soon))
  await server.listening
  rmSync(join(context.folder, 'data', 'wartezimmer.db'))
  const { code, stdout, stderr } = await server.exit
  assert.is(code, 1)
  assert.match(stdout + stderr, /DATA_FOLDER_REPLACED/)
})

/** It is killed by itself, in the thread that sweeps, when it is about to delete the tenth day. */
const KILLED_AT_THE_TENTH_DAY = `
  import { createRequire } from 'node:module'
  const { prototype } = createRequire('${MAIN}')('better-sqlite3')
  const { exec } = prototype
  let days = 0
  prototype.exec = function (sql) {
    if (sql.startsWith('DROP TABLE sessions_2') && (days += 1) === 10) process.kill(process.pid, 'SIGKILL')
    return exec.call(this, sql)
  }
`

test('a server that is killed while it sweeps has deleted all that is due once the next one is there', async (context) => {
  const before = start(context)
  await before.listening
  await before.stop()
  const path = join(context.folder, 'data')
  addSessions(path, 600, [200, 259])
  const days = () => {
    const db = new Sqlite(join(path, 'wartezimmer.db'), { readonly: true })
    const names = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'sessions_2*'")
      .pluck()
      .all()
    db.close()
    return names.length
  }
  const all = days()
  const killed = await start(context, {}, first(KILLED_AT_THE_TENTH_DAY)).exit
  assert.is(killed.signal, 'SIGKILL')
  assert.is(days(), all - 9)
  await start(context).listening
  while (days() > 0) await wait(10)
})

test('R55: admin tokens from a file are rotated by SIGHUP: the new one beside the old one, then alone; a bad file changes nothing', async (context) => {
  const path = join(context.folder, 'tokens')
  const [old, fresh] = ['kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE', 'uN6bQ1wXe8RtL3yKo9Pz5VfC7mHd2JsG']
  writeFileSync(path, `software:${old}\n`, { mode: 0o600 })
  const server = start(context, { WZ_ADMIN_TOKENS_FILE: path })
  const get = (token: string, what = 'codes') => server.ask(`/v1/${what}`, undefined, token)
  const now = async () => [(await get(old)).status, (await get(fresh)).status]
  const statuses = async (tokens: string, event = 'admins_read') => {
    writeFileSync(path, tokens, { mode: 0o600 })
    await hangUp(server, event)
    return await now()
  }
  assert.equal(await now(), [200, 401])
  for (const bad of ['', 'canary', `a:${old}\nb:${old}`, `a:${old}\na:${fresh}`])
    assert.equal(await statuses(bad, 'admins_refused'), [200, 401])
  rmSync(path)
  symlinkSync('tokens', path)
  const circle = await hangUp(server, 'admins_refused')
  assert.equal(circle.faults, ['WZ_ADMIN_TOKENS must be readable at the path that WZ_ADMIN_TOKENS_FILE names'])
  rmSync(path)
  assert.equal(await statuses(`software:${old}\nsoftware-2:${fresh}\n`), [200, 200])
  assert.equal(await statuses(`software-2:${fresh}\n`), [401, 200])
  const { entries } = (await (await get(fresh, 'audit')).json()) as { entries: { action: string }[] }
  assert.is(entries.filter(({ action }) => action === 'read_admins').length, 2)
  const { code, stdout } = await server.stop()
  assert.is(code, 0)
  assert.not.match(stdout, /canary/)
  assert.not.ok(existsSync(join(context.folder, 'data', 'admin-token')), 'none is made where some are given')
})

test('R90: on SIGHUP the admins are read again, with a line in log and audit; a broken file changes nothing', async (context) => {
  const path = join(context.folder, 'admins.json')
  const [old, fresh] = ['kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE', 'uN6bQ1wXe8RtL3yKo9Pz5VfC7mHd2JsG']
  const save = (content: unknown) =>
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  const provider = { name: 'provider', token: old, rights: ['mint', 'audit', 'read'] }
  const nord = { rooms: 'nord-', admins: [{ name: 'nord', token: fresh, rights: ['mint'] }] }
  save({ admins: [provider] })
  const server = start(context, { WZ_ADMINS_FILE: path })
  const status = async (token: string) => (await server.ask('/v1/codes', {}, token)).status
  assert.equal([await status(old), await status(fresh)], [201, 401])
  assert.not.ok(existsSync(join(context.folder, 'data', 'admin-token')), 'none is made where a file names some')
  const { socket, closed } = await connect(await server.listening)

  save({ admins: [provider], practices: [nord, nord] })
  const refused = await hangUp(server, 'admins_refused')
  assert.is(refused.level, 'error')
  assert.equal(refused.faults, [
    'WZ_ADMINS_FILE: practices.1.rooms overlaps with practices.0.rooms',
    'WZ_ADMINS_FILE: practices.1.admins.0 has the same name as practices.0.admins.0',
    'WZ_ADMINS_FILE: practices.1.admins.0 has the same token as practices.0.admins.0',
  ])
  for (const broken of ['{"admins": [{"name": "x", "token": "canary', '', '[]']) {
    save(broken)
    await hangUp(server, 'admins_refused')
  }
  rmSync(path)
  await hangUp(server, 'admins_refused')
  symlinkSync('admins.json', path)
  const circle = await hangUp(server, 'admins_refused')
  assert.equal(circle.faults, [`WZ_ADMINS_FILE: there is nothing to read at ${path} (ELOOP)`])
  rmSync(path)
  assert.equal([await status(old), await status(fresh)], [201, 401])

  save({ admins: [provider], practices: [nord] })
  chmodSync(path, 0o644)
  assert.match(JSON.stringify(await hangUp(server, 'admins_refused')), 'chmod 600')
  chmodSync(path, 0o600)
  const { admins, practices } = await hangUp(server, 'admins_read')
  assert.equal([admins, practices], [2, 1])
  assert.equal([await status(old), await status(fresh)], [201, 201])
  save({ practices: [nord] })
  await hangUp(server, 'admins_read')
  assert.equal([await status(old), await status(fresh)], [401, 201])
  save({ admins: [provider] })
  await hangUp(server, 'admins_read')
  const audit = await server.ask('/v1/audit', undefined, old)
  const { entries } = (await audit.json()) as { entries: { admin: string; action: string }[] }
  const read = entries.filter(({ action }) => action === 'read_admins')
  assert.ok(read.length >= 3)
  assert.ok(read.every(({ admin }) => admin === '(operator)'))
  assert.is(socket.readyState, WebSocket.OPEN, 'nobody was cut')
  for (let count = 0; count < 5; count++) server.child.kill('SIGHUP')
  const { code, stdout } = await server.stop()
  assert.equal([await closed, code], [1012, 0])
  assert.not.match(stdout, /canary/)
})

/** Sends a signal to the process itself when it comes to something; before the first, Node itself is still starting. */
const MOMENTS: [string, (signal: string) => string][] = [
  [
    'as soon as it is heard',
    (signal) => `process.on('newListener', (heard) => heard === '${signal}' && setImmediate(send))`,
  ],
  [
    'while its modules are loaded',
    () => `const { registerHooks } = await import('node:module')
      registerHooks({ load: (url, context, next) => (/better-sqlite3.lib.util/.test(url) && send(), next(url, context)) })`,
  ],
  [
    'when it begins to listen',
    () => `const { Server } = (await import('node:net')).default
      const { listen } = Server.prototype
      Server.prototype.listen = function (...args) { return send(), listen.apply(this, args) }`,
  ],
]

for (const [moment, sending] of MOMENTS) {
  const sends = (signal: string) =>
    first(`const send = () => process.kill(process.pid, '${signal}'); ${sending(signal)}`)

  test(`SIGHUP while it starts ends nothing: ${moment}`, async (context) => {
    const path = join(context.folder, 'admins.json')
    const admins = [{ name: 'a', token: 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE', rights: ['read'] }]
    writeFileSync(path, JSON.stringify({ admins }), { mode: 0o600 })
    const server = start(context, { WZ_ADMINS_FILE: path }, sends('SIGHUP'))
    const read = server.says('admins_read')
    await server.listening
    await read
    assert.is((await server.stop()).code, 0)
  })

  test(`SIGTERM while it starts ends it with 0, and the next one starts: ${moment} (R25)`, async (context) => {
    const { code, signal, stderr } = await start(context, {}, sends('SIGTERM')).exit
    assert.equal([code, signal, stderr], [0, null, ''])
    const next = start(context)
    await next.listening
    assert.is((await next.stop()).code, 0)
  })
}

test('R60: a wall clock that is three days ahead for a moment locks nobody out', async (context) => {
  const jump = `let off = 0
    const real = Date.now
    Date.now = () => real() + off
    process.on('SIGUSR2', () => { off = off ? 0 : 3 * 86_400_000 })`
  const server = start(context, {}, first(jump))
  const url = `http://127.0.0.1:${await server.listening}`
  const [today] = await server.mint()
  for (const event of ['clock_doubted', 'clock_agrees']) {
    const said = server.says(event)
    server.child.kill('SIGUSR2')
    await said
    const guest = await joinAt(url, today?.code ?? '', 'Anna')
    guest.send({ type: 'leave' })
    await guest.closed
    const [code] = await server.mint()
    assert.ok(Math.abs((code?.notBefore ?? 0) - Date.now()) < 86_400_000, event)
  }
})

test('R42: the process holds its one TCP listener, and no UDP', async (context) => {
  const server = start(context)
  const port = await server.listening
  const { pid = 0 } = server.child
  assert.equal(socketsOf(pid), [{ kind: 'tcp', port, listens: true }])
})

test.run()
