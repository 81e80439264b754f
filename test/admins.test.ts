/** Admins with rights, and practices with rooms, addresses and quotas of their own: the file, each right, each bound. */
import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { allRights, type Right } from '../src/config/admins.ts'
import { digestOf, readAdmins } from '../src/config/admins-file.ts'
import { readConfig } from '../src/config/config.ts'
import { StartupError } from '../src/config/startup-error.ts'
import { idMaker } from '../src/record/uuid.ts'
import { keepAdmins } from '../src/rest/admins.ts'
import { by, DAY, HOUR, keepSessions, NOW, openIn, refused, tempFolder } from './record-support.ts'
import { adminWith, openRest, problem } from './rest-support.ts'
import { startServer, TOKEN } from './server-support.ts'

const NORD = 'Zr4u7xKd2pQ9wLm3vBn8cTg5yHs6jEaF'
const SUED = 'hT5sWc8yQe2UxN4bMk7Rj9ZgF3vLd6Pa'
const OTHER = 'uN6bQ1wXe8RtL3yKo9Pz5VfC7mHd2JsG'

const path = join(tempFolder(), 'admins.json')

/** The faults of a file, without what all of them begin with. */
function faults(content: unknown, env: Record<string, string> = {}): string[] {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  try {
    readConfig({ WZ_ADMINS_FILE: path, ...env })
    return []
  } catch (error) {
    assert.instance(error, StartupError)
    return (error as StartupError).faults.map((line) => line.replace(/^WZ_ADMINS_FILE: /, ''))
  }
}

const admin = (name: string, token = NORD, more: object = {}) => ({ name, token, rights: ['read'], ...more })
const practice = (rooms: unknown, ...admins: object[]) => ({ rooms, admins })

const RIGHTS = 'mint, read, erase, audit, metrics'
const BAD: [string, unknown, string[]][] = [
  ['no JSON', '{"admins": [', [' it is no JSON']],
  ['a list', [], ['it must be an object']],
  ['nobody', { admins: [] }, ['it must name at least one admin']],
  ['an unknown field', { admins: [admin('a')], practises: [] }, ['practises is unknown']],
  ['an unknown field of an admin', { admins: [admin('a', NORD, { room: 'x' })] }, ['admins.0.room is unknown']],
  ['a token for a field', { admins: [{ ...admin('a'), [`${SUED}!`]: 1 }] }, ['admins.0.something is unknown']],
  [
    'a right that does not exist',
    { admins: [admin('a', NORD, { rights: ['read', 'write'] })] },
    [`admins.0.rights.1 must be one of ${RIGHTS}`],
  ],
  [
    'no right',
    { admins: [admin('a', NORD, { rights: [] })] },
    ['admins.0.rights must be a list of rights, at least one'],
  ],
  [
    'a short token',
    { admins: [admin('a', 'short')] },
    ['admins.0.token must be at least 32 characters without spaces'],
  ],
  ['no token', { admins: [{ name: 'a', rights: ['read'] }] }, ['admins.0 must have either token or tokenSha256']],
  [
    'two tokens',
    { admins: [admin('a', NORD, { tokenSha256: digestOf(SUED) })] },
    ['admins.0 must have either token or tokenSha256'],
  ],
  [
    'a token for a hash',
    { admins: [{ name: 'a', tokenSha256: NORD, rights: ['read'] }] },
    ['admins.0.tokenSha256 must be a SHA-256 hash, 64 hexadecimal digits in small letters'],
  ],
  ['one token for two admins', { admins: [admin('a'), admin('b')] }, ['admins.1 has the same token as admins.0']],
  [
    'one token, once as its hash',
    { admins: [admin('a')], practices: [practice('b-', { name: 'b', tokenSha256: digestOf(NORD), rights: ['read'] })] },
    ['practices.0.admins.0 has the same token as admins.0'],
  ],
  ['one name for two admins', { admins: [admin('a'), admin('a', SUED)] }, ['admins.1 has the same name as admins.0']],
  [
    'rooms that overlap',
    {
      practices: [
        practice('nord-west', admin('a')),
        practice('nord', admin('b', SUED)),
        practice('noel', admin('c', OTHER)),
      ],
    },
    ['practices.0.rooms overlaps with practices.1.rooms'],
  ],
  [
    'the same rooms twice',
    { practices: [practice('nord', admin('a')), practice('nord', admin('b', SUED))] },
    ['practices.1.rooms overlaps with practices.0.rooms'],
  ],
  [
    'all rooms',
    { practices: [practice('', admin('a'))] },
    [
      'practices.0.rooms must be what the names of its rooms begin with: 1 to 32 letters, digits, dots, hyphens, underscores',
    ],
  ],
  [
    'a practice of nobody',
    { practices: [practice('nord-')], admins: [admin('a')] },
    ['practices.0.admins must be a list of admins, at least one'],
  ],
  [
    'an address without https',
    { practices: [{ ...practice('nord-', admin('a')), publicUrl: 'http://nord.example' }] },
    ['practices.0.publicUrl must be https'],
  ],
  [
    'a quota that is none',
    { practices: [{ ...practice('nord-', admin('a')), codesPerDay: '5', seats: 0 }] },
    [
      'practices.0.codesPerDay must be a whole number from 0 to 1000000',
      'practices.0.seats must be a whole number from 1 to 1000000',
    ],
  ],
]

for (const [what, content, expected] of BAD) {
  test(`a file of admins with ${what} stops the start, and says where`, () => {
    const found = faults(content)
    assert.is(found.length, expected.length, found.join('; '))
    for (const [index, line] of expected.entries()) assert.ok(found[index]?.startsWith(line.trim()), found[index])
    for (const secret of [NORD, SUED, OTHER]) assert.not.match(found.join(), secret)
  })
}

test('all faults are told at once, those of the other settings too', () => {
  const content = {
    extra: 1,
    admins: [admin('a'), admin('b')],
    practices: [practice('n', admin('c d', SUED)), 5, practice('nord', admin('e', OTHER, { rights: ['all'] }))],
  }
  assert.equal(faults(content, { WZ_PORT: 'x', WZ_ADMIN_TOKENS: `a:${OTHER}` }), [
    'WZ_PORT must be a whole number from 0 to 65535',
    'extra is unknown',
    'practices.0.admins.0.name must be 1 to 32 letters, digits, hyphens, underscores',
    'practices.1 must be an object',
    `practices.2.admins.0.rights.0 must be one of ${RIGHTS}`,
    'practices.2.rooms overlaps with practices.0.rooms',
    'admins.0 has the same name as WZ_ADMIN_TOKENS.0',
    'admins.1 has the same token as admins.0',
    'practices.2.admins.0 has the same token as WZ_ADMIN_TOKENS.0',
  ])
})

test('R57a: a file of admins that others may read stops the start; so does one that is not there', () => {
  assert.equal(faults({ admins: [admin('a')] }), [])
  for (const mode of [0o644, 0o604, 0o660]) {
    chmodSync(path, mode)
    assert.throws(() => readAdmins({ adminsFile: path }), `WZ_ADMINS_FILE: others may read it: chmod 600 ${path}`)
  }
  chmodSync(path, 0o600)
  assert.throws(() => readAdmins({ adminsFile: '/nowhere' }), 'there is nothing to read at /nowhere')
})

test('a practice is found by the name of any of its rooms, however many there are', () => {
  const rooms = Array.from({ length: 500 }, (_, index) => `p${index}-`)
  const admins = keepAdmins(rooms.map((one, index) => adminWith(one, `${index}`, { practice: { rooms: one } })))
  for (const one of rooms) {
    assert.is(admins.practiceOf(`${one}a`)?.rooms, one)
    assert.is(admins.practiceOf(one)?.rooms, one)
  }
  for (const none of ['p', 'p500-a', 'p7', 'P7-a', 'a', 'z', '']) assert.is(admins.practiceOf(none), undefined, none)
})

/** Every route with the right that opens it. */
const ROUTES: [Right, string, string, object?][] = [
  ['mint', 'POST', '/v1/codes', {}],
  ['mint', 'PATCH', '/v1/codes/x', { expiresAt: NOW + DAY }],
  ['mint', 'DELETE', '/v1/codes/x'],
  ['erase', 'DELETE', '/v1/codes/x?erase=true'],
  ['read', 'GET', '/v1/codes'],
  ['read', 'GET', '/v1/codes/x'],
  ['read', 'GET', '/v1/rooms/x'],
  ['read', 'GET', '/v1/sessions'],
  ['erase', 'DELETE', '/v1/sessions/x'],
  ['audit', 'GET', '/v1/audit'],
  ['audit', 'GET', '/v1/deletions'],
  ['metrics', 'GET', '/metrics'],
]

test('R90: each right opens its routes and no others; without it a route is forbidden, whatever is asked', async () => {
  const { call, app, record } = await openRest(
    {},
    allRights.map((right, index) => adminWith(right, `${index}`, { rights: [right] })),
  )
  const { paths } = (await call('GET', '/openapi.json')).json() as {
    paths: Record<string, Record<string, { security?: object[] }>>
  }
  const secured = Object.values(paths).flatMap((methods) =>
    Object.values(methods).filter(({ security }) => security?.length !== 0),
  )
  // Beside these there is the inventory, which needs no right; DELETE of codes is there twice.
  assert.is(secured.length, ROUTES.length)
  for (const [index, right] of allRights.entries()) {
    for (const [needed, method, url, body] of ROUTES) {
      const response = await call(method, url, { token: String(index), ...(body && { body }) })
      if (right !== needed) problem(response, 403, 'forbidden')
      else assert.ok([200, 201, 404].includes(response.statusCode), `${right}: ${method} ${url} ${response.statusCode}`)
    }
    assert.is((await call('GET', '/v1/inventory', { token: String(index) })).statusCode, 200)
    problem(await call('GET', '/v1/nothing', { token: String(index) }), 404, 'not_found')
  }
  assert.is((await record.listAudit({ limit: 99 }, by(NOW))).entries.length, 2, 'what was forbidden has left no line')
  assert.is((await app.inject({ url: '/v1/codes', headers: { authorization: 'Bearer ' } })).statusCode, 401)
})

const nord = adminWith('nord', NORD, {
  practice: { rooms: 'nord-', publicUrl: 'https://nord.example', codesPerDay: 3 },
})
const sued = adminWith('sued', SUED, { practice: { rooms: 'sued-' } })

test('R90: a practice mints in its own rooms only, with its own address, up to its quota of a day', async () => {
  const counted: unknown[] = []
  const { call, state } = await openRest({ count: (event) => counted.push(event) }, [nord, sued])
  const mint = (body: object, token = NORD, headers = {}) => call('POST', '/v1/codes', { body, token, headers })
  const first = (await mint({ roles: ['host', 'guest'] })).json()
  assert.match(first.room, /^nord-[a-z2-9]{10}$/)
  for (const { link } of first.codes) assert.match(link, /^https:\/\/nord\.example\//)
  for (const room of ['sued-1', 'nord', 'Nord-1']) {
    assert.match(problem(await mint({ room }), 403, 'forbidden').detail ?? '', /begin with nord-$/)
  }
  const refused = await mint({ roles: ['guest', 'guest'] })
  problem(refused, 429, 'throttled')
  // 09:00 UTC
  assert.is(refused.headers['retry-after'], String(15 * 3600))
  assert.equal(counted, [{ what: 'limited', by: 'codes_per_day' }])
  const key = { 'idempotency-key': '0b6f6a3e-7d52-4c1e-9a39-5b1f5d4c8e21' }
  for (const _ of ['once', 'again']) assert.is((await mint({ room: 'nord-1' }, NORD, key)).statusCode, 201)
  problem(await mint({}), 429, 'throttled')
  for (let count = 0; count < 5; count++) assert.is((await mint({}, SUED)).statusCode, 201)
  assert.match((await mint({}, SUED)).json().codes[0].link, /^https:\/\/wartezimmer\.example\/#/)
  // What the provider mints for a practice leads to its address, and is none of its quota.
  assert.match(
    (await call('POST', '/v1/codes', { body: { room: 'nord-2' } })).json().codes[0].link,
    /^https:\/\/nord\.example\/#/,
  )
  state.now += 15 * HOUR
  assert.is((await mint({ roles: ['guest', 'guest', 'guest'] })).statusCode, 201, 'a new day')
})

test('R40, R90: the audit of a practice has what was done in its rooms, by whomever, and nothing else', async () => {
  const { call, record } = await openRest({}, [nord, sued])
  await record.knowPractices(['nord-', 'sued-'])
  const mint = async (room: string, token?: string) =>
    (await call('POST', '/v1/codes', { body: { room }, ...(token && { token }) })).json().codes[0].id as string
  const ids = [await mint('nord-1', NORD), await mint('nord-2'), await mint('sued-1', SUED), await mint('elsewhere')]
  await call('GET', '/v1/sessions?room=sued-1')
  await call('GET', '/v1/sessions')
  await record.noteAdmins(NOW)
  const lines = async (token?: string) =>
    (await call('GET', '/v1/audit', token ? { token } : {}))
      .json()
      .entries.map(({ admin, action, target }: Record<string, string>) => [admin, action, target])
  const all = ['practice', 'read_sessions', null]
  assert.equal(await lines(NORD), [['nord', 'mint_code', ids[0]], ['practice', 'mint_code', ids[1]], all])
  assert.equal(await lines(SUED), [['sued', 'mint_code', ids[2]], all, all])
  assert.is((await lines()).length, 7)
  assert.equal((await lines()).at(-1), ['(operator)', 'read_admins', null])
})

test('R90: in the record nothing outside of the rooms of who asks can be read, changed or erased', async () => {
  const record = await openIn(tempFolder())
  const [mine, theirs] = [by(NOW, 'nord', 'nord-'), by(NOW, 'sued', 'sued-')]
  const { id = '', room } = (await record.mint({ roles: ['guest'] }, mine)).codes[0] ?? {}
  const session = { room: 'nord-1', start: NOW, participants: 2, reference: null }
  const [ended, running] = [record.newId(NOW), record.newId(NOW)]
  await keepSessions(record, [
    { ...session, id: ended, end: NOW, reason: 'left' },
    { ...session, id: running, end: null, reason: null },
  ])
  for (const act of [record.getCode, record.revokeCode, record.eraseCode])
    await refused('code_unknown', () => act(id, theirs))
  await refused('code_unknown', () => record.moveCode(id, { expiresAt: NOW + DAY }, theirs))
  for (const one of [ended, running]) await refused('not_found', () => record.eraseSession(one, theirs))
  assert.is(await record.knowsRoom(room ?? '', theirs), false)
  for (const wanted of [{ limit: 9 }, { limit: 9, room }]) {
    assert.equal((await record.listCodes(wanted, theirs)).codes, [])
    assert.equal((await record.listSessions(wanted, theirs)).sessions, [])
  }
  assert.is((await record.listSessions({ limit: 9 }, mine)).sessions.length, 2)
  assert.is((await record.getCode(id, mine)).status, 'valid')
  assert.equal(await record.mintedToday(mine), [{ rooms: 'nord-', codes: 1 }])
  assert.equal(await record.mintedToday(theirs), [])
  await record.eraseCode(id, mine)
  assert.is((await record.mintedToday(mine))[0]?.codes, 1, 'what is erased was minted all the same')
  assert.is((await record.sweep(NOW + 2 * DAY)).deleted >= 1, true)
  assert.equal(await record.mintedToday(by(NOW + 2 * DAY)), [])
})

test('R90: an id does not say how many others were given in its millisecond, and still each is greater', () => {
  const countOf = (id: string) => Number.parseInt(id.slice(15, 18), 16)
  assert.ok(new Set(Array.from({ length: 64 }, () => countOf(idMaker()(NOW)))).size > 32)
  const newId = idMaker()
  const ids = Array.from({ length: 64 }, () => newId(NOW))
  assert.equal(ids, ids.toSorted())
  assert.ok(new Set(ids.slice(1).map((id, index) => countOf(id) - countOf(ids[index] ?? ''))).size > 4)
})

test('a page of the rooms of a practice is found by its rooms, whatever others keep', async () => {
  const record = await openIn(tempFolder())
  for (let count = 0; count < 6; count++) {
    for (const rooms of ['a-', 'a.', 'b-'])
      await record.mint({ room: `${rooms}${count % 2}`, roles: ['guest'] }, by(NOW + count, rooms, rooms))
  }
  const seen: string[] = []
  let after: string | null | undefined
  do {
    const { codes, next } = await record.listCodes({ limit: 2, ...(after && { after }) }, by(NOW + 9, 'a', 'a-'))
    seen.push(...codes.map(({ room }) => room))
    after = next
  } while (after)
  assert.equal(seen, ['a-0', 'a-1', 'a-0', 'a-1', 'a-0', 'a-1'])
})

test('R90: beyond the seats of a practice guests find it full; the practice, other practices and who has a seat do not', async () => {
  const server = await startServer()
  const bounded = adminWith('nord', NORD, { practice: { rooms: 'nord-', seats: 2 } })
  server.admins.replace([...readAdmins(server.config), bounded, sued])
  const mint = async (room: string, role: string) => (await server.mint({ room, roles: [role] })).codes[0]?.code ?? ''
  const [one, two] = [await mint('nord-1', 'guest'), await mint('nord-2', 'guest')]
  const first = await server.join(one, 'Anna')
  await server.join(two, 'Berta')
  const third = await mint('nord-2', 'guest')
  const refuse = async (code: string) => {
    const client = await server.connect()
    const { code: error } = await client.refused(JSON.stringify({ type: 'join', code, name: 'Clara' }))
    return [error, (await client.closed).code]
  }
  assert.equal(await refuse(third), ['room_full', 4506])
  for (const role of ['host', 'staff']) await server.join(await mint('nord-2', role))
  assert.equal(await refuse(await mint('nord-3', 'host')), ['room_full', 4506])
  await server.join(await mint('sued-1', 'guest'), 'Dora')
  await server.join(one, 'Anna')
  assert.is((await first.closed).code, 4501)
  const metrics = async (token: string, query = '') =>
    (await server.request(`/metrics${query}`, { headers: { authorization: `Bearer ${token}` } })).text()
  const own = await metrics(NORD)
  assert.match(own, /^wartezimmer_practice_seats\{role="guest",state="waiting",presence="present"\} 2$/m)
  assert.match(own, /^wartezimmer_practice_seats_allowed 2$/m)
  assert.match(own, /^wartezimmer_practice_codes_allowed \+Inf$/m)
  assert.not.match(own, /wartezimmer_(?!practice_)|nodejs|process_|sued|nord/)
  assert.match(await metrics(SUED), /^wartezimmer_practice_seats\{[^}]*\} 1$/m)
  const room = async (token: string) =>
    (await server.request('/v1/rooms/nord-1', { headers: { authorization: `Bearer ${token}` } })).status
  assert.equal([await room(NORD), await room(SUED)], [200, 404])
  const all = await (await server.request('/metrics')).text()
  assert.not.match(all, /nord-|sued-/)
  assert.match(all, /wartezimmer_limited_total\{limit="practice_seats"\} 2/)
  assert.match(
    await (await server.request('/metrics?practices=true')).text(),
    /^wartezimmer_practice_seats\{rooms="nord-",role="host"/m,
  )
  // Others of the same rooms: counted anew.
  server.admins.replace([
    ...readAdmins(server.config),
    adminWith('n', NORD, { practice: { rooms: 'nord-', seats: 3 } }),
  ])
  await server.join(third, 'Clara')
})

test('R90: one practice cannot use up the requests of another, though both come from one address', async () => {
  const server = await startServer({ WZ_REQUESTS_PER_MINUTE: '5' })
  server.admins.replace([
    adminWith('nord', NORD, { practice: { rooms: 'nord-' } }),
    { ...sued, tokenSha256: digestOf(OTHER) },
  ])
  const status = async (token: string) =>
    (await fetch(`${server.url}/v1/codes`, { headers: { authorization: `Bearer ${token}` } })).status
  for (let count = 0; count < 5; count++) assert.is(await status(NORD), 200)
  assert.is(await status(NORD), 429)
  assert.is(await status(OTHER), 200)
  // Who has no good token is an address, as before.
  for (let count = 0; count < 5; count++) assert.is(await status('wrong'), 401)
  assert.is(await status('wrong'), 429)
  assert.is(await status(OTHER), 200)
})

test('R90: many requests of one practice at once wait for each other, and nobody waits behind them', async () => {
  const order: string[] = []
  const other = Promise.withResolvers<void>()
  const opened = await openRest()
  const record: typeof opened.record = {
    ...opened.record,
    async listCodes(wanted, who) {
      order.push(who.admin)
      // Whoever waited behind it would wait for ever.
      if (who.admin === 'nord') await other.promise
      const page = await opened.record.listCodes(wanted, who)
      order.push(`${who.admin} done`)
      if (who.admin !== 'nord') other.resolve()
      return page
    },
  }
  const { call } = await openRest({ record }, [nord, sued])
  const ask = (token: string) => call('GET', '/v1/codes', { token })
  const answers = await Promise.all([ask(NORD), ask(NORD), ask(NORD), ask(SUED)])
  assert.equal(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  const own = order.filter((line) => line.startsWith('nord'))
  assert.equal(own, ['nord', 'nord done', 'nord', 'nord done', 'nord', 'nord done'])
  assert.ok(order.indexOf('sued done') < order.indexOf('nord done'))
})

test('R63: who hangs up in the midst of a request, or while it waits for its turn, holds up nobody', async () => {
  const server = await startServer()
  const { id } = (await server.mint()).codes[0] ?? {}
  const lock = new Database(join(server.dataDir, 'wartezimmer.db'))
  lock.exec('BEGIN IMMEDIATE')
  // What answers without a body is what Fastify does not even try to send any more.
  for (const line of [`DELETE /v1/codes/${id}`, 'GET /v1/codes', 'DELETE /v1/codes/x']) {
    const socket = connect({ port: server.port, host: '127.0.0.1' })
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
    for (let count = 0; count < 5; count++) await server.request('/healthz')
    socket.destroy()
  }
  for (let count = 0; count < 5; count++) await server.request('/healthz')
  lock.exec('ROLLBACK')
  lock.close()
  const next = await server.request('/v1/codes', { signal: AbortSignal.timeout(3_000) }).catch(() => undefined)
  assert.is(next?.status, 200)
})

test('R90: while one practice\u2019s address is flooded with wrong codes, patients of another dial in at theirs, and with no other codes', async () => {
  const limit = { WZ_WRONG_CODES_PER_MINUTE: '10', WZ_TRUSTED_PROXIES: '127.0.0.1' }
  const server = await startServer({ ...limit, WZ_PUBLIC_URL: 'https://praxen.example' })
  const of = (name: string, token: string) =>
    adminWith(name, token, { practice: { rooms: `${name}-`, publicUrl: `https://${name}.example` } })
  server.admins.replace([of('ahorn', NORD), of('birke', SUED), of('praxen', OTHER)])
  const minted = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await server.request('/v1/codes', { method: 'POST', json: { roles: ['guest'] }, headers })
    return ((await answer.json()) as { codes: { code: string }[] }).codes[0]?.code ?? ''
  }
  const [ahorn, birke] = [await minted(NORD), await minted(SUED)]
  let sources = 0
  const dialIn = async (name: string, code: string) => {
    sources += 1
    const headers = { host: `${name}.example`, 'x-forwarded-for': `192.0.2.${sources}`, 'x-forwarded-proto': 'https' }
    const client = await server.connect({ headers })
    client.send({ type: 'join', code, name: 'Anna' })
    await client.settle()
    const [first] = client.frames
    client.drop()
    return first?.type === 'error' ? first.code : first?.type
  }
  for (let tries = 0; tries < 30; tries++) await dialIn('ahorn', 'K7M-4XQ-9TP')
  assert.is(await dialIn('ahorn', ahorn), 'throttled')
  assert.is(await dialIn('praxen', birke), 'throttled', 'an address that others share has no reserve')
  assert.is(await dialIn('birke', ahorn), 'code_unknown', 'or all addresses together would be worth more to a guesser')
  assert.is(await dialIn('birke', birke), 'joined')
})

test.run()
