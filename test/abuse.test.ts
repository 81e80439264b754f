/** What the server does with those who want too much of it: over real sockets (R50, R51, R53), and in the metrics. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readConfig } from '../src/config/config.ts'
import { withinDescriptors } from '../src/process/descriptors.ts'
import { type Client, type Server, startServer } from './server-support.ts'

const WRONG = 'K7M-4XQ-9TP'
const proxied = (address: string) => ({ headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' } })

/** Tries a code. @returns the error's code, and how long it says to wait */
async function tryCode(server: Server, code: string, options = {}) {
  const client = await server.connect(options)
  const answer = await client.refused(JSON.stringify({ type: 'join', code, name: 'Anna' }))
  const { code: close } = await client.closed
  return { said: answer.code, retryAfter: answer.retryAfter, close }
}

test('R50: after ten wrong codes an address waits, is told for how long, and then gets in with a right one', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const right = codes[1]?.code ?? ''
  for (let count = 0; count < 10; count++) {
    assert.equal(await tryCode(server, WRONG), { said: 'code_unknown', retryAfter: undefined, close: 4506 })
  }
  assert.equal(await tryCode(server, WRONG), { said: 'throttled', retryAfter: 1, close: 4029 })
  assert.equal(await tryCode(server, right), { said: 'throttled', retryAfter: 1, close: 4029 })
  server.clock.now += 1000
  const guest = await server.join(right, 'Anna')
  assert.is(await server.metric('wartezimmer_refusals_total{door="signaling",code="throttled"}'), '2')
  guest.drop()
})

test('R50: typing errors, expired and revoked codes cost nothing', async () => {
  const server = await startServer({ WZ_WRONG_CODES_PER_ADDRESS: '1' })
  const { codes } = await server.mint({ roles: ['guest', 'guest'] })
  const [revoked, expired] = codes
  await server.request(`/v1/codes/${revoked?.id}`, { method: 'DELETE' })
  server.clock.now += 25 * 3_600_000
  for (let count = 0; count < 3; count++) {
    assert.is((await tryCode(server, 'K7M-4XQ-9TQ')).said, 'code_malformed')
    assert.is((await tryCode(server, revoked?.code ?? '')).said, 'code_revoked')
    assert.is((await tryCode(server, expired?.code ?? '')).said, 'code_expired')
  }
  assert.is((await tryCode(server, WRONG)).said, 'code_unknown')
  assert.is((await tryCode(server, WRONG)).said, 'throttled')
})

test('R50: who has a seat already is not concerned: it comes back past all throttling', async () => {
  const server = await startServer({ WZ_WRONG_CODES_PER_ADDRESS: '1' })
  const { codes } = await server.mint()
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  await tryCode(server, WRONG)
  assert.is((await tryCode(server, WRONG)).said, 'throttled')
  guest.drop()
  const again = await server.resume(guest)
  assert.is((await again.next('resumed')).lossless, true)
})

test('R51: a trusted proxy says who it is; anybody else may say what it likes and is still itself', async () => {
  const behind = await startServer({ WZ_WRONG_CODES_PER_ADDRESS: '1', WZ_TRUSTED_PROXIES: '127.0.0.1' })
  assert.is((await tryCode(behind, WRONG, proxied('192.0.2.1'))).said, 'code_unknown')
  assert.is((await tryCode(behind, WRONG, proxied('192.0.2.1'))).said, 'throttled')
  assert.is((await tryCode(behind, WRONG, proxied('192.0.2.2'))).said, 'code_unknown')
  assert.is((await tryCode(behind, WRONG, proxied('2001:db8::1'))).said, 'code_unknown')
  assert.is((await tryCode(behind, WRONG, proxied('2001:db8::ffff:2'))).said, 'throttled', 'the same /64')
  // What the client itself has put before the proxy's word does not count.
  assert.is((await tryCode(behind, WRONG, proxied('203.0.113.5, 192.0.2.2'))).said, 'throttled')
  await behind.stop()

  // The second of two proxies writes the port of the first beside its address.
  const two = await startServer({
    WZ_WRONG_CODES_PER_ADDRESS: '1',
    WZ_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,fd00::/8',
  })
  for (const first of ['10.0.0.1:4711', '10.0.0.1', '[fd00::1]:4711', 'fd00::1']) {
    const [one, other] = [`${first.length}.1.2.3:5678`, `${first.length}.1.2.4:5678`]
    assert.is((await tryCode(two, WRONG, proxied(`${one}, ${first}`))).said, 'code_unknown', first)
    assert.is((await tryCode(two, WRONG, proxied(`${one}, ${first}`))).said, 'throttled', first)
    assert.is((await tryCode(two, WRONG, proxied(`${other}, ${first}`))).said, 'code_unknown', first)
  }
  await two.stop()

  const direct = await startServer({ WZ_WRONG_CODES_PER_ADDRESS: '1' })
  assert.is((await tryCode(direct, WRONG, proxied('192.0.2.1'))).said, 'code_unknown')
  assert.is((await tryCode(direct, WRONG, proxied('192.0.2.2'))).said, 'throttled')
})

test('R53: a connection that says too much is cut with 4029; coming back, it has lost nothing', async () => {
  const server = await startServer({ WZ_FRAMES_PER_SECOND: '5' })
  const { guest, host, hostPeer } = await server.consultation()
  for (let id = 1; id <= 25; id++) guest.send({ type: 'signal', to: hostPeer, data: id, id })
  const error = await guest.next('error')
  assert.equal([error.code, error.retryAfter], ['throttled', 4])
  assert.is((await guest.closed).code, 4029)
  server.clock.now += 4000
  const again = await server.resume(guest, { id: 26 })
  const { lossless, id: processed } = await again.next('resumed')
  assert.is(lossless, true)
  for (let id = processed + 1; id <= 25; id++) again.send({ type: 'signal', to: hostPeer, data: id, id: id + 26 })
  await again.settle()
  const heard = (await host.rest()).filter((frame) => frame.type === 'signal').map((frame) => frame.data)
  assert.equal(
    heard,
    Array.from({ length: 25 }, (_, index) => index + 1),
  )
  assert.is(await server.metric('wartezimmer_limited_total{limit="frames_per_second"}'), '1')
})

test('R53: pongs that nobody has asked for count like frames', async () => {
  const server = await startServer({ WZ_FRAMES_PER_SECOND: '5' })
  const { codes } = await server.mint()
  const guest = await server.join(codes[1]?.code ?? '', 'Anna')
  for (let count = 0; count < 25; count++) guest.socket.pong()
  assert.is((await guest.closed).code, 4029)
})

test('R53: one address has so many WebSockets, all together so many; a plain GET says which it is', async () => {
  const server = await startServer({
    WZ_CONNECTIONS: '5',
    WZ_CONNECTIONS_PER_ADDRESS: '3',
    WZ_TRUSTED_PROXIES: '127.0.0.1',
  })
  const clients: Client[] = []
  const refusal = async (address: string) => {
    const { headers } = proxied(address)
    const response = await server.request('/v1/signal', { headers })
    return [response.status, ((await response.json()) as { code: string }).code, response.headers.get('retry-after')]
  }
  const refused = async (address: string) => {
    try {
      await server.connect(proxied(address))
      return 'connected'
    } catch (error) {
      return (error as Error).message
    }
  }
  for (let count = 0; count < 3; count++) clients.push(await server.connect(proxied('192.0.2.1')))
  assert.equal(await refusal('192.0.2.1'), [429, 'throttled', '10'])
  assert.is(await refused('192.0.2.1'), 'HTTP 429')
  for (const address of ['192.0.2.2', '192.0.2.3']) clients.push(await server.connect(proxied(address)))
  assert.equal(await refusal('192.0.2.4'), [503, 'server_busy', null])
  assert.is(await refused('192.0.2.4'), 'HTTP 503')
  assert.is(await server.metric('wartezimmer_connections'), '5')
  clients[0]?.drop()
  await clients[0]?.closed
  await clients[1]?.settle()
  clients.push(await server.connect(proxied('192.0.2.1')))
  assert.is(await server.metric('wartezimmer_limited_total{limit="connections"}'), '2')
  assert.is(await server.metric('wartezimmer_limited_total{limit="connections_per_address"}'), '2')
})

const closed = (socket: Socket) => (socket.closed ? Promise.resolve() : once(socket, 'close'))

test('R53: sockets that say nothing count, too, and are cut in time; others get theirs meanwhile', async () => {
  const server = await startServer({ WZ_CONNECTIONS_PER_ADDRESS: '4', WZ_REQUEST_SECONDS: '3' })
  const open = (localAddress = '127.0.0.1') => {
    const socket = connect({ port: server.port, host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    // What is not read is never over.
    return socket.resume()
  }
  const silent = Array.from({ length: 4 }, () => open())
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  const fifth = open()
  await closed(fifth)
  assert.ok(silent.every((socket) => !socket.closed))
  const other = open('127.0.0.2')
  await once(other, 'connect')
  other.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const [answer] = await once(other, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200/)
  // A slow loris: a header every now and then, never the last one.
  silent[0]?.write('GET / HTTP/1.1\r\nHost: x\r\n')
  await Promise.all(silent.map(closed))
})

test('R53: no more connections are taken than there are file descriptors for', () => {
  const config = readConfig({ WZ_CONNECTIONS: '10000' })
  const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max open files            ${files.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes`
  assert.is(withinDescriptors(config, limits('1024')).connections, 474)
  assert.is(withinDescriptors(config, limits('100')).connections, 1)
  assert.is(withinDescriptors(config, limits('20000')).connections, 10_000)
  assert.is(withinDescriptors(config, limits('unlimited')).connections, 10_000)
  assert.is(withinDescriptors(config, '').connections, 10_000, 'where the system does not say')
})

test('R53, R63: a request that cannot be read is one like any other, whoever sends it through a proxy', async () => {
  const server = await startServer({ WZ_REQUESTS_PER_MINUTE: '3', WZ_TRUSTED_PROXIES: '127.0.0.1' })
  const status = async (path: string, address: string) => (await fetch(server.url + path, proxied(address))).status
  for (const path of ['/%', '/v1/codes/%ff', '/%']) assert.is(await status(path, '192.0.2.1'), 400)
  for (const path of ['/%', '/docs']) assert.is(await status(path, '192.0.2.1'), 429)
  assert.is(await status('/%', '192.0.2.2'), 400)
})

test('R53, R63: what is no HTTP counts, too, and in the end is not even answered', async () => {
  const server = await startServer({ WZ_REQUESTS_PER_MINUTE: '3' })
  const shout = async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1' }).on('error', () => {})
    socket.write('FOO / HTTP/1.1\r\nHost: x\r\n\r\n')
    let heard = ''
    socket.on('data', (data) => {
      heard += data
    })
    await once(socket, 'close')
    return heard.slice(0, 12)
  }
  for (let count = 0; count < 3; count++) assert.is(await shout(), 'HTTP/1.1 400')
  assert.is(await shout(), '')
  assert.is((await fetch(`${server.url}/docs`)).status, 429)
})

test('R53: requests of one address are bounded, but never the questions of an orchestrator', async () => {
  const server = await startServer({ WZ_REQUESTS_PER_MINUTE: '3' })
  const status = async (path: string) => (await server.request(path)).status
  assert.equal([await status('/v1/codes'), await status('/'), await status('/nowhere')], [200, 200, 404])
  const response = await server.request('/v1/codes')
  assert.equal([response.status, response.headers.get('retry-after')], [429, '20'])
  assert.is(response.headers.get('x-content-type-options'), 'nosniff', 'refused, but with all headers')
  const problem = (await response.json()) as { code: string; retryAfter: number }
  assert.equal([problem.code, problem.retryAfter], ['throttled', 20])
  for (let count = 0; count < 5; count++) assert.is(await status('/healthz'), 200)
  server.clock.now += 20_000
  assert.is(await server.metric('wartezimmer_limited_total{limit="requests_per_minute"}'), '1')
})

test('R53: what is asked for all at once is answered one by one: in between, everybody else gets a turn', async () => {
  const server = await startServer()
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const COUNT = 100
  const ask = 'GET /v1/codes HTTP/1.1\r\nHost: x\r\n'
  // Without a token, too: to say no takes time as well.
  for (let count = 1; count < COUNT; count++) socket.write(`${ask}\r\n`)
  socket.write(`${ask}Connection: close\r\n\r\n`)
  let heard = ''
  let turns = 0
  const turn = (): void => {
    turns += 1
    if (!socket.closed) setImmediate(turn)
  }
  socket.on('data', (data) => {
    if (heard === '') turn()
    heard += data
  })
  await once(socket, 'close')
  await server.stop()
  assert.is(heard.split('HTTP/1.1 401').length - 1, COUNT)
  assert.ok(turns > COUNT / 2, String(turns))
})

test('the metrics count a consultation without saying whose, and are shown to admins only', async () => {
  const server = await startServer()
  assert.is((await server.request('/metrics')).headers.get('cache-control'), 'no-store')
  const { host, guest, hostPeer } = await server.consultation()
  guest.send({ type: 'signal', to: hostPeer, data: { sdp: 'x'.repeat(100) } })
  await host.next('signal')
  guest.drop()
  await host.next('peer-away')
  await host.refused('{"type":"join","code":"x"}')
  // The first sweep is one that nobody waits for.
  while ((await server.metric('wartezimmer_sweeps_total{outcome="done"}')) === undefined) await wait(20)
  for (const [name, value] of [
    ['wartezimmer_connections', '1'],
    ['wartezimmer_seats{role="host",state="admitted",presence="present"}', '1'],
    ['wartezimmer_seats{role="guest",state="admitted",presence="away"}', '1'],
    ['wartezimmer_joins_total{role="guest"}', '1'],
    ['wartezimmer_arrivals_total{way="direct"}', '2'],
    ['wartezimmer_waiting_seconds_count', '1'],
    ['wartezimmer_refusals_total{door="signaling",code="already_joined"}', '1'],
    ['wartezimmer_relayed_frames_total', '1'],
    ['wartezimmer_relayed_bytes_total', '110'],
    ['wartezimmer_sweep_failing', '0'],
    ['wartezimmer_sweeps_total{outcome="done"}', '1'],
  ] as const) {
    assert.is(await server.metric(name), value, name)
  }
  const text = await (await server.request('/metrics')).text()
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
  assert.ok(Number(await server.metric('wartezimmer_database_bytes')) > 4096)
  for (const label of text.matchAll(/\{([^}]*)\}/g)) {
    for (const [, name] of (label[1] ?? '').matchAll(/(\w+)=/g)) {
      assert.ok(
        [
          'role',
          'state',
          'presence',
          'door',
          'code',
          'limit',
          'outcome',
          'way',
          'le',
          'type',
          'kind',
          'space',
          'version',
          'major',
          'minor',
          'patch',
        ].includes(name ?? ''),
        name,
      )
    }
  }
  assert.is((await fetch(`${server.url}/metrics`)).status, 401)
})

test.run()
