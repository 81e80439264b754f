/** Data protection over REST: the audit, erasing a code, and the data inventory. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesIn, endedSession, keepSessions, NOW, readElsewhere } from './record-support.ts'
import { openRest, problem } from './rest-support.ts'

test('R40: the audit says which token did what to which id, and reading it is no line of its own', async () => {
  const { call, mint, record } = await openRest()
  const { codes } = await mint({ roles: ['host', 'guest'], reference: 'case-7' })
  const session = endedSession(record)
  await keepSessions(record, [session])
  const [host, guest] = codes.map(({ id }) => id)
  await call('PATCH', `/v1/codes/${guest}`, {
    body: { expiresAt: NOW + 1000 },
    token: 'software-token-0123456789abcdefgh',
  })
  await call('DELETE', `/v1/codes/${host}?erase=true`)
  await call('GET', '/v1/sessions')
  await call('DELETE', `/v1/sessions/${session.id}`)
  for (const refused of ['/v1/sessions/nobody', '/v1/codes/nobody']) await call('DELETE', refused)
  await call('GET', '/v1/audit')
  const { entries, next } = (await call('GET', '/v1/audit')).json()
  assert.is(next, null)
  assert.equal(
    entries.map(({ at, admin, action, target }: Record<string, unknown>) => [at, admin, action, target]),
    [
      [NOW, 'practice', 'mint_code', host],
      [NOW, 'practice', 'mint_code', guest],
      [NOW, 'software', 'move_code', guest],
      [NOW, 'practice', 'revoke_code', host],
      [NOW, 'practice', 'erase_code', host],
      [NOW, 'practice', 'read_sessions', null],
      [NOW, 'practice', 'erase_session', session.id],
    ],
  )
  const page = (await call('GET', '/v1/audit?limit=2')).json()
  assert.equal((await call('GET', `/v1/audit?limit=9&after=${page.next}`)).json().entries, entries.slice(2))
  assert.equal((await call('GET', `/v1/audit?from=${NOW + 1}`)).json().entries, [])
})

test('R38: a code is erased at once: its seat is closed, its row is in no file, and it is unknown', async () => {
  const { call, mint, revoked, folder } = await openRest()
  const { codes } = await mint({ room: 'canary' })
  const url = `/v1/codes/${codes[0]?.id}`
  problem(await call('DELETE', `${url}?erase=maybe`), 400, 'bad_message')
  assert.equal(revoked, [])
  const response = await call('DELETE', `${url}?erase=true`)
  assert.equal([response.statusCode, response.body], [204, ''])
  assert.equal(revoked, [codes[0]?.id])
  assert.not.ok(bytesIn(folder).includes('canary'))
  problem(await call('GET', url), 404, 'code_unknown')
  problem(await call('DELETE', `${url}?erase=true`), 404, 'code_unknown')
})

test('R34: while another program reads the database, an erasure is answered with 202 and /readyz says why', async () => {
  const { call, mint, record, folder } = await openRest()
  const { codes } = await mint({ room: 'canary' })
  const reader = readElsewhere(folder)
  assert.is((await call('DELETE', `/v1/codes/${codes[0]?.id}?erase=true`)).statusCode, 202)
  const wiped = async () => (await call('GET', '/readyz', { token: null })).json().wiped
  assert.is(await wiped(), false)
  reader.close()
  await record.retry()
  assert.is(await wiped(), true)
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R37: the inventory says of everything that is kept what for, on what ground, from when and until when', async () => {
  const { call } = await openRest()
  const { inventory } = (await call('GET', '/v1/inventory')).json()
  const tables = inventory.filter(({ where }: { where: string }) => where === 'database')
  assert.equal(
    tables.map(({ name }: { name: string }) => name),
    ['sessions', 'codes', 'code_key', 'seats', 'audit', 'minted', 'deletions', 'process'],
  )
  for (const { columns, ...facts } of inventory) {
    for (const text of [...Object.values(facts), ...Object.values(columns)]) assert.match(text as string, /\S/)
  }
  assert.match(tables[0].deleted, /^30 Tage/)
  problem(await call('GET', '/v1/inventory', { token: null }), 401, 'unauthorized')
})

test('R92: the deletion log is JSON, and CSV with the same columns and times in ISO 8601; reading it is no line of the audit', async () => {
  const { call, mint, record } = await openRest()
  const { codes } = await mint()
  await record.sweep(NOW)
  await call('DELETE', `/v1/codes/${codes[0]?.id}?erase=true`)
  const { deletions, next } = (await call('GET', '/v1/deletions')).json()
  assert.is(next, null)
  const columns = ['id', 'day', 'cause', 'kind', 'first', 'last', 'runs', 'failed', 'deleted', 'until', 'wiped']
  for (const line of deletions) assert.equal(Object.keys(line), columns)
  const { id, ...erased } = deletions.at(-1)
  assert.equal(erased, {
    ...{ day: '2026-03-02', cause: 'request', kind: 'codes', first: NOW, last: NOW, runs: 1, failed: 0 },
    ...{ deleted: 1, until: null, wiped: true },
  })
  const response = await call('GET', '/v1/deletions', { headers: { accept: 'text/csv' } })
  assert.match(response.headers['content-type'] as string, /^text\/csv; charset=utf-8/)
  const rows = response.body.split('\r\n')
  assert.is(rows[0], columns.join(','))
  const at = '2026-03-02T09:00:00.000Z'
  assert.match(rows[1] ?? '', `,2026-03-02,sweep,codes,${at},${at},1,0,0,2026-03-02,true`)
  assert.is(rows[4], `${id},2026-03-02,request,codes,${at},${at},1,0,1,,true`)
  const page = await call('GET', '/v1/deletions?limit=3', { headers: { accept: 'text/csv' } })
  const link = /^<(.+)>; rel="next"$/.exec(String(page.headers.link))?.[1] ?? ''
  assert.equal((await call('GET', link)).json().deletions, deletions.slice(3))
  problem(await call('GET', '/v1/deletions', { headers: { accept: 'text/html' } }), 406, 'not_acceptable')
  problem(await call('GET', '/v1/deletions', { token: null }), 401, 'unauthorized')
  const { entries } = (await call('GET', '/v1/audit')).json()
  assert.equal(
    entries.map(({ action }: { action: string }) => action),
    ['mint_code', 'revoke_code', 'erase_code'],
  )
})

test.run()
