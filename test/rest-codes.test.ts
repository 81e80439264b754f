/** The REST API for codes and rooms, as an admin's software meets it. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { by, DAY, HOUR, NOW } from './record-support.ts'
import { openRest, problem } from './rest-support.ts'

/** Of version 4. */
const KEY = '0b6f6a3e-7d52-4c1e-9a39-5b1f5d4c8e21'

test('an empty request mints one code for a guest: a random room, from now, for 24 hours', async () => {
  const { call, record } = await openRest()
  const response = await call('POST', '/v1/codes', { body: {} })
  assert.is(response.statusCode, 201)
  const { room, codes } = response.json()
  assert.match(room, /^[a-z0-9]{10}$/)
  const [{ id, code, link, ...rest }] = codes
  assert.is(codes.length, 1)
  assert.match(code, /^[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}$/)
  assert.is(link, `https://wartezimmer.example/#${code}`)
  assert.equal(rest, { role: 'guest', notBefore: NOW, expiresAt: NOW + DAY })
  const { code: ticket } = record.checkCode(code, NOW)
  assert.is(ticket, id)
})

test('an appointment has a code for the host and one for each guest, in the order asked for', async () => {
  const { mint, record } = await openRest()
  const wish = { room: 'Praxis_1', reference: 'Fall 7/2026', guests: 2 }
  const { room, codes } = await mint({ ...wish, roles: ['host', 'guest', 'guest'], notBefore: NOW + HOUR })
  assert.is(room, 'Praxis_1')
  assert.equal(
    codes.map(({ role }) => role),
    ['host', 'guest', 'guest'],
  )
  assert.match(codes[0]?.link ?? '', /^https:\/\/wartezimmer\.example\/praxis#[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
  const { guests, reference } = record.checkCode(codes[0]?.code ?? '', NOW + HOUR)
  assert.equal([guests, reference], [2, 'Fall 7/2026'])
})

test('with an Idempotency-Key a repeated call gets the same answer, another body or admin does not', async () => {
  const { call, record } = await openRest()
  const post = (body: object, more = {}) =>
    call('POST', '/v1/codes', { body, headers: { 'idempotency-key': KEY }, ...more })
  const first = await post({ roles: ['host', 'guest'] })
  const second = await post({ roles: ['host', 'guest'] })
  assert.equal([second.statusCode, second.body], [201, first.body])
  problem(await post({ roles: ['guest', 'host'] }), 422, 'idempotency_mismatch')
  assert.is((await record.listCodes({ limit: 9 }, by(NOW))).codes.length, 2)
  const other = await post({ roles: ['host', 'guest'] }, { token: 'software-token-0123456789abcdefgh' })
  assert.is.not(other.json().room, first.json().room)
  // The last ones are made of a name and of the time (RFC 9562): whoever knows how could make them again.
  for (const key of ['', 'appointment 4711', 'ü', `${KEY}0`, KEY.replace(/-4/, '-5'), KEY.replace(/-4/, '-7')]) {
    const response = await call('POST', '/v1/codes', { body: {}, headers: { 'idempotency-key': key } })
    assert.match(problem(response, 400, 'bad_message').detail ?? '', 'headers.idempotency-key')
  }
})

test('whatever breaks the schema of a mint request is refused by field, and mints nothing', async () => {
  const { call, record } = await openRest()
  const bad: [unknown, RegExp][] = [
    [undefined, /^body must be object/],
    [null, /^body must be object/],
    [[], /^body must be object/],
    ['"text"', /^body must be object/],
    [{ romo: 'r1' }, /^body\.romo is not a known field/],
    [{ '<script>': 1 }, /^body has an unknown field$/],
    [{ room: '' }, /^body\.room /],
    [{ room: '.hidden' }, /^body\.room /],
    [{ room: 'a b' }, /^body\.room /],
    [{ room: 'r'.repeat(65) }, /^body\.room /],
    [{ room: 5 }, /^body\.room must be string/],
    [{ roles: 'guest' }, /^body\.roles must be array/],
    [{ roles: [] }, /^body\.roles /],
    [{ roles: ['nurse'] }, /^body\.roles\.0 must be guest, host or staff$/],
    [{ roles: Array(10).fill('guest') }, /^body\.roles /],
    [{ notBefore: '2026-03-02T10:00' }, /^body\.notBefore must be integer/],
    [{ notBefore: String(NOW) }, /^body\.notBefore must be integer/],
    [{ expiresAt: NOW + 0.5 }, /^body\.expiresAt must be integer/],
    [{ expiresAt: -1 }, /^body\.expiresAt /],
    [{ expiresAt: null }, /^body\.expiresAt must be integer/],
    [{ guests: 0 }, /^body\.guests /],
    [{ guests: 9 }, /^body\.guests /],
    [{ guests: '2' }, /^body\.guests must be integer/],
    [{ reference: '=1+1' }, /^body\.reference /],
    [{ reference: 'a,b' }, /^body\.reference /],
    [{ reference: 'a\nb' }, /^body\.reference /],
    [{ reference: 'r'.repeat(65) }, /^body\.reference /],
  ]
  for (const [body, detail] of bad) {
    const answer = problem(await call('POST', '/v1/codes', { body }), 400, 'bad_message')
    assert.match(answer.detail ?? '', detail)
  }
  assert.equal((await record.listCodes({ limit: 9 }, by(NOW))).codes, [])
})

test('R32: no answer but that of minting holds a code', async () => {
  const { call, mint } = await openRest()
  const { codes } = await mint({ room: 'r1', roles: ['host', 'guest'] })
  for (const url of ['/v1/codes', `/v1/codes/${codes[0]?.id}`, '/v1/rooms/r1', '/v1/sessions']) {
    const { body } = await call('GET', url)
    for (const { code } of codes) {
      assert.not.ok(body.includes(code))
      assert.not.ok(body.includes(code.replaceAll('-', '')))
    }
  }
})

test('a code is read by its id, with its status', async () => {
  const { call, mint, state } = await openRest()
  const { codes } = await mint({ room: 'r1', reference: 'case-7' })
  const { id } = codes[0] ?? { id: '' }
  const expected = {
    id,
    room: 'r1',
    role: 'guest',
    status: 'valid',
    notBefore: NOW,
    expiresAt: NOW + DAY,
    createdAt: NOW,
    revokedAt: null,
    reference: 'case-7',
    guests: 1,
  }
  assert.equal((await call('GET', `/v1/codes/${id}`)).json(), expected)
  state.now = NOW + DAY
  assert.equal((await call('GET', `/v1/codes/${id}`)).json(), { ...expected, status: 'expired' })
  problem(await call('GET', '/v1/codes/nothing'), 404, 'code_unknown')
})

test('codes are listed in pages, by room and status', async () => {
  const { call, mint } = await openRest()
  await mint({ room: 'a', roles: ['host', 'guest', 'guest'] })
  await mint({ room: 'b', notBefore: NOW + HOUR })
  const list = async (query: string) => (await call('GET', `/v1/codes?${query}`)).json()
  const first = await list('room=a&limit=2')
  assert.equal([first.codes.length, first.next], [2, first.codes[1].id])
  const second = await list(`room=a&limit=2&after=${first.next}`)
  assert.equal([second.codes.length, second.next], [1, null])
  assert.equal(
    (await list('status=early')).codes.map(({ room }: { room: string }) => room),
    ['b'],
  )
  assert.is((await list('')).codes.length, 4)
})

test('a query that breaks the schema is refused by field', async () => {
  const { call } = await openRest()
  const bad: [string, RegExp][] = [
    ['limit=0', /^query\.limit /],
    ['limit=501', /^query\.limit /],
    ['limit=1.5', /^query\.limit must be integer/],
    ['limit=', /^query\.limit must be integer/],
    ['limit=1&limit=2', /^query\.limit must be integer/],
    ['status=open', /^query\.status /],
    ['room=a%20b', /^query\.room /],
    ['room=a&room=b', /^query\.room must be string/],
    ['sort=room', /^query\.sort is not a known field/],
  ]
  for (const [query, detail] of bad) {
    const answer = problem(await call('GET', `/v1/codes?${query}`), 400, 'bad_message')
    assert.match(answer.detail ?? '', detail)
  }
  problem(await call('GET', '/v1/sessions?from=yesterday'), 400, 'bad_message')
})

test('an appointment is moved, within the same rules; a revoked code cannot be moved', async () => {
  const { call, mint } = await openRest()
  const { codes } = await mint()
  const url = `/v1/codes/${codes[0]?.id}`
  const patch = (body: unknown) => call('PATCH', url, { body })
  const moved = await patch({ notBefore: NOW + HOUR, expiresAt: NOW + 2 * HOUR })
  assert.is(moved.statusCode, 200)
  const { status, notBefore, expiresAt } = moved.json()
  assert.equal([status, notBefore, expiresAt], ['early', NOW + HOUR, NOW + 2 * HOUR])
  problem(await patch({ notBefore: NOW + 2 * HOUR }), 400, 'window_invalid')
  for (const body of [{}, { room: 'r2' }, { expiresAt: 'soon' }, []]) problem(await patch(body), 400, 'bad_message')
  problem(await call('PATCH', '/v1/codes/nothing', { body: { notBefore: NOW } }), 404, 'code_unknown')
  await call('DELETE', url)
  problem(await patch({ notBefore: NOW }), 409, 'code_revoked')
})

test('a revoked code is worthless at once and its seat is closed; again: no effect', async () => {
  const { call, mint, record, revoked } = await openRest()
  const { codes } = await mint()
  const { id, code } = codes[0] ?? { id: '', code: '' }
  for (const time of ['first', 'again']) {
    const response = await call('DELETE', `/v1/codes/${id}`)
    assert.equal([response.statusCode, response.body], [204, ''], time)
  }
  assert.is(revoked[0], id)
  assert.is((await call('GET', `/v1/codes/${id}`)).json().revokedAt, NOW)
  assert.throws(
    () => record.checkCode(code, NOW),
    (fault: { code: string }) => fault.code === 'code_revoked',
  )
  problem(await call('DELETE', '/v1/codes/nothing'), 404, 'code_unknown')
  assert.not.ok(revoked.includes('nothing'))
})

test('a room shows who is where right now, without names and ids, whatever the conversation hands over', async () => {
  const { call, state } = await openRest()
  const seat = { awaySince: null, since: NOW, came: NOW }
  state.rooms.r1 = {
    name: 'r1',
    session: { id: 's1', start: NOW, began: NOW, ...{ codes: ['canary'] } },
    seats: [
      { ...seat, role: 'host', state: 'admitted', awaySince: 1 },
      { ...seat, role: 'guest', state: 'admitted' },
      { ...seat, role: 'guest', state: 'waiting', ...{ name: 'Canary', peer: 'canary' } },
      { ...seat, role: 'guest', state: 'waiting' },
    ],
  }
  const response = await call('GET', '/v1/rooms/r1')
  const { peers, ...room } = response.json()
  assert.equal(room, { room: 'r1', host: 'away', waiting: 2, admitted: 1, session: { id: 's1', start: NOW } })
  assert.equal(peers[0], { role: 'host', state: 'admitted', present: false, since: NOW })
  assert.is(peers.length, 4)
  assert.not.match(response.body, /canary/i)
})

test('a room where nobody is is empty if a code leads there, and otherwise not found', async () => {
  const { call, mint } = await openRest()
  await mint({ room: 'r1' })
  const empty = { room: 'r1', host: 'absent', waiting: 0, admitted: 0, session: null, peers: [] }
  assert.equal((await call('GET', '/v1/rooms/r1')).json(), empty)
  problem(await call('GET', '/v1/rooms/r2'), 404, 'not_found')
  problem(await call('GET', `/v1/rooms/${'r'.repeat(500)}`), 404, 'not_found')
})

test.run()
