/** The sweeper: when what is kept is deleted, that no byte of it is left, and what it says when it cannot. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { random } from '../scripts/fuzz/random.ts'
import { emptyLog, openFile } from '../src/record/database.ts'
import { createPartitions, openPartitions } from '../src/record/partitions.ts'
import type { RecordStore } from '../src/record/record.ts'
import { sessionKind } from '../src/record/sessions.ts'
import {
  by,
  bytesIn,
  DAY,
  elsewhere,
  endedSession,
  HOUR,
  keepSessions,
  NOW,
  newSession,
  openIn,
  readElsewhere,
  refused,
  tempFolder,
} from './record-support.ts'

const CAP = 88 * DAY - HOUR
const RETENTION = 30 * DAY
/** The day on which the last session of NOW's day is due is over. */
const DAY_OVER = NOW + RETENTION + DAY

const seen = async (record: RecordStore, now: number) => (await record.listSessions({ limit: 500 }, by(now))).sessions

test('R33: nobody sees a session once its retention is over, and with the end of that day it is deleted', async () => {
  const record = await openIn(tempFolder())
  const midnight = Date.UTC(2026, 2, 2)
  const starts = [midnight, NOW, midnight + DAY - 1, midnight + DAY]
  await keepSessions(record, [
    ...starts.map((start) => endedSession(record, { start, end: start })),
    newSession(record),
  ])
  const count = async (now: number) => (await seen(record, now)).length
  assert.equal([await count(midnight + RETENTION - 1), await count(midnight + RETENTION)], [5, 4])
  assert.is((await record.sweep(midnight + DAY - 2 + RETENTION)).deleted, 0)
  assert.is((await record.sweep(midnight + DAY - 1 + RETENTION)).deleted, 3)
  assert.is(await count(midnight + DAY + RETENTION - 1), 1)
})

test('a session that runs is not deleted, however long ago a clock says it began: its end, which comes with its seats, is', async () => {
  const record = await openIn(tempFolder())
  const running = newSession(record)
  await keepSessions(record, [running])
  assert.is((await record.sweep(NOW + RETENTION + DAY)).deleted, 0)
  assert.is((await record.restore()).sessions[0]?.id, running.id)
  await record.persist([{ change: 'session', session: { ...running, end: NOW + RETENTION, reason: 'expired' } }])
  assert.is((await record.sweep(NOW + RETENTION + DAY)).deleted, 1)
  assert.equal((await record.restore()).sessions, [])
})

test('R36: a code is unknown one day after it expired, or at the cap if that is sooner, and deleted with that day', async () => {
  const record = await openIn(tempFolder())
  const mint = async (expiresAt: number) => (await record.mint({ roles: ['guest'], expiresAt }, by(NOW))).codes[0]
  const [short, long] = [await mint(NOW + HOUR), await mint(NOW + CAP)]
  const ids = async (now: number) => (await record.listCodes({ limit: 9 }, by(now))).codes.map(({ id }) => id)
  await refused('code_expired', () => record.checkCode(short?.symbols ?? '', NOW + HOUR + DAY - 1))
  await refused('code_unknown', () => record.checkCode(short?.symbols ?? '', NOW + HOUR + DAY))
  await refused('code_unknown', () => record.getCode(short?.id ?? '', by(NOW + HOUR + DAY)))
  assert.equal([(await ids(NOW + HOUR + DAY - 1)).length, await ids(NOW + HOUR + DAY)], [2, [long?.id]])
  assert.equal([(await ids(NOW + CAP - 1)).length, await ids(NOW + CAP)], [1, []])
  assert.is((await record.sweep(NOW + HOUR + DAY)).deleted, 0)
  assert.is((await record.sweep(NOW + HOUR + 2 * DAY)).deleted, 1)
  // R33: an hour for the sweep and a day for its table more are the shortest three months.
  assert.equal(
    [(await record.sweep(NOW + 89 * DAY - HOUR)).deleted, await ids(NOW)],
    [3, []],
    'and what the audit says of both',
  )
})

test('R34: what a sweep deleted is in no file of the data folder, neither before nor after closing', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const rows = Array.from({ length: 50 }, (_, count) =>
    endedSession(record, { room: `canary-room-${count}`, reference: `canary-ref-${count}` }),
  )
  await keepSessions(record, rows)
  await record.mint({ room: 'canary-code', roles: ['guest'], reference: 'canary-case' }, by(NOW))
  assert.ok(bytesIn(folder).includes('canary'))
  assert.is((await record.sweep(DAY_OVER)).remaining, false)
  assert.not.ok(bytesIn(folder).includes('canary'))
  await record.close()
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R34: a seat that was given up is in no file after the next sweep, although nothing else was due', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  const seat = { peer: 'canary-peer', room: 'canary-room', role: 'guest', state: 'waiting', code: 'c' } as const
  const more = { since: NOW, turn: 0, guests: 1, reference: 'canary-reference', token: 'h', epoch: 1, lastId: 0 }
  await record.sweep(NOW)
  await record.persist([{ change: 'seat', seat: { ...seat, ...more } }])
  await record.persist([{ change: 'gone', peer: seat.peer }])
  assert.ok(bytesIn(folder).includes('canary'), 'the log still holds it')
  await record.sweep(NOW)
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R34: however rows come and go, no byte of a deleted one is left, not even in the gaps of the pages', () => {
  for (const seed of [1, 2]) {
    const folder = tempFolder()
    const path = join(folder, 'wartezimmer.db')
    const db = openFile(path, { exclusive: false })
    createPartitions(db, sessionKind)
    const days = openPartitions(db, sessionKind)
    const { below } = random(seed)
    const living = new Map<string, { id: string; day: number }>()
    let count = 0
    const add = (day: number) => {
      const mark = `<${seed}-${count++}>`
      const id = randomUUID()
      living.set(mark, { id, day })
      db.prepare(`INSERT INTO ${days.tableFor(NOW + day * DAY, null)} VALUES (?, ?, 0, 0, 2, NULL, ?)`).run(
        id,
        // Long enough now and then for a page of its own, and in an index, too.
        `${mark}${'x'.repeat(below(20) === 0 ? 6000 : below(300))}`,
        `${mark}${'y'.repeat(below(300))}`,
      )
    }
    const look = () => {
      assert.is(emptyLog(db), true)
      const marks = new Set(
        bytesIn(folder)
          .toString('latin1')
          .match(/<\d-\d+>/g),
      )
      assert.equal([...living.keys()].filter((mark) => !marks.has(mark)).slice(0, 3), [], 'it finds what is there')
      assert.equal([...marks].filter((mark) => !living.has(mark)).slice(0, 3), [])
    }
    for (let round = 0; round < 8; round++) {
      // Some thousands in one transaction, and some one by one, each with a log of its own.
      db.transaction(() => {
        for (let row = 0; row < 1500; row++) add(round + below(4))
      })()
      for (let row = 0; row < 20; row++) add(round + below(4))
      for (const [mark, { id }] of [...living].filter(() => below(400) === 0)) {
        db.transaction(() => days.erase(id, { rooms: '' }))()
        living.delete(mark)
      }
      look()
      db.transaction(() => days.dropBefore(NOW + (round + 1) * DAY))()
      for (const [mark, { day }] of living) if (day <= round) living.delete(mark)
      look()
    }
    assert.ok(readFileSync(path).length > 1e6)
    db.close()
  }
})

test('days are deleted one at a time, so that others get their turn', () => {
  const db = openFile(join(tempFolder(), 'wartezimmer.db'), { exclusive: false })
  createPartitions(db, sessionKind)
  const days = openPartitions(db, sessionKind)
  for (const day of [0, 0, 2])
    db.prepare(`INSERT INTO ${days.tableFor(NOW + day * DAY, null)} VALUES (?, '', 0, 0, 2, NULL, NULL)`).run(
      randomUUID(),
    )
  const deleted = Array.from({ length: 4 }, () => days.dropBefore(NOW + 9 * DAY))
  assert.equal(deleted, [2, 1, undefined, undefined])
  db.close()
})

/** A record with a session in it, while another program is reading the database. */
async function openWithReader() {
  const folder = tempFolder()
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record, { room: 'canary' })])
  await record.sweep(NOW)
  return { folder, record, reader: readElsewhere(folder) }
}

test('R34: with an open reader deleted rows remain in the log; the sweep says so, and the next try wipes', async () => {
  const { folder, record, reader } = await openWithReader()
  assert.equal(await record.sweep(DAY_OVER), { deleted: 1, remaining: true })
  assert.equal(record.sweepState(), { lastSuccess: DAY_OVER, failing: false, remaining: true })
  await record.retry()
  assert.ok(bytesIn(folder).includes('canary'))
  reader.close()
  await record.retry()
  assert.equal(record.sweepState(), { lastSuccess: DAY_OVER, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R35: who still reads the database at the next sweep makes it fail, until it is let go', async () => {
  const { folder, record, reader } = await openWithReader()
  await record.sweep(DAY_OVER)
  const { remaining, failed } = await record.sweep(DAY_OVER + HOUR)
  assert.is(remaining, true)
  assert.instance(failed, Error)
  assert.equal(record.sweepState(), { lastSuccess: DAY_OVER, failing: true, remaining: true })
  await record.retry()
  assert.is(record.sweepState().failing, true)
  reader.close()
  await record.retry()
  assert.equal(record.sweepState(), { lastSuccess: DAY_OVER + HOUR, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test('R35: a sweep that fails says so, throws nothing, and is made up for later; erasing does not hide it', async () => {
  const folder = tempFolder()
  const record = await openIn(folder)
  await keepSessions(record, [endedSession(record, { room: 'canary' })])
  const { codes } = await record.mint({ roles: ['guest'], expiresAt: NOW + 50 * DAY }, by(NOW))
  assert.equal(record.sweepState(), { lastSuccess: null, failing: false, remaining: false })
  await record.sweep(NOW)
  // Where a view asks for something that is not there SQLite changes the name of no table, nor drops one.
  elsewhere(folder, (db) => db.exec('DROP VIEW sessions; CREATE TABLE sessions (id TEXT, day INTEGER)'))
  const { failed, deleted } = await record.sweep(DAY_OVER)
  assert.is((failed as { code?: string }).code, 'SQLITE_ERROR')
  assert.is(deleted, 0)
  assert.equal(record.sweepState(), { lastSuccess: NOW, failing: true, remaining: true })
  await record.retry()
  assert.is(await record.eraseCode(codes[0]?.id ?? '', by(NOW)), true, 'the code itself is wiped')
  assert.equal(record.sweepState(), { lastSuccess: NOW, failing: true, remaining: true })
  elsewhere(folder, (db) => db.exec('DROP TABLE sessions; CREATE VIEW sessions AS SELECT 0 AS day, * FROM sessions_0'))
  assert.is((await record.sweep(DAY_OVER)).failed, undefined)
  assert.equal(record.sweepState(), { lastSuccess: DAY_OVER, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
})

test.run()
