/** The deletion log: what it says of each run, also of an empty or failed one, and for how long it is kept. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Deletion } from '../src/record/deletions.ts'
import type { RecordStore } from '../src/record/record.ts'
import {
  by,
  bytesIn,
  DAY,
  elsewhere,
  endedSession,
  HOUR,
  keepSessions,
  NOW,
  openIn,
  readElsewhere,
  refused,
  tempFolder,
} from './record-support.ts'

const RETENTION = 30 * DAY
const dayOf = (instant: number) => new Date(instant).toISOString().slice(0, 10)

const log = async (record: RecordStore, given: { from?: number; to?: number } = {}): Promise<Deletion[]> =>
  (await record.listDeletions({ limit: 500, ...given })).deletions

/** The lines as `kind cause: deleted`, with what else is asked for. */
const short = (lines: readonly Deletion[], ...more: (keyof Deletion)[]) =>
  lines.map((line) => [`${line.kind} ${line.cause}: ${line.deleted}`, ...more.map((name) => line[name])])

test('R92: an empty run leaves a line for each kind, and further runs of the day are counted in it', async () => {
  const record = await openIn(tempFolder())
  for (const hour of [0, 1, 2]) await record.sweep(NOW + hour * HOUR)
  const lines = await log(record)
  assert.equal(short(lines, 'runs', 'failed', 'wiped', 'until'), [
    ['codes sweep: 0', 3, 0, true, dayOf(NOW)],
    ['sessions sweep: 0', 3, 0, true, dayOf(NOW - RETENTION)],
    ['audit sweep: 0', 3, 0, true, dayOf(NOW - RETENTION)],
  ])
  for (const { day, first, last } of lines) assert.equal([day, first, last], [dayOf(NOW), NOW, NOW + 2 * HOUR])
  await record.sweep(NOW + DAY)
  assert.equal(
    (await log(record)).map(({ day, runs }) => `${day} ${runs}`),
    [...Array(3).fill(`${dayOf(NOW)} 3`), ...Array(3).fill(`${dayOf(NOW + DAY)} 1`)],
  )
})

test('R92: a run says how much of each kind it deleted, and from before which day nothing is left', async () => {
  const record = await openIn(tempFolder())
  await keepSessions(record, [
    endedSession(record),
    endedSession(record),
    endedSession(record, { start: NOW + DAY, end: NOW + DAY }),
  ])
  await record.mint({ roles: ['guest', 'host', 'guest'], expiresAt: NOW + HOUR }, by(NOW))
  const later = NOW + RETENTION + DAY
  await record.sweep(later)
  await record.sweep(later + HOUR)
  const lines = await log(record)
  assert.equal(short(lines, 'runs', 'until'), [
    ['codes sweep: 3', 2, dayOf(later)],
    ['sessions sweep: 2', 2, dayOf(NOW + DAY)],
    ['audit sweep: 3', 2, dayOf(NOW + DAY)],
  ])
  const { sessions } = await record.listSessions({ limit: 9 }, by(later))
  for (const { start } of sessions) assert.ok(dayOf(start) >= (lines[1]?.until ?? ''), 'as it says')
})

test('R92: what cannot be noted is not deleted, and the next run does both', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record)])
  await record.sweep(NOW)
  elsewhere(folder, (db) => db.exec("CREATE TRIGGER t BEFORE INSERT ON deletions BEGIN SELECT RAISE(ABORT, 'no'); END"))
  const later = NOW + RETENTION + DAY
  assert.ok((await record.sweep(later)).failed)
  assert.is(
    elsewhere(folder, (db) => db.prepare('SELECT count(*) FROM sessions').pluck().get()),
    1,
  )
  assert.is((await log(record, { from: later })).length, 0)
  elsewhere(folder, (db) => db.exec('DROP TRIGGER t'))
  await record.sweep(later)
  assert.equal(short(await log(record, { from: later }), 'runs', 'failed'), [
    ['sessions sweep: 1', 1, 0],
    ['codes sweep: 0', 1, 0],
    ['audit sweep: 0', 1, 0],
  ])
})

test('R92: a run that fails is counted as such, and says of no day that nothing is left', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record)])
  await record.sweep(NOW)
  elsewhere(folder, (db) => db.exec('DROP VIEW sessions; CREATE TABLE sessions (id TEXT, day INTEGER)'))
  const later = NOW + RETENTION + DAY
  assert.ok((await record.sweep(later)).failed)
  for (const { runs, failed, until, wiped } of await log(record, { from: later })) {
    assert.equal([runs, failed, until, wiped], [1, 1, null, false])
  }
  elsewhere(folder, (db) => db.exec('DROP TABLE sessions; CREATE VIEW sessions AS SELECT 0 AS day, * FROM sessions_0'))
  await record.sweep(later + HOUR)
  for (const { runs, failed, until, wiped } of await log(record, { from: later })) {
    assert.equal([runs, failed, typeof until, wiped], [2, 1, 'string', true])
  }
})

test('R92: while another program reads, the line says that the bytes are not gone; after the next try, that they are', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record, { room: 'canary' })])
  await record.sweep(NOW)
  const reader = readElsewhere(folder)
  const later = NOW + RETENTION + DAY
  await record.sweep(later)
  const wiped = async () => new Set((await log(record, { from: later })).map((line) => line.wiped))
  assert.equal([...(await wiped())], [false])
  assert.ok(bytesIn(folder).includes('canary'))
  reader.close()
  await record.retry()
  assert.equal([...(await wiped())], [true])
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R92: what was erased on request has a line of its own, without id, room, reference or admin', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const sessions = [endedSession(record, { room: 'canary', reference: 'canary' }), endedSession(record)]
  await keepSessions(record, sessions)
  const { codes } = await record.mint({ room: 'canary', roles: ['guest'] }, by(NOW, 'somebody'))
  const reader = readElsewhere(folder)
  await record.eraseCode(codes[0]?.id ?? '', by(NOW))
  assert.equal(short(await log(record), 'runs', 'until', 'wiped'), [['codes request: 1', 1, null, false]])
  reader.close()
  const [first, second] = sessions.map(({ id }) => id)
  assert.is(await record.eraseSession(first ?? '', by(NOW)), true)
  assert.equal(short(await log(record), 'wiped')[1], ['sessions request: 1', true])
  const again = readElsewhere(folder)
  assert.is(await record.eraseSession(second ?? '', by(NOW + HOUR)), false)
  assert.equal(short(await log(record), 'wiped')[1], ['sessions request: 2', false])
  again.close()
  await record.retry()
  await refused('not_found', () => record.eraseSession(sessions[0]?.id ?? '', by(NOW)))
  await refused('code_unknown', () => record.eraseCode(codes[0]?.id ?? '', by(NOW)))
  const lines = await log(record)
  assert.equal(short(lines, 'runs', 'until', 'wiped', 'last'), [
    ['codes request: 1', 1, null, true, NOW],
    ['sessions request: 2', 2, null, true, NOW + HOUR],
  ])
  const said = JSON.stringify(lines)
  for (const { id } of [...sessions, ...codes]) assert.not.match(said, id)
  assert.not.match(said, /canary|somebody|practice/)
})

test('R92: the log outlives a restart, and is kept to the end of the third year after its own', async () => {
  const folder = tempFolder()
  const first = await openIn(folder)
  const [newYear, fourth] = [Date.UTC(2027, 0, 1), Date.UTC(2030, 0, 1)]
  for (const now of [NOW, newYear - 1, newYear, fourth - 1]) await first.sweep(now)
  await first.close()
  const record = await openIn(folder)
  const days = async () => [...new Set((await log(record)).map(({ day }) => day))]
  assert.equal(await days(), ['2026-03-02', '2026-12-31', '2027-01-01', '2029-12-31'])
  await record.sweep(fourth)
  assert.equal(await days(), ['2027-01-01', '2029-12-31', '2030-01-01'])
  const own = (await log(record)).filter(({ kind }) => kind === 'deletions')
  assert.equal(short(own, 'day', 'until', 'wiped'), [['deletions sweep: 6', '2030-01-01', '2027-01-01', true]])
})

test('R92: hourly runs make three lines a day, which are read page by page', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  for (let day = 0; day < 4; day++)
    for (let hour = 0; hour < 24; hour++) await record.sweep(NOW + day * DAY + hour * HOUR)
  // From nine in the morning on these are parts of five days.
  assert.is((await log(record)).length, 15)
  const pages = []
  for (let after = '', next: string | null = ''; next !== null; after = next ?? '') {
    const page = await record.listDeletions({ limit: 4, after })
    pages.push(page.deletions.length)
    next = page.next
  }
  assert.equal(pages, [4, 4, 4, 3])
  const runs = (await log(record)).reduce((sum, line) => sum + line.runs, 0)
  assert.is(runs, 3 * 4 * 24)
})

test('a clock that was set back adds to the line of that day, and hides none', async () => {
  const record = await openIn(tempFolder())
  for (const now of [NOW, NOW + DAY, NOW - HOUR]) await record.sweep(now)
  const [line, ...others] = (await log(record)).filter(({ kind }) => kind === 'codes')
  assert.equal([line?.runs, line?.first, line?.last], [2, NOW - HOUR, NOW])
  assert.is(others.length, 1)
})

test.run()
