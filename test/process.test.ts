/** The process as an operator meets it: start, faults, signals. Spawned for real, compiled. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { addSessions } from '../scripts/bench/large-record.ts'
import { type Context, start } from './process-support.ts'
import { Client } from './server-support.ts'

const test = suite<Context>('process')

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
  context.running = []
})
test.after.each(({ folder, running }) => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

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
  const token = readFileSync(join(data, 'admin-token'), 'utf8').trim()
  const url = `http://127.0.0.1:${port}`
  const answer = await fetch(`${url}/v1/codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.is(answer.status, 201)
  const { codes } = (await answer.json()) as { codes: { link: string }[] }
  assert.ok(codes[0]?.link.startsWith(`http://localhost:${port}/#`), 'the link leads to the port it got')
  assert.is((await fetch(`${url}/readyz`)).status, 200)
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
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(TELLS_WHAT_IS_LOADED)}`]
  const { child, exit, listening } = start(context, {}, flags)
  await listening
  child.kill('SIGTERM')
  const { stderr } = await exit
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
  const port = await server.listening
  const { socket, closed } = await connect(port)
  // A peer that is slow to answer the close frame keeps the server stopping for a moment.
  const { _socket: tcp } = socket as unknown as { _socket: { pause: () => void; resume: () => void } }
  tcp.pause()
  server.child.kill('SIGTERM')
  await new Promise<void>((resolve) =>
    server.child.stdout?.on('data', (chunk) => /stopping/.test(String(chunk)) && resolve()),
  )
  const url = `http://127.0.0.1:${port}`
  const ready = await fetch(`${url}/readyz`)
  assert.equal([ready.status, ((await ready.json()) as { status: string }).status], [503, 'stopping'])
  const signal = await fetch(`${url}/v1/signal`)
  assert.equal([signal.status, ((await signal.json()) as { code: string }).code], [503, 'server_busy'])
  tcp.resume()
  assert.is(await closed, 1012)
  assert.is((await server.exit).code, 0)
})

test('who is on the way back while the process stands still finds the seat (R60)', async (context) => {
  const server = start(context, { WZ_RESUME_SECONDS: '3', WZ_JOIN_SECONDS: '3' })
  const url = `http://127.0.0.1:${await server.listening}`
  const authorization = `Bearer ${readFileSync(join(context.folder, 'data/admin-token'), 'utf8').trim()}`
  const headers = { authorization, 'content-type': 'application/json' }
  const minted = await fetch(`${url}/v1/codes`, { method: 'POST', headers, body: '{}' })
  const { codes } = (await minted.json()) as { codes: { code: string }[] }
  const [first, again, idle] = [new Client(url), new Client(url), new Client(url)]
  await Promise.all([first.opened, again.opened, idle.opened])
  first.send({ type: 'join', code: codes[0]?.code ?? '', name: 'Anna' })
  const { resume, epoch } = await first.next('joined')
  first.drop()
  await fetch(`${url}/healthz`) // by then it has heard of that
  server.child.kill('SIGSTOP')
  again.send({ type: 'resume', token: resume.token, epoch, seq: 1, name: 'Anna' })
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
  await new Promise<void>((resolve) =>
    server.child.stdout?.on('data', (chunk) => /stopping/.test(String(chunk)) && resolve()),
  )
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
  const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})'
  const { code, stdout, stderr } = await start(context, {}, ['--import', older]).exit
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

test('a data folder that cannot be written is said in one line', async (context) => {
  writeFileSync(join(context.folder, 'file'), '')
  const exit = await start(context, { WZ_DATA_DIR: join(context.folder, 'file', 'data') }).exit
  assert.is(exit.code, 1)
  assert.match(exit.stderr, /^The data folder .*WZ_DATA_DIR.*\n$/)
})

test('SIGUSR1 does not open the inspector, which would let in whoever may connect to it', async (context) => {
  const server = start(context)
  const port = await server.listening
  server.child.kill('SIGUSR1')
  assert.is((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  server.child.kill('SIGTERM')
  assert.equal([(await server.exit).code, (await server.exit).stderr], [0, ''])
})

test('the way back from an update: an older program refuses the folder and changes nothing, the copy from before brings it back', async (context) => {
  const data = join(context.folder, 'data')
  const ask = async (port: number, body?: object) => {
    const authorization = `Bearer ${readFileSync(join(data, 'admin-token'), 'utf8').trim()}`
    const headers = { authorization, 'content-type': 'application/json' }
    const init = body && { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`http://127.0.0.1:${port}/v1/codes`, { headers, ...init })
    return (await answer.json()) as { codes: { id: string }[] }
  }
  const first = start(context)
  const { codes } = await ask(await first.listening, { roles: ['host', 'guest'] })
  const backup = [fileURLToPath(new URL('../dist/backup.js', import.meta.url)), join(context.folder, 'backup')]
  const [copy = ''] = execFileSync(process.execPath, backup, { env: { WZ_DATA_DIR: data }, encoding: 'utf8' }).split(
    '\n',
  )
  first.child.kill('SIGTERM')
  await first.exit

  // What a newer program would have done, as far as this one can know.
  const path = join(data, 'wartezimmer.db')
  const db = new Sqlite(path)
  const known = db.pragma('user_version', { simple: true }) as number
  db.exec(`CREATE TABLE later (x TEXT) STRICT; PRAGMA user_version = ${known + 1}`)
  db.close()
  const all = () => readdirSync(data).map((name) => [name, readFileSync(join(data, name), 'base64')])
  const before = all()
  const refused = await start(context).exit
  assert.is(refused.code, 1)
  assert.match(
    refused.stderr,
    `version ${known + 1}, this program knows versions up to ${known}: start a newer program, or restore`,
  )
  assert.is(refused.stderr.trim().split('\n').length, 1)
  assert.equal(all(), before)

  cpSync(copy, path)
  for (const name of ['wartezimmer.db-wal', 'wartezimmer.db-shm', 'seats.db']) rmSync(join(data, name), { force: true })
  const again = start(context)
  const found = await ask(await again.listening)
  assert.equal(
    found.codes.map(({ id }) => id),
    codes.map(({ id }) => id),
  )
  again.child.kill('SIGTERM')
  assert.equal([(await again.exit).code, (await again.exit).stderr], [0, ''])
})

test('a file that is no database is said in one line, and not written to', async (context) => {
  const path = join(context.folder, 'data')
  const first = start(context)
  await first.listening
  first.child.kill('SIGKILL')
  await first.exit
  for (const file of readdirSync(path)) if (file.startsWith('wartezimmer')) rmSync(join(path, file))
  writeFileSync(join(path, 'wartezimmer.db'), 'not a database, but somebody’s only copy of a novel. '.repeat(50))
  chmodSync(join(path, 'wartezimmer.db'), 0o600)
  const before = readFileSync(join(path, 'wartezimmer.db'))
  const exit = await start(context).exit
  assert.is(exit.code, 1)
  assert.is(exit.stderr.trim().split('\n').length, 1)
  assert.equal(readFileSync(join(path, 'wartezimmer.db')), before)
})

test('a server whose data folder was replaced ends within a minute and says why', async (context) => {
  const soon = 'const real = setInterval; globalThis.setInterval = (task, ms) => real(task, ms === 60_000 ? 100 : ms)'
  const server = start(context, {}, ['--import', `data:text/javascript,${encodeURIComponent(soon)}`])
  await server.listening
  rmSync(join(context.folder, 'data', 'wartezimmer.db'))
  const { code, stdout, stderr } = await server.exit
  assert.is(code, 1)
  assert.match(stdout + stderr, /DATA_FOLDER_REPLACED/)
})

test('a server that is killed while it sweeps has deleted all that is due once the next one is there', async (context) => {
  const first = start(context)
  await first.listening
  first.child.kill('SIGTERM')
  await first.exit
  const path = join(context.folder, 'data')
  addSessions(path, 60_000, [200, 259])
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
  const killed = start(context)
  await killed.listening
  while (days() === all) await wait(0)
  killed.child.kill('SIGKILL')
  await killed.exit
  const left = days()
  const last = start(context)
  await last.listening
  while (days() > 0) await wait(10)
  assert.ok(left > 0 && left < all, `it was killed in the midst of it: ${left} of ${all}`)
})

test('codes work again after a restart, and after a crash', async (context) => {
  const first = start(context)
  const port = await first.listening
  const token = readFileSync(join(context.folder, 'data', 'admin-token'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${port}/v1/codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const { codes } = (await answer.json()) as { codes: { code: string }[] }
  first.child.kill('SIGKILL')
  await first.exit
  const second = start(context)
  const { socket } = await connect(await second.listening)
  socket.send(JSON.stringify({ type: 'join', code: codes[0]?.code, name: 'Anna' }))
  const frame = await new Promise<string>((resolve) => socket.on('message', (data) => resolve(String(data))))
  assert.match(frame, /"joined"/)
})

test('R55: admin tokens from a file are rotated by SIGHUP: the new one beside the old one, then alone; a bad file changes nothing', async (context) => {
  const path = join(context.folder, 'tokens')
  const [old, fresh] = ['kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE', 'uN6bQ1wXe8RtL3yKo9Pz5VfC7mHd2JsG']
  writeFileSync(path, `software:${old}\n`, { mode: 0o600 })
  const server = start(context, { WZ_ADMIN_TOKENS_FILE: path })
  const url = `http://127.0.0.1:${await server.listening}/v1/`
  const get = (token: string, what = 'codes') => fetch(url + what, { headers: { authorization: `Bearer ${token}` } })
  let heard = ''
  server.child.stdout.on('data', (data) => {
    heard += data
  })
  const statuses = async (tokens: string, event = 'admins_read') => {
    heard = ''
    writeFileSync(path, tokens)
    server.child.kill('SIGHUP')
    while (!heard.includes(event)) await wait(5)
    return [(await get(old)).status, (await get(fresh)).status]
  }
  assert.equal([(await get(old)).status, (await get(fresh)).status], [200, 401])
  for (const bad of ['', 'canary', `a:${old}\nb:${old}`, `a:${old}\na:${fresh}`]) {
    assert.equal(await statuses(bad, 'admins_refused'), [200, 401])
    assert.not.match(heard, /canary/)
  }
  assert.equal(await statuses(`software:${old}\nsoftware-2:${fresh}\n`), [200, 200])
  assert.equal(await statuses(`software-2:${fresh}\n`), [401, 200])
  const { entries } = (await (await get(fresh, 'audit')).json()) as { entries: { action: string }[] }
  assert.is(entries.filter(({ action }) => action === 'read_admins').length, 2)
  server.child.kill('SIGTERM')
  assert.is((await server.exit).code, 0)
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
  const url = `http://127.0.0.1:${await server.listening}`
  let heard = ''
  server.child.stdout.on('data', (data) => {
    heard += data
  })
  const hangUp = async (event: string) => {
    heard = ''
    server.child.kill('SIGHUP')
    while (!heard.includes(event)) await wait(5)
    return JSON.parse(heard.split('\n').find((line) => line.includes(event)) ?? '')
  }
  const status = async (token: string) =>
    (
      await fetch(`${url}/v1/codes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{}',
      })
    ).status
  assert.equal([await status(old), await status(fresh)], [201, 401])
  assert.not.ok(existsSync(join(context.folder, 'data', 'admin-token')), 'none is made where a file names some')
  const { socket, closed } = await connect(Number(new URL(url).port))

  save({ admins: [provider], practices: [nord, nord] })
  const refused = await hangUp('admins_refused')
  assert.is(refused.level, 'error')
  assert.equal(refused.faults, [
    'WZ_ADMINS_FILE: practices.1.rooms overlaps with practices.0.rooms',
    'WZ_ADMINS_FILE: practices.1.admins.0 has the same name as practices.0.admins.0',
    'WZ_ADMINS_FILE: practices.1.admins.0 has the same token as practices.0.admins.0',
  ])
  for (const broken of ['{"admins": [{"name": "x", "token": "canary', '', '[]']) {
    save(broken)
    assert.not.match(JSON.stringify(await hangUp('admins_refused')), /canary/)
  }
  rmSync(path)
  await hangUp('admins_refused')
  assert.equal([await status(old), await status(fresh)], [201, 401])

  save({ admins: [provider], practices: [nord] })
  chmodSync(path, 0o644)
  assert.match((await hangUp('admins_refused')).faults[0], 'chmod 600')
  chmodSync(path, 0o600)
  const { admins, practices } = await hangUp('admins_read')
  assert.equal([admins, practices], [2, 1])
  assert.equal([await status(old), await status(fresh)], [201, 201])
  save({ practices: [nord] })
  for (let count = 0; count < 5; count++) server.child.kill('SIGHUP')
  await hangUp('admins_read')
  assert.equal([await status(old), await status(fresh)], [401, 201])
  save({ admins: [provider] })
  await hangUp('admins_read')
  const audit = await fetch(`${url}/v1/audit`, { headers: { authorization: `Bearer ${old}` } })
  const { entries } = (await audit.json()) as { entries: { admin: string; action: string }[] }
  const read = entries.filter(({ action }) => action === 'read_admins')
  assert.ok(read.length >= 3)
  assert.ok(read.every(({ admin }) => admin === '(operator)'))
  assert.is(socket.readyState, WebSocket.OPEN, 'nobody was cut')
  server.child.kill('SIGTERM')
  assert.is(await closed, 1012)
  assert.is((await server.exit).code, 0)
})

test('SIGHUP while it starts ends nothing', async (context) => {
  const path = join(context.folder, 'admins.json')
  writeFileSync(
    path,
    JSON.stringify({ admins: [{ name: 'a', token: 'kZ3vX9qLr7TnB5wYh2Jm8PfD4sGc6RaE', rights: ['read'] }] }),
    {
      mode: 0o600,
    },
  )
  // As soon as it is heard: before that, Node itself is still starting.
  const early = `process.on('newListener', (signal) => signal === 'SIGHUP' && setImmediate(() => process.kill(process.pid, 'SIGHUP')))`
  const server = start(context, { WZ_ADMINS_FILE: path }, [
    '--import',
    `data:text/javascript,${encodeURIComponent(early)}`,
  ])
  await server.listening
  server.child.kill('SIGTERM')
  const { code, stdout } = await server.exit
  assert.is(code, 0)
  assert.match(stdout, /"admins_read"/)
})

test('R60: a wall clock that is three days ahead for a moment locks nobody out', async (context) => {
  const jump = `let off = 0
    const real = Date.now
    Date.now = () => real() + off
    process.on('SIGUSR2', () => { off = off ? 0 : 3 * 86_400_000 })`
  const server = start(context, {}, ['--import', `data:text/javascript,${encodeURIComponent(jump)}`])
  const port = await server.listening
  const token = readFileSync(join(context.folder, 'data', 'admin-token'), 'utf8').trim()
  const mint = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/codes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    return ((await answer.json()) as { codes: { code: string; notBefore: number }[] }).codes[0]
  }
  const told = (event: string) =>
    new Promise<void>((resolve) => server.child.stdout.on('data', (data) => String(data).includes(event) && resolve()))
  const today = await mint()
  for (const event of ['clock_doubted', 'clock_agrees']) {
    server.child.kill('SIGUSR2')
    await told(event)
    const { socket } = await connect(port)
    socket.send(JSON.stringify({ type: 'join', code: today?.code, name: 'Anna' }))
    const frame = await new Promise<string>((resolve) => socket.on('message', (data) => resolve(String(data))))
    assert.match(frame, /"joined"/, event)
    socket.send(JSON.stringify({ type: 'leave' }))
    await new Promise((resolve) => socket.on('close', resolve))
    assert.ok(Math.abs(((await mint())?.notBefore ?? 0) - Date.now()) < 60_000, event)
  }
})

test('R42: the process holds its one TCP listener, and no UDP', async (context) => {
  const server = start(context)
  const port = await server.listening
  const proc = `/proc/${server.child.pid}`
  const links = readdirSync(`${proc}/fd`).map((fd) => readlinkSync(`${proc}/fd/${fd}`))
  const own = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]))
  const sockets = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`${proc}/net/${kind}`, 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter((row) => own.has(row[9]))
      .map((row) => [kind, Number.parseInt(row[1]?.split(':')[1] ?? '', 16), row[3]]),
  )
  assert.equal(sockets, [['tcp', port, '0A']], '0A: it listens')
})

test.run()
