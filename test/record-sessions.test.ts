/** The connection record: what is kept of a session while it runs and afterwards, and how it is read. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionRecord } from '../src/contract/records.ts'
import type { RecordStore } from '../src/record/record.ts'
import {
  by,
  codeOf,
  DAY,
  elsewhere,
  endedSession,
  HOUR,
  keepSessions,
  NOW,
  newSession,
  openIn,
  refused,
  tempFolder,
} from './record-support.ts'

const kept = async (record: RecordStore) => (await record.listSessions({ limit: 500 }, by(NOW))).sessions

test('R39: a session is kept as it goes: begun, joined by another, ended with its duration', async () => {
  const record = await openIn(tempFolder())
  const begun = newSession(record, { reference: 'case-7' })
  await keepSessions(record, [begun])
  const { codes: _, cutOff: __, ...shown } = begun
  assert.equal(await kept(record), [{ ...shown, duration: null }])
  const ended = { ...shown, participants: 3, end: NOW + 61_999, reason: 'ended' as const, reference: 'case-7, case-8' }
  await keepSessions(record, [ended])
  assert.equal(await kept(record), [{ ...ended, duration: 61 }])
  // Whether or not it has been moved by now.
  await record.sweep(NOW)
  assert.equal(await kept(record), [{ ...ended, duration: 61 }])
})

test('sessions are kept all or none', async () => {
  const record = await openIn(tempFolder())
  const broken = newSession(record, { room: null as unknown as string })
  const keep = () => keepSessions(record, [newSession(record), broken])
  assert.is(await codeOf(keep), 'SQLITE_CONSTRAINT_NOTNULL')
  assert.equal(await kept(record), [])
})

test('R44: a clock that was set back makes no negative duration', async () => {
  const record = await openIn(tempFolder())
  await keepSessions(record, [newSession(record, { end: NOW - HOUR, reason: 'left' })])
  await record.sweep(NOW)
  assert.equal(
    (await kept(record)).map(({ end, duration }) => [end, duration]),
    [[NOW, 0]],
  )
})

test('R27: sessions that still ran are handed to the next process, with when the last one is known to have lived', async () => {
  const folder = tempFolder()
  const first = await openIn(folder)
  const running = newSession(first, { codes: ['c1', 'c2'], reference: 'case-7' })
  await keepSessions(first, [running, endedSession(first, { codes: ['c1'] })])
  await first.noteAlive(NOW, [])
  await first.noteAlive(NOW + 60_000, [])
  await first.close()
  const second = await openIn(folder)
  assert.equal(await second.restore(), { seats: [], sessions: [{ ...running, cutOff: NOW + 60_000 }] })
  await second.noteAlive(NOW + HOUR, [{ ...running, cutOff: NOW + 60_000 }])
  await second.close()
  const third = await openIn(folder)
  assert.is((await third.restore()).sessions[0]?.cutOff, NOW + 60_000, 'not both came back in between')
  await third.noteAlive(NOW + 2 * HOUR, [{ ...running, start: NOW - HOUR }])
  await third.close()
  const fourth = await openIn(folder)
  const [goesOn] = (await fourth.restore()).sessions
  assert.equal([goesOn?.start, goesOn?.cutOff], [NOW - HOUR, NOW + 2 * HOUR], 'it goes on, and the clock was set')
})

test('a process that lived by a wrong clock until just before is not believed to have outlived what begins by a right one', async () => {
  const folder = tempFolder()
  const first = await openIn(folder)
  await first.noteAlive(NOW + 3 * DAY, [])
  const session = newSession(first)
  await keepSessions(first, [session])
  await first.close()
  const second = await openIn(folder)
  assert.is((await second.restore()).sessions[0]?.cutOff, session.start)
})

test('a session that goes on when the clock was set, and before that is noted, has lasted as long as by the old clock', async () => {
  for (const set of [-3 * DAY, 3 * DAY]) {
    const folder = tempFolder()
    const first = await openIn(folder)
    const session = newSession(first)
    await keepSessions(first, [session])
    await first.noteAlive(NOW + 60_000, [])
    const start = NOW + set
    await keepSessions(first, [{ ...session, start, participants: 3 }])
    await first.close()
    const second = await openIn(folder)
    assert.is((await second.restore()).sessions[0]?.cutOff, start + 60_000)
  }
})

test('R61: a session that ended is kept once, however often the way into the record is cut', async () => {
  const folder = tempFolder()
  const first = await openIn(folder)
  const session = endedSession(first)
  const before = newSession(first, { end: NOW, reason: 'left' })
  await keepSessions(first, [before])
  await first.sweep(NOW)
  // Written there, but not forgotten here; and not even written there.
  const lock = elsewhere(folder, (db) => {
    const row = db.prepare('SELECT * FROM sessions_20260302').get() as object
    db.prepare(
      `INSERT INTO sessions_20260302 SELECT ?, room, started_at, ${session.end}, participants, reason, reference
       FROM sessions_20260302`,
    ).run(session.id)
    db.exec(
      "CREATE TRIGGER stuck BEFORE INSERT ON sessions_20260302 WHEN NEW.room = 'stuck' BEGIN SELECT RAISE(ABORT, 'stuck'); END",
    )
    return row
  })
  assert.ok(lock)
  const late = endedSession(first, { room: 'stuck' })
  await keepSessions(first, [session, late])
  await first.retry()
  assert.equal(
    (await kept(first)).map(({ id }) => id),
    [session.id, before.id, late.id],
    'what waits is shown as well',
  )
  await first.close()
  elsewhere(folder, (db) => db.exec('DROP TRIGGER stuck'))
  const second = await openIn(folder)
  assert.equal(await second.restore(), { seats: [], sessions: [] })
  assert.is((await second.sweep(NOW)).failed, undefined)
  const ids = elsewhere(folder, (db) => db.prepare('SELECT id FROM sessions').pluck().all())
  assert.equal(ids, [session.id, before.id, late.id])
})

test('sessions are listed by room and by start: from inclusive, to exclusive, page by page', async () => {
  const record = await openIn(tempFolder())
  // Some have ended and are in the record, some still run; over several days.
  const starts = [0, 1, DAY, DAY + 1, 3 * DAY]
  await keepSessions(
    record,
    starts.map((after, place) =>
      newSession(record, {
        start: NOW + after,
        room: place === 1 ? 'r2' : 'r1',
        ...(place % 2 === 0 && { end: NOW + after + HOUR, reason: 'left' as const }),
      }),
    ),
  )
  const list = async (filter: object) => {
    const { sessions, next } = await record.listSessions({ limit: 9, ...filter }, by(NOW + 4 * DAY))
    return { starts: sessions.map(({ start }) => start - NOW), next }
  }
  assert.equal((await list({})).starts, starts)
  assert.equal((await list({ room: 'r1' })).starts, [0, DAY, DAY + 1, 3 * DAY])
  assert.equal((await list({ from: NOW + 1, to: NOW + DAY + 1 })).starts, [1, DAY])
  assert.equal((await list({ room: 'r1', from: NOW + 1, to: NOW + 3 * DAY })).starts, [DAY, DAY + 1])
  assert.equal((await list({ from: NOW + 10 * DAY })).starts, [])
  const pages: number[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: Awaited<ReturnType<typeof list>> = await list({ limit: 2, after })
    pages.push(...page.starts)
    after = page.next
  }
  assert.equal(pages, starts)
})

test('R38: a running session is not erased, since its end would write it again', async () => {
  const record = await openIn(tempFolder())
  const running: SessionRecord = newSession(record)
  await keepSessions(record, [running])
  await refused('wrong_state', () => record.eraseSession(running.id, by(NOW)))
  await refused('not_found', () => record.eraseSession('nobody', by(NOW)))
  assert.is((await kept(record)).length, 1)
  await keepSessions(record, [{ ...running, end: NOW, reason: 'left' }])
  assert.is(await record.eraseSession(running.id, by(NOW)), true, 'also before it was moved')
  assert.equal(await kept(record), [])
})

test.run()
