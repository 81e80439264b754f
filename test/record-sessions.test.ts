/** The connection record and the sweeper: what is kept, for how long, and that it is gone afterwards. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionRecord } from '../src/contract/records.ts'
import {
  by,
  bytesIn,
  DAY,
  HOUR,
  keepSessions,
  NOW,
  openIn,
  readElsewhere,
  refused,
  tempFolder,
} from './record-support.ts'

const CAP = 88 * DAY - HOUR
const RETENTION = 30 * DAY

type Record = ReturnType<typeof openIn>

const session = (record: Record, given: Partial<SessionRecord> = {}): SessionRecord => ({
  id: record.newId(given.start ?? NOW),
  room: 'r1',
  start: NOW,
  end: null,
  codes: [],
  cutOff: null,
  participants: 2,
  reason: null,
  reference: null,
  ...given,
})

/** A seeded source of randomness in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const uuid = (random: () => number) => Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')

/** Read so late that the audit's lines of it are not due in any sweep here. */
const kept = (record: Record) => record.listSessions({ limit: 500 }, by(NOW + 1000 * DAY)).sessions

test('R39: a session is kept as it goes: begun, joined by another, ended with its duration', () => {
  const record = openIn(tempFolder())
  const begun = session(record, { reference: 'case-7' })
  keepSessions(record, [begun])
  const { codes: _, cutOff: __, ...shown } = begun
  assert.equal(kept(record), [{ ...shown, duration: null }])
  const ended = { ...shown, participants: 3, end: NOW + 61_999, reason: 'ended' as const, reference: 'case-7, case-8' }
  keepSessions(record, [ended])
  assert.equal(kept(record), [{ ...ended, duration: 61 }])
  record.close()
})

test('sessions are kept all or none', () => {
  const record = openIn(tempFolder())
  const broken = session(record, { room: null as unknown as string })
  assert.throws(() => keepSessions(record, [session(record), broken]))
  assert.equal(kept(record), [])
  record.close()
})

test('R44: a clock that was set back makes no negative duration', () => {
  const record = openIn(tempFolder())
  keepSessions(record, [session(record, { end: NOW - HOUR, reason: 'left' })])
  assert.equal(
    kept(record).map(({ end, duration }) => [end, duration]),
    [[NOW, 0]],
  )
  record.close()
})

test('R27: sessions that still ran are handed to the next process, with when the last one is known to have lived', () => {
  const folder = tempFolder()
  const first = openIn(folder)
  const running = session(first, { codes: ['c1', 'c2'], reference: 'case-7' })
  keepSessions(first, [running, session(first, { end: NOW + HOUR, reason: 'left', codes: ['c1'] })])
  first.noteAlive(NOW)
  first.noteAlive(NOW + 60_000)
  first.close()
  const second = openIn(folder)
  assert.equal(second.restore(), { seats: [], sessions: [{ ...running, cutOff: NOW + 60_000 }] })
  second.noteAlive(NOW + HOUR)
  second.close()
  const third = openIn(folder)
  assert.is(third.restore().sessions[0]?.cutOff, NOW + 60_000, 'nobody came back in between')
  third.close()
})

test('sessions are listed by room and by start: from inclusive, to exclusive, page by page', () => {
  const record = openIn(tempFolder())
  const starts = [NOW, NOW + 1, NOW + 2, NOW + 3]
  keepSessions(
    record,
    starts.map((start) => session(record, { start, room: start === NOW + 1 ? 'r2' : 'r1' })),
  )
  const list = (filter: object) =>
    record.listSessions({ limit: 9, ...filter }, by(NOW)).sessions.map(({ start }) => start - NOW)
  assert.equal(list({}), [0, 1, 2, 3])
  assert.equal(list({ room: 'r1' }), [0, 2, 3])
  assert.equal(list({ from: NOW + 1, to: NOW + 3 }), [1, 2])
  const first = record.listSessions({ limit: 3 }, by(NOW))
  const second = record.listSessions({ limit: 3, after: first.next ?? '' }, by(NOW))
  assert.equal([...first.sessions, ...second.sessions].length, 4)
  assert.is(second.next, null)
  record.close()
})

test('R33: a session is deleted exactly when its retention is over, whether or not it ended', async () => {
  const record = openIn(tempFolder())
  keepSessions(record, [session(record, { end: NOW + HOUR, reason: 'left' }), session(record)])
  assert.equal(await record.sweep(NOW + RETENTION - 1), { deleted: 0, remaining: false })
  assert.is(kept(record).length, 2)
  assert.equal(await record.sweep(NOW + RETENTION), { deleted: 2, remaining: false })
  assert.equal(kept(record), [])
  record.close()
})

test('R36: a code is deleted one day after it expired, or at the cap if that is sooner', async () => {
  const record = openIn(tempFolder())
  const { id: short } = record.mint({ roles: ['guest'], expiresAt: NOW + HOUR }, by(NOW)).codes[0] ?? { id: '' }
  const { id: long } = record.mint({ roles: ['guest'], expiresAt: NOW + CAP }, by(NOW)).codes[0] ?? { id: '' }
  const ids = () => record.listCodes({ limit: 9 }, NOW).codes.map(({ id }) => id)
  await record.sweep(NOW + HOUR + DAY - 1)
  assert.equal(ids(), [short, long])
  await record.sweep(NOW + HOUR + DAY)
  assert.equal(ids(), [long])
  await record.sweep(NOW + CAP - 1)
  assert.equal(ids(), [long])
  await record.sweep(NOW + CAP)
  assert.equal(ids(), [])
  record.close()
})

/** Lets no session be deleted, or those only for which a condition holds. @returns what undoes that */
function stickIn(folder: string, when = 'true') {
  const database = new Database(join(folder, 'wartezimmer.db'))
  database.exec(`CREATE TRIGGER stuck BEFORE DELETE ON sessions WHEN ${when} BEGIN SELECT RAISE(ABORT, 'stuck'); END`)
  return () => {
    database.exec('DROP TRIGGER stuck')
    database.close()
  }
}

/** A record in which many more sessions are due at NOW + RETENTION than one step deletes. */
function openWithBacklog() {
  const folder = tempFolder()
  const record = openIn(folder)
  const backlog = Array.from({ length: 5_000 }, (_, count) => session(record, { reference: `canary-${count}` }))
  keepSessions(record, backlog)
  return { folder, record }
}

test('R35: a backlog is deleted beside the server, which reads and writes meanwhile', async () => {
  const { folder, record } = openWithBacklog()
  const sweep = record.sweep(NOW + RETENTION)
  assert.is(record.sweep(NOW + RETENTION), sweep, 'a second sweep does not run beside the first')
  let done = false
  sweep.then(() => {
    done = true
  })
  const database = new Database(join(folder, 'wartezimmer.db'), { readonly: true })
  const due = database.prepare('SELECT count(*) FROM sessions WHERE started_at = ?').pluck()
  const seen: unknown[] = []
  while (!done) {
    const left = due.get(NOW)
    if (left !== seen.at(-1)) {
      seen.push(left)
      keepSessions(record, [session(record, { start: NOW + RETENTION })])
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  database.close()
  assert.ok(seen.length > 5, `it was seen at work: ${seen}`)
  assert.equal(await sweep, { deleted: 5_000, remaining: false })
  assert.is(kept(record).length, seen.length)
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: a large database is rewritten beside the server, although nothing is due', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const rows = Array.from({ length: 15_000 }, () => session(record))
  keepSessions(record, [...rows, session(record, { reference: 'canary', start: NOW - RETENTION })])
  const sweep = record.sweep(NOW)
  assert.ok(bytesIn(folder).includes('canary'), 'it is not done at once')
  assert.equal(await sweep, { deleted: 1, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: a record that is closed during a sweep stops it without a failure, and the next one goes on', async () => {
  const { folder, record } = openWithBacklog()
  const sweep = record.sweep(NOW + RETENTION)
  record.close()
  assert.is((await sweep).failed, undefined)
  const next = openIn(folder)
  const left = next.listSessions({ limit: 5_000 }, by(NOW + 1000 * DAY)).sessions.length
  assert.ok(left > 0, 'it did not run to its end')
  assert.equal(await next.sweep(NOW + RETENTION), { deleted: left, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
  next.close()
})

test('R35: a backlog that cannot be deleted fails the sweep with its code, and is made up for later', async () => {
  const { folder, record } = openWithBacklog()
  const release = stickIn(folder, "OLD.reference = 'canary-2500'")
  const { failed } = await record.sweep(NOW + RETENTION)
  assert.is((failed as { code?: string }).code, 'SQLITE_CONSTRAINT_TRIGGER')
  assert.equal(record.sweepState(), { lastSuccess: null, failing: true, remaining: true })
  release()
  assert.is((await record.sweep(NOW + RETENTION)).remaining, false)
  assert.equal(kept(record), [])
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R34: what a sweep deleted is in no file of the data folder, neither before nor after closing', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const rows = Array.from({ length: 50 }, (_, count) =>
    session(record, { room: `canary-room-${count}`, reference: `canary-ref-${count}` }),
  )
  keepSessions(record, rows)
  record.mint({ room: 'canary-code', roles: ['guest'], reference: 'canary-case' }, by(NOW))
  assert.ok(bytesIn(folder).includes('canary'))
  await record.sweep(NOW + RETENTION)
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
  assert.not.ok(bytesIn(folder).includes('canary'))
})

/** A record with a session in it, while another program is reading the database. */
async function openWithReader() {
  const folder = tempFolder()
  const record = openIn(folder)
  keepSessions(record, [session(record, { room: 'canary' })])
  await record.sweep(NOW)
  return { folder, record, reader: readElsewhere(folder) }
}

test('R34: with an open reader deleted rows remain in the log; the sweep says so, and the next try wipes', async () => {
  const { folder, record, reader } = await openWithReader()
  assert.equal(await record.sweep(NOW + RETENTION), { deleted: 1, remaining: true })
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION, failing: false, remaining: true })
  record.retryWipe()
  assert.ok(bytesIn(folder).includes('canary'))
  reader.close()
  record.retryWipe()
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: who still reads the database at the next sweep makes it fail, until it is let go', async () => {
  const { folder, record, reader } = await openWithReader()
  await record.sweep(NOW + RETENTION)
  const { remaining, failed } = await record.sweep(NOW + RETENTION + HOUR)
  assert.is(remaining, true)
  assert.instance(failed, Error)
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION, failing: true, remaining: true })
  reader.close()
  assert.equal(await record.sweep(NOW + RETENTION + 2 * HOUR), { deleted: 0, remaining: false })
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION + 2 * HOUR, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: a sweep that failed for a reader alone is whole as soon as the reader is gone and the log is empty', async () => {
  const { folder, record, reader } = await openWithReader()
  await record.sweep(NOW + RETENTION)
  await record.sweep(NOW + RETENTION + HOUR)
  assert.is(record.sweepState().failing, true)
  record.retryWipe()
  assert.is(record.sweepState().failing, true)
  reader.close()
  record.retryWipe()
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION + HOUR, failing: false, remaining: false })
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: what a sweep could not delete is not called wiped because the log could be emptied', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  keepSessions(record, [session(record)])
  const { codes } = record.mint({ roles: ['guest'] }, by(NOW))
  await record.sweep(NOW)
  const release = stickIn(folder)
  await record.sweep(NOW + RETENTION)
  record.retryWipe()
  assert.equal(record.sweepState(), { lastSuccess: NOW, failing: true, remaining: true })
  assert.is(record.eraseCode(codes[0]?.id ?? '', by(NOW)), true, 'the code itself is wiped')
  assert.is(record.sweepState().failing, true)
  release()
  record.close()
})

test('R34: after hundreds of rows have come and gone, no byte of a deleted one is left, not even in the gaps of the pages', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const random = mulberry32(3)
  const padding = 'x'.repeat(300)
  const living = new Map<string, string>()
  const dead: string[] = []
  let count = 0
  // One transaction, since this is not about the disk's speed.
  const begun = Array.from({ length: 1600 }, (): SessionRecord => {
    const reference = `<${count++}>${padding.slice(0, Math.floor(random() * 300))}`
    const started = NOW + Math.floor(random() * 2) * RETENTION
    const row = session(record, { reference, start: started, end: started + HOUR, reason: 'left', id: uuid(random) })
    if (started === NOW) dead.push(`<${count - 1}>`)
    else living.set(row.id, `<${count - 1}>`)
    return row
  })
  keepSessions(record, begun)
  await record.sweep(NOW + RETENTION)
  const bytes = bytesIn(folder).toString('latin1')
  assert.is(kept(record).length, 500)
  assert.ok(
    [...living.values()].every((mark) => bytes.includes(mark)),
    'the search finds what is there',
  )
  assert.equal(
    dead.filter((mark) => bytes.includes(mark)),
    [],
  )
  record.close()
})

test('R38: an erased session is gone at once, also from the files; another time there is nothing to erase', () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const end = { end: NOW + HOUR, reason: 'left' as const }
  const [gone, stays] = [session(record, { room: 'canary', ...end }), session(record, end)]
  keepSessions(record, [gone, stays])
  assert.is(record.eraseSession(gone.id, by(NOW)), true, 'wiped')
  assert.not.ok(bytesIn(folder).includes('canary'))
  refused('not_found', () => record.eraseSession(gone.id, by(NOW)))
  assert.equal(
    kept(record).map(({ id }) => id),
    [stays.id],
  )
  record.close()
})

test('R38: a running session is not erased, since its end would write it again', () => {
  const record = openIn(tempFolder())
  const running = session(record)
  keepSessions(record, [running])
  refused('wrong_state', () => record.eraseSession(running.id, by(NOW)))
  assert.is(kept(record).length, 1)
  record.close()
})

test('R34: a seat that was given up is in no file after the next sweep, although nothing else was due', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  const seat = { peer: 'canary-peer', room: 'canary-room', role: 'guest', state: 'waiting', code: 'c' } as const
  const more = { since: NOW, turn: 0, guests: 1, reference: 'canary-reference', token: 'h', epoch: 1, lastId: 0 }
  await record.sweep(NOW)
  record.persist([{ change: 'seat', seat: { ...seat, ...more } }])
  record.persist([{ change: 'gone', peer: seat.peer }])
  assert.ok(bytesIn(folder).includes('canary'), 'the log still holds it')
  await record.sweep(NOW)
  assert.not.ok(bytesIn(folder).includes('canary'))
  record.close()
})

test('R35: a sweep that fails says so, throws nothing, and is made up for later', async () => {
  const folder = tempFolder()
  const record = openIn(folder)
  keepSessions(record, [session(record)])
  assert.equal(record.sweepState(), { lastSuccess: null, failing: false, remaining: false })
  await record.sweep(NOW)
  const release = stickIn(folder)
  const { failed, deleted } = await record.sweep(NOW + RETENTION)
  assert.instance(failed, Error)
  assert.is(deleted, 0)
  assert.equal(record.sweepState(), { lastSuccess: NOW, failing: true, remaining: true })
  release()
  assert.is((await record.sweep(NOW + RETENTION + 1)).deleted, 1)
  assert.equal(record.sweepState(), { lastSuccess: NOW + RETENTION + 1, failing: false, remaining: false })
  record.close()
})

test.run()
