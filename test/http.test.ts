/** The door itself: who gets in, what errors look like, which headers go out, and the descriptions. */

import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { TSchema } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { problemTitles } from '../src/http/problems.ts'
import { closeCodes, errorCodes } from '../src/protocol/errors.ts'
import { faultOf } from '../src/protocol/fault.ts'
import { clientMessages, FEATURES, serverMessages } from '../src/protocol/messages.ts'
import { senderStates } from '../src/protocol/states.ts'
import { examples } from '../src/rest/examples.ts'
import { by } from './record-support.ts'
import { openRest, problem, TOKEN } from './rest-support.ts'

/** A schema with what its references lead to in their place. */
function inline(part: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(part)) return part.map((one) => inline(one, schemas))
  if (typeof part !== 'object' || part === null) return part
  if ('$ref' in part) return inline(schemas[String(part.$ref).replace(/.*\//, '')], schemas)
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, inline(one, schemas)]))
}

type Answer = { headers?: Record<string, object>; content?: object }
type Operation = { operationId?: string; description?: string; responses: Record<string, Answer> }

const ROUTES: [string, string][] = [
  ['POST', '/v1/codes'],
  ['GET', '/v1/codes'],
  ['GET', '/v1/codes/x'],
  ['PATCH', '/v1/codes/x'],
  ['DELETE', '/v1/codes/x'],
  ['GET', '/v1/rooms/x'],
  ['GET', '/v1/sessions'],
  ['GET', '/v1/audit'],
  ['GET', '/v1/deletions'],
  ['GET', '/v1/inventory'],
  ['DELETE', '/v1/sessions/x'],
  ['GET', '/v1/nothing'],
]

test('R55: without a valid token every address of the API is unauthorized, also those that are not there', async () => {
  const { call, app, record } = await openRest()
  for (const [method, url] of ROUTES) {
    const response = await call(method, url, { token: null })
    problem(response, 401, 'unauthorized')
    assert.is(response.headers['www-authenticate'], 'Bearer')
    assert.is(response.headers['cache-control'], 'no-store')
  }
  const wrong = [`Basic ${TOKEN}`, 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, TOKEN, 'x']
  for (const authorization of wrong) {
    problem(await app.inject({ url: '/v1/codes', headers: { authorization } }), 401, 'unauthorized')
  }
  problem(await call('GET', `/v1/codes?token=${TOKEN}`, { token: null }), 401, 'unauthorized')
  assert.is((await call('POST', '/v1/codes', { token: null, body: {} })).statusCode, 401)
  assert.equal((await record.listCodes({ limit: 9 }, by(0))).codes, [])
})

test('R55: each of several admins gets in; the scheme may be written in any case', async () => {
  const { app } = await openRest()
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, 'Bearer software-token-0123456789abcdefgh']) {
    assert.is((await app.inject({ url: '/v1/codes', headers: { authorization } })).statusCode, 200)
  }
})

test('unknown addresses are not found, in the API and elsewhere', async () => {
  const { call } = await openRest()
  for (const url of ['/v1', '/v1/nothing', '/v2/codes', '/nothing', '/docs/nothing', '/docs/..%2fpackage.json']) {
    problem(await call('GET', url), 404, 'not_found')
  }
})

test('a wrong method on a known address is not allowed, and Allow says which ones are', async () => {
  const { call } = await openRest()
  const wrong: [string, string, string][] = [
    ['PUT', '/v1/codes', 'GET, HEAD, POST'],
    ['POST', '/v1/codes/x', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/v1/rooms/x', 'GET, HEAD'],
    ['GET', '/v1/sessions/x', 'DELETE'],
    ['OPTIONS', '/v1/sessions', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/openapi.json', 'GET, HEAD'],
  ]
  for (const [method, url, allow] of wrong) {
    const response = await call(method, url)
    problem(response, 405, 'method_not_allowed')
    assert.is(String(response.headers.allow).split(', ').sort().join(', '), allow, url)
  }
})

test('a body that is no JSON, too large or of another type is refused, each in its own way', async () => {
  const { call } = await openRest()
  const post = (body: string, type = 'application/json') =>
    call('POST', '/v1/codes', { body, headers: { 'content-type': type } })
  for (const body of ['{', ' ', 'room=r1', '{"room":"r1"', '{"__proto__":{"room":"x"}}']) {
    problem(await post(body), 400, 'bad_frame')
  }
  problem(await post(JSON.stringify({ reference: 'x'.repeat(17_000) })), 413, 'too_large')
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    problem(await post('{}', type), 415, 'unsupported_media_type')
  }
})

test('a body of nothing is none, whatever its type is said to be', async () => {
  const { call, mint } = await openRest()
  const { codes } = await mint()
  const revoked = await call('DELETE', `/v1/codes/${codes[0]?.id}`, { body: '' })
  assert.is(revoked.statusCode, 204, revoked.body)
  problem(await call('POST', '/v1/codes', { body: '' }), 400, 'bad_message')
})

test('a page after what is no id is refused, and does not pass for the last one', async () => {
  const { call } = await openRest()
  for (const list of ['codes', 'sessions', 'audit', 'deletions']) {
    for (const after of ['nonsense', '%20', '00000000-0000-7000-8000-00000000000']) {
      const { detail } = problem(await call('GET', `/v1/${list}?after=${after}`), 400, 'bad_message')
      assert.is(detail, 'query.after must be an id, as `next` of the page before says it')
    }
    assert.is((await call('GET', `/v1/${list}?after=`)).statusCode, 200, 'the first page')
  }
})

test('R56: problem documents say what is wrong, and nothing that was sent, no stack and no SQL', async () => {
  const { call } = await openRest()
  const canary = 'Canary42'
  const answers = [
    await call('POST', '/v1/codes', { body: { room: `${canary} ${canary}` } }),
    await call('POST', '/v1/codes', { body: { [`<${canary}>`]: 1 } }),
    await call('POST', '/v1/codes', { body: `{${canary}` }),
    await call('POST', '/v1/codes', { body: { roles: [canary] } }),
    await call('GET', `/v1/codes?status=${canary}`),
    await call('GET', `/v1/codes/${canary}`),
    await call('GET', `/${canary}`),
    await call('GET', `/%${canary}`),
    await call('GET', '/v1/codes', { token: canary }),
    await call('GET', '/v1/sessions', { headers: { accept: `x/${canary}` } }),
  ]
  for (const answer of answers) {
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500)
    assert.match(String(answer.headers['content-type']), 'application/problem+json')
    assert.not.match(answer.body, new RegExp(canary, 'i'))
  }
})

test('R56: an error of our own is internal: the outside learns nothing, the log hears of it', async () => {
  const opened = await openRest()
  const fault = new Error('SQLITE_IOERR at /secret/place')
  const broken = () => {
    throw fault
  }
  const { call, failures } = await openRest({ record: { ...opened.record, listCodes: broken } })
  const document = problem(await call('GET', '/v1/codes'), 500, 'internal')
  assert.equal(Object.keys(document), ['type', 'title', 'status', 'code'])
  assert.equal(failures, [fault])
})

test('a problem document has exactly these members', async () => {
  const { call } = await openRest()
  assert.equal(problem(await call('GET', '/v1/codes?limit=0'), 400, 'bad_message'), {
    type: '/docs/rest#bad_message',
    title: 'The request does not match its schema.',
    status: 400,
    code: 'bad_message',
    detail: 'query.limit must be >= 1',
  })
})

test('what is no HTTP at all is answered with a problem document, too', async () => {
  const { app } = await openRest()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('CANARY\r\n\r\n'))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/)
  assert.match(answer, '"code":"bad_frame"')
  assert.not.match(answer, 'CANARY')
})

test('R1, R58: every answer has the security headers and no cookie, and over http no HSTS', async () => {
  const { call } = await openRest()
  for (const url of ['/docs', '/openapi.json', '/healthz', '/v1/codes', '/v1/nothing', '/nothing']) {
    const { headers } = await call('GET', url)
    const policy = String(headers['content-security-policy'])
    assert.ok(policy.includes("default-src 'self'") && policy.includes("frame-ancestors 'none'"), url)
    assert.not.match(policy, 'unsafe')
    assert.match(String(headers['permissions-policy']), 'camera=(self), microphone=(self), display-capture=(self)')
    assert.is(headers['x-content-type-options'], 'nosniff')
    assert.is(headers['referrer-policy'], 'no-referrer')
    assert.is(headers['strict-transport-security'], undefined)
    assert.is(headers['set-cookie'], undefined)
  }
})

test('the OpenAPI document describes every route, its answers and its token', async () => {
  const { call } = await openRest()
  const document = (await call('GET', '/openapi.json', { token: null })).json()
  assert.is(document.openapi, '3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/, 'x')}`),
  )
  const expected = ROUTES.map((route) => route.join(' ')).filter((route) => !route.includes('nothing'))
  assert.equal(described.sort(), [...expected, 'GET /healthz', 'GET /metrics', 'GET /readyz'].sort())
  assert.equal(document.security, [{ admin: [] }])
  assert.equal(document.paths['/healthz'].get.security, [])
  const operations = Object.values(document.paths).flatMap((one) => Object.values(one as Record<string, Operation>))
  assert.is(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  for (const { operationId, description, responses } of operations) {
    assert.ok(operationId && description)
    assert.ok(responses[429]?.headers?.['retry-after'], operationId)
    assert.ok(operationId?.startsWith('is') || responses[401]?.headers?.['www-authenticate'], operationId)
  }
  const mint = document.paths['/v1/codes'].post
  assert.equal(mint.requestBody.content['application/json'].schema, { $ref: '#/components/schemas/MintRequest' })
  assert.is(document.components.schemas.MintRequest.additionalProperties, false)
  assert.is(mint.parameters[0].name, 'idempotency-key')
  assert.ok(document.paths['/v1/sessions'].get.responses[200].headers.link)
})

test('each schema with a name has an example that matches it, and there is no other example', async () => {
  const { call } = await openRest()
  const read = async (url: string) => (await call('GET', url, { token: null })).json()
  const schemas = {
    ...(await read('/openapi.json')).components.schemas,
    ...(await read('/asyncapi.json')).components.schemas,
  }
  for (const [title, example] of Object.entries(examples)) {
    assert.ok(schemas[title], title)
    assert.is(faultOf(inline(schemas[title], schemas) as TSchema, example), undefined, title)
  }
  const messages = Object.keys(schemas).filter((title) => /^(Client|Server)[A-Z]/.test(title) && title !== 'ServerInfo')
  assert.is(messages.length, Object.keys({ ...clientMessages }).length + Object.keys(serverMessages).length)
  for (const title of messages) assert.ok(title in examples, title)
})

test('the tables of the protocol are there as JSON, as the server has them', async () => {
  const { call } = await openRest()
  const {
    senders,
    errors,
    closeCodes: closing,
    features,
  } = (await call('GET', '/protocol.json', { token: null })).json()
  assert.equal([senders, errors, features], [senderStates, errorCodes, FEATURES])
  assert.ok(closing.some(({ code, advice }: { code: number; advice: string }) => code === 4501 && /^stop/.test(advice)))
})

test('the AsyncAPI document holds every message in its direction, and no reference leads nowhere', async () => {
  const { call } = await openRest()
  const document = (await call('GET', '/asyncapi.json', { token: null })).json()
  assert.equal(document.servers.here, { host: 'wartezimmer.example', pathname: '/', protocol: 'wss' })
  const { tell, ...commands } = document.operations
  assert.equal(Object.keys(commands), Object.keys(clientMessages))
  assert.is(tell.messages.length, Object.keys(serverMessages).length)
  assert.equal(commands.hold['x-senders'], [{ role: 'host', state: 'admitted', next: 'admitted' }])
  assert.match(commands.join.reply.messages[0].$ref, 'server-joined')
  assert.is(document.channels.signal.bindings.ws.headers.properties['Sec-WebSocket-Protocol'].const, 'wartezimmer.v1')
  assert.is(document.channels.signal['x-close-codes'].length, Object.keys(closeCodes).length)
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '')
  assert.ok(refs.length > 50)
  const step = (at: unknown, key: string) => (at as Record<string, unknown> | undefined)?.[key]
  for (const path of refs) assert.ok(path.split('/').reduce(step, document), path)
})

test('the type of every problem document leads to a row of the reference', async () => {
  const { call } = await openRest()
  const { body } = await call('GET', '/docs/rest')
  for (const code of Object.keys(problemTitles)) assert.match(body, `id="${code}"`)
})

test('the protocol page shows every message, error, close code and both state tables', async () => {
  const { call } = await openRest()
  const { body } = await call('GET', '/docs/protocol')
  for (const name of [...Object.keys(clientMessages), ...Object.keys(serverMessages)]) {
    assert.match(body, `<code>${name}</code></h3>`)
  }
  assert.match(body, /<td>4507<\/td>/)
  assert.match(body, /<code>hold<\/code><\/td><td><code>not_joined<\/code><\/td><td><code>forbidden<\/code>/)
  assert.match(body, /<code>hold<\/code>, host<\/td><td><code>wrong_state<\/code><\/td><td>then waiting<\/td>/)
})

test.run()
