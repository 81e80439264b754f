/** The connection record over REST: JSON, CSV, pages, erasing; and what orchestrators ask. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesIn, DAY, endedSession, keepSessions, NOW } from './record-support.ts'
import { openRest, problem } from './rest-support.ts'

const COLUMNS = ['id', 'room', 'start', 'end', 'duration', 'participants', 'reason', 'reference']

async function withSessions() {
  const opened = await openRest()
  const { record } = opened
  const [ended, running] = [record.newId(NOW), record.newId(NOW + DAY)]
  await keepSessions(record, [
    {
      id: ended,
      room: 'r1',
      start: NOW,
      end: NOW + 1_800_999,
      participants: 3,
      reason: 'ended',
      reference: 'case-7, case-8',
    },
    { id: running, room: 'r2', start: NOW + DAY, end: null, participants: 2, reason: null, reference: null },
  ])
  return { ...opened, ended, running }
}

test('R39: the record is JSON with exactly its fields, duration in whole seconds', async () => {
  const { call, ended, running } = await withSessions()
  const response = await call('GET', '/v1/sessions')
  assert.match(response.headers['content-type'] as string, /^application\/json/)
  const { sessions, next } = response.json()
  assert.is(next, null)
  const first = { id: ended, room: 'r1', start: NOW, end: NOW + 1_800_999, duration: 1800, participants: 3 }
  assert.equal(sessions[0], { ...first, reason: 'ended', reference: 'case-7, case-8' })
  const second = { id: running, room: 'r2', start: NOW + DAY, end: null, duration: null, participants: 2 }
  assert.equal(sessions[1], { ...second, reason: null, reference: null })
  for (const session of sessions) assert.equal(Object.keys(session), COLUMNS)
})

test('R39: the record is CSV with the same columns, times in ISO 8601, after RFC 4180', async () => {
  const { call, ended, running } = await withSessions()
  const response = await call('GET', '/v1/sessions', { headers: { accept: 'text/csv' } })
  assert.match(response.headers['content-type'] as string, /^text\/csv; charset=utf-8/)
  assert.is(
    response.body,
    `${COLUMNS.join(',')}\r\n` +
      `${ended},r1,2026-03-02T09:00:00.000Z,2026-03-02T09:30:00.999Z,1800,3,ended,"case-7, case-8"\r\n` +
      `${running},r2,2026-03-03T09:00:00.000Z,,,2,,\r\n`,
  )
})

test('Accept decides between JSON and CSV; anything else is not acceptable', async () => {
  const { call } = await withSessions()
  const type = async (accept: string) =>
    String((await call('GET', '/v1/sessions', { headers: { accept } })).headers['content-type']).split(';')[0]
  assert.is(await type('*/*'), 'application/json')
  assert.is(await type('text/*'), 'text/csv')
  assert.is(await type('application/json;q=0.5, text/csv'), 'text/csv')
  assert.is(await type('text/html, */*;q=0.1'), 'application/json')
  problem(await call('GET', '/v1/sessions', { headers: { accept: 'text/html' } }), 406, 'not_acceptable')
})

test('sessions are filtered by room and start, in pages; the Link header leads on, for CSV too', async () => {
  const { call, ended, running } = await withSessions()
  const list = async (query: string) =>
    (await call('GET', `/v1/sessions?${query}`)).json().sessions.map(({ id }: { id: string }) => id)
  assert.equal(await list('room=r2'), [running])
  assert.equal(await list(`from=${NOW}&to=${NOW + DAY}`), [ended])
  assert.equal(await list(`from=${NOW + 1}`), [running])
  const page = await call('GET', `/v1/sessions?limit=1&from=${NOW}`, { headers: { accept: 'text/csv' } })
  const link = /^<(.+)>; rel="next"$/.exec(String(page.headers.link))?.[1] ?? ''
  const next = await call('GET', link)
  assert.equal(
    next.json().sessions.map(({ id }: { id: string }) => id),
    [running],
  )
  assert.is(next.headers.link, undefined)
})

test('R38: an erased session is gone at once, also on disk; a second time it is not found', async () => {
  const { call, folder, record } = await withSessions()
  const session = endedSession(record, { room: 'canary' })
  await keepSessions(record, [session])
  const response = await call('DELETE', `/v1/sessions/${session.id}`)
  assert.equal([response.statusCode, response.body], [204, ''])
  assert.not.ok(bytesIn(folder).includes('canary'))
  problem(await call('DELETE', `/v1/sessions/${session.id}`), 404, 'not_found')
})

test('the process says that it lives, without a token', async () => {
  const { call } = await openRest()
  const response = await call('GET', '/healthz', { token: null })
  assert.equal([response.statusCode, response.json()], [200, { status: 'ok' }])
})

test('R25, R35: the server is not ready while it stops, nor while it cannot delete', async () => {
  let failing = false
  const opened = await openRest()
  const record = { ...opened.record, sweepState: () => ({ lastSuccess: NOW, failing, remaining: failing }) }
  const { call, state } = await openRest({ record })
  const ready = async () => {
    const response = await call('GET', '/readyz', { token: null })
    return [response.statusCode, response.json()]
  }
  const steady = { clockDisagreesBySeconds: 0 }
  assert.equal(await ready(), [200, { status: 'ready', wiped: true, lastSweep: NOW, ...steady }])
  failing = true
  assert.equal(await ready(), [503, { status: 'sweep_failing', wiped: false, lastSweep: NOW, ...steady }])
  state.ready = false
  assert.equal(await ready(), [503, { status: 'stopping', wiped: false, lastSweep: NOW, ...steady }])
})

test.run()
