/** Records in temporary folders, and a look at every byte that they leave there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import * as assert from 'uvu/assert'
import { filesIn } from '../scripts/support/files.ts'
import type { SessionRecord } from '../src/contract/records.ts'
import { type ErrorCode, Refusal, type RestErrorCode } from '../src/protocol/errors.ts'
import { openRecord, type RecordStore } from '../src/record/record.ts'
import { closing } from './closing.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A Monday in 2026, 09:00 UTC. */
export const NOW = Date.UTC(2026, 2, 2, 9)

/** What an admin does, at an instant; in all rooms, or in those whose names begin with something. */
export const by = (now: number, admin = 'practice', rooms = '') => ({ admin, rooms, now })

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-'))
  folders.push(folder)
  return folder
}

/** A record, which is closed after the test; `close` closes it sooner. */
export async function openIn(dataDir: string, options: Partial<Parameters<typeof openRecord>[0]> = {}) {
  const record = await openRecord({ dataDir, retentionDays: 30, sweepMinutes: 60, ...options })
  return { ...record, close: closing(record.close) }
}

/** Does something with the record's database as another program would. */
export function elsewhere<Result>(dataDir: string, act: (db: Database.Database) => Result): Result {
  const db = new Database(join(dataDir, 'wartezimmer.db'))
  try {
    return act(db)
  } finally {
    db.close()
  }
}

/** Another program that is reading the database, until it is closed. */
export function readElsewhere(dataDir: string) {
  const reader = new Database(join(dataDir, 'wartezimmer.db'))
  reader.exec('BEGIN')
  reader.prepare('SELECT * FROM sessions').all()
  return reader
}

/** Everything that is in a folder, file after file. */
export const bytesIn = (folder: string): Buffer => Buffer.concat(filesIn(folder).map(({ content }) => content))

/** Asserts that something is refused, with which code, and returns the refusal. */
export async function refused(code: ErrorCode | RestErrorCode, act: () => unknown): Promise<Refusal> {
  try {
    await act()
  } catch (fault) {
    assert.instance(fault, Refusal)
    assert.is((fault as Refusal).code, code)
    return fault as Refusal
  }
  throw new Error(`${code} was expected`)
}

/** The code of the error with which something fails. */
export async function codeOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act()
  } catch (fault) {
    return (fault as { code?: string }).code
  }
  throw new Error('a failure was expected')
}

/** A session that has just begun, as far as nothing else is given. */
export const newSession = (record: RecordStore, given: Partial<SessionRecord> = {}): SessionRecord => ({
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

/** A session that was left after an hour, as far as nothing else is given. */
export const endedSession = (record: RecordStore, given: Partial<SessionRecord> = {}): SessionRecord =>
  newSession(record, { end: (given.start ?? NOW) + HOUR, reason: 'left', ...given })

/** Keeps sessions as the conversation would. */
export async function keepSessions(
  record: RecordStore,
  sessions: readonly (Omit<SessionRecord, 'codes' | 'cutOff'> & Partial<SessionRecord>)[],
): Promise<void> {
  await record.persist(
    sessions.map((session) => ({ change: 'session', session: { codes: [], cutOff: null, ...session } })),
  )
}
