/** Every bound has a count in the metrics and an answer on the wire: those that abuse.test.ts has not met (R53). */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LimitName } from '../src/limits/names.ts'
import { tempFolder } from './record-support.ts'
import { type Client, type Server, startServer, TOKEN } from './server-support.ts'
import { FIRST } from './tls-support.ts'

const WRONG = 'K7M-4XQ-9TP'

/** How often a limit has cut or refused, as the metrics say. */
const limited = async (server: Server, limit: LimitName): Promise<number> =>
  Number(await server.metric(`wartezimmer_limited_total{limit="${limit}"}`))

function open(port: number, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  return socket.on('error', () => {})
}

const closed = (socket: Socket) => (socket.closed ? Promise.resolve() : once(socket, 'close'))

test('R53: a frame that is too large is closed with 1009, one in too many parts with 1008', async () => {
  const server = await startServer()
  const large = await server.connect()
  large.socket.send('x'.repeat(64 * 1024 + 1))
  assert.is((await large.closed).code, 1009)
  const parts = await server.connect()
  parts.socket.send('{', { fin: false })
  for (let part = 0; part < 1024; part++) parts.socket.send(' ', { fin: false })
  assert.is((await parts.closed).code, 1008)
  assert.is(await limited(server, 'frame_size'), 2)
})

for (const [what, request, answered] of [
  ['a missing Host', 'GET /healthz HTTP/1.1', '400 Bad Request'],
  ['an Expect that nobody knows', 'GET /v1/codes HTTP/1.1\r\nHost: x\r\nExpect: banana', '401 Unauthorized'],
] as const) {
  test(`R53: ${what} is refused like anything else: with a problem document, its headers and a count`, async () => {
    const server = await startServer()
    const socket = open(server.port)
    socket.write(`${request}\r\nConnection: close\r\n\r\n`)
    const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string]
    const code = answered.startsWith('400') ? 'bad_frame' : 'unauthorized'
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${answered}\r\n`))
    assert.match(answer, /^content-type: application.problem.json/im)
    assert.match(answer, /^X-Content-Type-Options: nosniff\r$/im)
    assert.match(answer, `"code":"${code}"`)
    assert.is(await server.metric(`wartezimmer_refusals_total{door="rest",code="${code}"}`), '1')
  })
}

test('R53: before it has joined a connection has little time and few mistakes', async () => {
  const server = await startServer({ WZ_REFUSALS_PER_MINUTE: '3', WZ_JOIN_SECONDS: '5' })
  const errs = await server.connect()
  for (let mistake = 0; mistake < 4; mistake++) errs.socket.send('{}')
  assert.is((await errs.closed).code, 4507)
  const silent = await server.connect()
  await server.pass(4)
  assert.is(silent.socket.readyState, silent.socket.OPEN)
  await server.pass(2)
  assert.is((await silent.closed).code, 4008)
  assert.equal([await limited(server, 'refusals_per_minute'), await limited(server, 'join_seconds')], [1, 1])
})

test('R53: a waiting room that is full is full for one more, not for who is in it', async () => {
  const server = await startServer({ WZ_WAITING_GUESTS: '2' })
  const { codes } = await server.mint({ roles: ['guest', 'guest', 'guest'] })
  const [first = '', second = '', third = ''] = codes.map(({ code }) => code)
  await server.join(first, 'Anna')
  await server.join(second, 'Bert')
  const late = await server.connect()
  assert.is((await late.refused(JSON.stringify({ type: 'join', code: third, name: 'Carla' }))).code, 'room_full')
  assert.is((await late.closed).code, 4506)
  await server.join(first, 'Anna')
  assert.is(await limited(server, 'waiting_guests'), 1)
})

test('R53: for a seat whose connection is lost so much is kept; what is more costs it the whole, and no memory', async () => {
  const server = await startServer({ WZ_REPLAY_KIB: '1' })
  const { host, guest, guestPeer } = await server.consultation()
  guest.drop()
  await host.next('peer-away')
  for (let count = 0; count < 20; count++) host.send({ type: 'signal', to: guestPeer, data: 'x'.repeat(100) })
  await host.settle()
  const again = await server.resume(guest)
  assert.is((await again.next('resumed')).lossless, false)
  assert.is((await again.next('admitted')).peers.length, 1)
  assert.is(await limited(server, 'replay_kib'), 1)
  const reloaded = await server.resume(guest, { seq: 0 })
  assert.is((await reloaded.next('resumed')).lossless, false)
  assert.is(await limited(server, 'replay_kib'), 1, 'a page that was reloaded has met no limit')
})

test('R53: a slow reader is cut with 4001, is away at once, and counted', async () => {
  const server = await startServer({
    WZ_QUEUE_KIB: '64',
    WZ_FRAMES_PER_SECOND: '1000000',
    WZ_KIB_PER_SECOND: '1000000',
    WZ_KIB_PER_SECOND_PER_ADDRESS: '1000000',
  })
  const { host, guest, guestPeer } = await server.consultation()
  guest.socket.pause()
  const data = 'x'.repeat(60_000)
  for (let round = 0; round < 100 && !(await limited(server, 'queue_kib')); round++) {
    for (let count = 0; count < 10; count++) host.send({ type: 'signal', to: guestPeer, data })
    await host.settle()
  }
  await host.next('peer-away')
  guest.socket.resume()
  assert.is((await guest.closed).code, 4001)
  assert.is(await limited(server, 'queue_kib'), 1)
})

test('R63: a seat may say so many bytes, over one connection after another, and is told when it may go on', async () => {
  const server = await startServer({ WZ_KIB_PER_SECOND: '16' })
  const { host, guest, hostPeer } = await server.consultation()
  const say = (client: Client, kib: number) =>
    client.send({ type: 'signal', to: hostPeer, data: 'x'.repeat(kib * 1024 - 100) })
  const comeBack = async () => {
    const again = await server.resume(guest, { seq: 2 })
    await again.next('resumed')
    return again
  }
  server.clock.now += 1000
  say(guest, 60)
  say(guest, 8)
  const error = await guest.next('error')
  assert.equal([error.code, error.retryAfter, (await guest.closed).code], ['throttled', 3, 4029])
  const soon = await comeBack()
  say(soon, 1)
  assert.is((await soon.closed).code, 4029, 'a new connection has no new budget')
  server.clock.now += 3000
  const later = await comeBack()
  say(later, 60)
  await later.settle()
  assert.is(later.socket.readyState, later.socket.OPEN)
  assert.is(await limited(server, 'kib_per_second'), 2)
  assert.equal((await host.rest()).filter(({ type }) => type === 'signal').length, 2)
})

test('R63: all of an address may say so many bytes, and who says little is left alone', async () => {
  const server = await startServer({ WZ_KIB_PER_SECOND_PER_ADDRESS: '16' })
  const { host, guest, guestPeer, hostPeer } = await server.consultation()
  const data = 'x'.repeat(50 * 1024)
  for (let sent = 0; sent < 5; sent++) guest.send({ type: 'signal', to: hostPeer, data })
  const error = await guest.next('error')
  assert.equal([error.code, (await guest.closed).code], ['throttled', 4029])
  assert.ok((error.retryAfter ?? 0) >= 1)
  host.send({ type: 'signal', to: guestPeer, data })
  await host.settle()
  assert.is(host.socket.readyState, host.socket.OPEN)
  assert.is(await limited(server, 'kib_per_second_per_address'), 1)
})

test('R50: who waits for having guessed, and who waits for others that have, are counted apart', async () => {
  const server = await startServer({ WZ_WRONG_CODES_PER_ADDRESS: '2', WZ_WRONG_CODES_PER_MINUTE: '2' })
  const tries = async (localAddress: string) => {
    const client = await server.connect({ localAddress })
    return (await client.refused(JSON.stringify({ type: 'join', code: WRONG, name: 'Anna' }))).code
  }
  assert.is(await tries('127.0.0.1'), 'code_unknown')
  assert.is(await tries('127.0.0.1'), 'code_unknown')
  assert.is(await tries('127.0.0.1'), 'throttled')
  // Two minutes' worth may be tried at once, so two more; then there is nothing left for anybody.
  for (const address of ['127.0.0.2', '127.0.0.3']) assert.is(await tries(address), 'code_unknown')
  assert.is(await tries('127.0.0.4'), 'throttled')
  assert.is(await limited(server, 'wrong_codes_per_address'), 1)
  assert.is(await limited(server, 'wrong_codes_per_minute'), 1)
})

test('R53: a request that does not arrive is answered with 408, an answer that nobody reads is given up', async () => {
  const server = await startServer({ WZ_REQUEST_SECONDS: '1' })
  const waits = await server.connect()
  const slow = open(server.port)
  slow.write('POST /v1/codes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n')
  slow.write(`Authorization: Bearer ${TOKEN}\r\n\r\n{`)
  const givenUp = once(server.app.server, 'timeout')
  const deaf = open(server.port).pause()
  for (let count = 0; count < 400; count++) deaf.write('GET /docs/protocol HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = await once(slow, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 408 .*"code":"request_timeout"/s)
  await closed(slow)
  await givenUp
  assert.is(await limited(server, 'request_seconds'), 2)
  await waits.settle()
  assert.is(waits.socket.readyState, waits.socket.OPEN, 'a WebSocket may be silent for longer')
  deaf.destroy()
})

test('R53: a TLS handshake that does not come about keeps no socket', async () => {
  const folder = tempFolder()
  const env = { WZ_TLS_CERT_FILE: join(folder, 'cert.pem'), WZ_TLS_KEY_FILE: join(folder, 'key.pem') }
  writeFileSync(env.WZ_TLS_CERT_FILE, FIRST.cert)
  writeFileSync(env.WZ_TLS_KEY_FILE, FIRST.key, { mode: 0o600 })
  const server = await startServer({ ...env, WZ_REQUEST_SECONDS: '1' })
  const silent = open(server.port).resume()
  const trickling = open(server.port).resume()
  trickling.write(Buffer.from('160301', 'hex'))
  const plain = open(server.port).resume()
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await Promise.all([silent, trickling, plain].map(closed))
  assert.is(await limited(server, 'request_seconds'), 2)
})

test('R53: no address takes a body of more than 16 KiB, nor as long headers', async () => {
  const server = await startServer()
  const json = 'x'.repeat(17_000)
  for (const [method, path] of [
    ['POST', '/nowhere'],
    ['POST', '/v1/codes'],
    ['PATCH', '/v1/codes/x'],
    ['DELETE', '/v1/codes/x'],
    ['DELETE', '/v1/sessions/x'],
  ] as const) {
    assert.is((await server.request(path, { method, json })).status, 413, `${method} ${path}`)
  }
  const headers = await server.request('/v1/codes', { headers: { 'x-much': json } })
  assert.equal([headers.status, ((await headers.json()) as { code: string }).code], [413, 'too_large'])
})

test('R53: sockets of all addresses together are bounded, whatever they are for', async () => {
  const server = await startServer({ WZ_CONNECTIONS: '1', WZ_CONNECTIONS_PER_ADDRESS: '1000' })
  const sockets = Array.from({ length: 501 }, () => open(server.port))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const one = open(server.port, '127.0.0.2').resume()
  await closed(one)
  for (const socket of sockets) socket.destroy()
  await Promise.all(sockets.map(closed))
  assert.is(await limited(server, 'connections'), 1)
})

test.run()
