/** The upgrade: who may open the WebSocket, and what a plain GET of the same address says. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Server, startServer } from './server-support.ts'

const test = suite<{ server: Server }>('door')

test.before(async (context) => {
  context.server = await startServer({
    WZ_PUBLIC_URL: 'https://video.praxis.example',
    WZ_ALLOWED_ORIGINS: 'https://app.example,https://other.example:8443',
    WZ_TRUSTED_PROXIES: '127.0.0.1',
  })
})
test.after(async ({ server }) => {
  await server.stop()
})

type Answer = { status: number; code: string | undefined; headers: Record<string, unknown> }

/** Asks for an upgrade, or plainly, and returns the HTTP answer. */
function ask(server: Server, path: string, headers: Record<string, string>, upgrade: boolean): Promise<Answer> {
  const upgradeHeaders = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'wartezimmer.v1',
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(server.url + path, { headers: { ...(upgrade && upgradeHeaders), ...headers } })
    request.on('response', async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      const { code } = (body.startsWith('{') ? JSON.parse(body) : {}) as { code?: string }
      resolve({ status: response.statusCode ?? 0, code, headers: response.headers })
    })
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: 101, code: undefined, headers: response.headers })
    })
    request.on('error', reject)
    request.end()
  })
}

const OWN: [name: string, accepted: boolean][] = [
  ['localhost:8080', true],
  ['127.0.0.1:8080', true],
  ['[::1]:8080', true],
  ['192.168.1.20', true],
  ['empfang', true],
  ['video.praxis.internal', true],
  ['wartezimmer.local:8080', true],
  ['video.praxis.example', false],
  ['rebound.evil.example:8080', false],
  ['127.0.0.1.evil.example', false],
  ['local.evil.example', false],
]

test('R52: without a public address a page is our own by its host, if nobody else can have that name', async () => {
  const server = await startServer()
  for (const [host, accepted] of OWN) {
    const { status } = await ask(server, '/v1/signal', { host, origin: `http://${host}` }, true)
    assert.is(status, accepted ? 101 : 403, host)
    const foreign = await ask(server, '/v1/signal', { host, origin: 'http://evil.example' }, true)
    assert.is(foreign.status, 403, host)
  }
  await server.stop()
})

const host = (server: Server) => `127.0.0.1:${server.port}`

const CASES: [what: string, path: string, headers: (server: Server) => Record<string, string>, refused: string][] = [
  ['no origin, as native apps do', '', () => ({}), ''],
  ['the host of the request', '', (server) => ({ origin: `http://${host(server)}` }), 'origin_forbidden'],
  ['the public address', '', () => ({ origin: 'https://video.praxis.example' }), ''],
  ['an allowed origin', '', () => ({ origin: 'https://app.example' }), ''],
  ['an allowed origin with its port', '', () => ({ origin: 'https://other.example:8443' }), ''],
  ['an allowed origin without its port', '', () => ({ origin: 'https://other.example' }), 'origin_forbidden'],
  ['an allowed host over http', '', () => ({ origin: 'http://app.example' }), 'origin_forbidden'],
  ['a foreign origin', '', () => ({ origin: 'https://evil.example' }), 'origin_forbidden'],
  ['an origin that begins like ours', '', () => ({ origin: 'https://app.example.evil.example' }), 'origin_forbidden'],
  ['the origin null of a sandbox', '', () => ({ origin: 'null' }), 'origin_forbidden'],
  ['an empty origin', '', () => ({ origin: '' }), 'origin_forbidden'],
  ['a query', '?code=K7M', () => ({}), 'bad_message'],
  ['no subprotocol', '', () => ({ 'sec-websocket-protocol': '' }), 'upgrade_required'],
  ['another subprotocol', '', () => ({ 'sec-websocket-protocol': 'wartezimmer.v2' }), 'upgrade_required'],
  ['our subprotocol among others', '', () => ({ 'sec-websocket-protocol': 'x, wartezimmer.v1' }), ''],
  ['plain http at a trusted proxy', '', () => ({ 'x-forwarded-proto': 'http' }), 'https_required'],
  ['https at a trusted proxy', '', () => ({ 'x-forwarded-proto': 'https' }), ''],
  ['https and plain http behind it', '', () => ({ 'x-forwarded-proto': 'HTTPS, http' }), ''],
  ['wss', '', () => ({ 'x-forwarded-proto': 'wss' }), ''],
  ['ws', '', () => ({ 'x-forwarded-proto': 'ws' }), 'https_required'],
  ['plain http and https behind it', '', () => ({ 'x-forwarded-proto': 'HTTP, https' }), 'https_required'],
  ['a scheme that is left out', '', () => ({ 'x-forwarded-proto': '' }), 'https_required'],
  ['https as RFC 7239 says it', '', () => ({ forwarded: 'for="[2001:db8::1]";proto=https, proto=http' }), ''],
  ['an address as RFC 7239 says it', '', () => ({ forwarded: 'for=192.0.2.1' }), ''],
  ['plain http as RFC 7239 says it', '', () => ({ forwarded: 'proto=http' }), 'https_required'],
  ['it in quotes, among others', '', () => ({ forwarded: 'for=192.0.2.1; Proto="http";by=x' }), 'https_required'],
  [
    'two who differ',
    '',
    () => ({ 'x-forwarded-proto': 'https', forwarded: 'for=192.0.2.1;proto=http' }),
    'https_required',
  ],
]

const status: Record<string, number> = {
  origin_forbidden: 403,
  https_required: 403,
  bad_message: 400,
  upgrade_required: 426,
}

for (const [what, query, headers, refused] of CASES) {
  test(`an upgrade with ${what} is ${refused || 'accepted'} (R52, R57)`, async ({ server }) => {
    const answer = await ask(server, `/v1/signal${query}`, headers(server), true)
    assert.is(answer.status, refused ? status[refused] : 101)
    assert.is(answer.code, refused || undefined)
    if (!refused) assert.is(answer.headers['sec-websocket-protocol'], 'wartezimmer.v1')
    assert.is(answer.headers['set-cookie'], undefined, 'no cookie on any answer (R1)')
  })

  test(`a plain GET with ${what} says ${refused || 'upgrade_required'}`, async ({ server }) => {
    const answer = await ask(server, `/v1/signal${query}`, headers(server), false)
    assert.is(answer.code, refused || 'upgrade_required')
    assert.is(answer.status, status[refused || 'upgrade_required'])
    assert.is(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  })
}

/** Sends a handshake as it is, and hears out the answer. The client never hangs up, so the server must. */
function shout(server: Server, line: string, changes: Record<string, string>): Promise<string> {
  const headers = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'wartezimmer.v1',
    ...changes,
  }
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.setEncoding('utf8').on('error', () => {})
    socket.on('data', (text) => {
      answer += text
    })
    // A server that has only stopped speaking would go on listening to this.
    const goOn = (error?: Error | null): unknown => !error && socket.write('x', goOn)
    socket.on('end', () => goOn())
    socket.on('close', () => resolve(answer))
    socket.write(`${line}\r\n${fields.join('')}\r\n`)
  })
}

const SHOUTED: [what: string, line: string, headers: Record<string, string>, status: number, code: string][] = [
  ['by HEAD', 'HEAD /v1/signal HTTP/1.1', {}, 426, ''],
  ['at another address', 'GET /nowhere HTTP/1.1', {}, 404, 'not_found'],
  ['at an address that is none', 'GET /v1/signal% HTTP/1.1', {}, 400, 'bad_frame'],
  ['by POST', 'POST /v1/signal HTTP/1.1', {}, 405, 'method_not_allowed'],
  ['of an old version', 'GET /v1/signal HTTP/1.1', { 'Sec-WebSocket-Version': '8' }, 426, 'upgrade_required'],
  ['without a good key', 'GET /v1/signal HTTP/1.1', { 'Sec-WebSocket-Key': 'short' }, 400, 'bad_frame'],
  [
    'with a list that is none',
    'GET /v1/signal HTTP/1.1',
    { 'Sec-WebSocket-Protocol': 'wartezimmer.v1,' },
    400,
    'bad_frame',
  ],
]

for (const [what, line, headers, status, code] of SHOUTED) {
  test(`R54: a handshake ${what} is answered with a problem document, and keeps no socket`, async ({ server }) => {
    const [head = '', body = ''] = (await shout(server, line, headers)).split('\r\n\r\n')
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
    assert.match(head, /^content-type: application\/problem\+json/im)
    assert.is(body === '' ? '' : (JSON.parse(body) as { code: string }).code, code)
    if (status === 426) assert.match(head, /^sec-websocket-version: 13$/im)
  })
}

for (const path of ['/healthz', '/']) {
  test(`R54: a handshake that does not wait for the answer of ${path} loses its connection`, async ({ server }) => {
    const pipelined = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/signal HTTP/1.1`
    assert.not.match(await shout(server, pipelined, {}), 'HTTP/1.1 101')
    // Whoever asks for the same has an answer only after the other was given up.
    assert.is((await server.request(path)).status, 200)
    const failed = server.logged.filter(({ event }) => event === 'failed')
    assert.equal(failed, [], 'that is no failure of ours')
  })
}

test('compression is never agreed on', async ({ server }) => {
  const answer = await ask(server, '/v1/signal', { 'sec-websocket-extensions': 'permessage-deflate' }, true)
  assert.is(answer.status, 101)
  assert.is(answer.headers['sec-websocket-extensions'], undefined)
})

test('other addresses do not upgrade, and other methods are refused', async ({ server }) => {
  assert.is((await ask(server, '/healthz', {}, true)).status, 200)
  assert.is((await ask(server, '/nowhere', {}, true)).status, 404)
  const answer = await fetch(`${server.url}/v1/signal`, { method: 'POST', body: 'x' })
  assert.is(answer.status, 405)
})

test('pages of allowed origins may read what is public, and why an upgrade would be refused; nobody else, and nothing else', async () => {
  const server = await startServer({ WZ_ALLOWED_ORIGINS: 'https://app.example' })
  const shared = async (path: string, origin: string) => {
    const { headers } = await server.request(path, { headers: { origin } })
    return headers.get('access-control-allow-origin')
  }
  const open = ['/v1/signal', '/healthz', '/readyz', '/openapi.json', '/asyncapi.json', '/docs/protocol', '/nowhere']
  for (const path of open) {
    assert.is(await shared(path, 'https://app.example'), 'https://app.example', path)
    assert.is(await shared(path, 'https://evil.example'), null, path)
  }
  for (const path of ['/v1/codes', '/v1/sessions', '/v1/signals'])
    assert.is(await shared(path, 'https://app.example'), null)
  await server.stop()
})

test.run()
