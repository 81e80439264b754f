/**
 * What signaling waits for, in seats.db: seats, and the sessions that run. Small, and nobody else's: it is locked
 * for as long as it is open, which keeps a second server off the folder.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../config/startup-error.ts'
import type { Change, SavedState, SeatRecord, SessionRecord } from '../contract/records.ts'
import { type Database, emptyLog, isBusy, openFile, refuseNewer, versionOf } from './database.ts'
import { inFolder, makeFolder } from './folder.ts'
import { type By, WITHIN, within } from './scope.ts'
import { type EndedSession, sessionPages } from './sessions.ts'
import { takeOverSeats } from './version-3.ts'

/** A column may be here only if the data inventory names it. All instants are epoch milliseconds. */
const SCHEMA = `
  CREATE TABLE seats (
    peer TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    since INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    guests INTEGER NOT NULL,
    reference TEXT,
    token TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    last_id INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    codes TEXT NOT NULL,
    cut_off INTEGER,
    participants INTEGER NOT NULL,
    reason TEXT,
    reference TEXT
  ) STRICT;

  CREATE TABLE process (last_alive INTEGER NOT NULL) STRICT;

  PRAGMA user_version = 1;
`

/** @throws StartupError where another process has it open */
function open(dataDir: string): Database {
  makeFolder(dataDir)
  return inFolder(dataDir, () => {
    try {
      const db = openFile(join(dataDir, 'seats.db'), { exclusive: true })
      refuseNewer(db, 1)
      if (versionOf(db) === 0) db.transaction(() => db.exec(SCHEMA))()
      takeOverSeats(db, dataDir)
      return db
    } catch (fault) {
      if (!isBusy(fault)) throw fault
      throw new StartupError(`Another server is running on the data folder ${dataDir} (WZ_DATA_DIR)`)
    }
  })
}

/** The files that have these names now. */
const filesIn = (dataDir: string): string =>
  ['seats.db', 'wartezimmer.db']
    .map((name) => statSync(join(dataDir, name), { bigint: true, throwIfNoEntry: false }))
    .map((stat) => stat && `${stat.dev} ${stat.ino}`)
    .join()

export type Hot = ReturnType<typeof openHot>

export function openHot(dataDir: string) {
  const db = open(dataDir)
  /** The databases of this process, since it first noted that it lives. */
  let files: string | undefined
  /** Whether there may be deleted rows in the file. */
  let dirty = true

  const putSeat = db.prepare(
    `INSERT INTO seats (peer, room, role, state, code, since, turn, guests, reference, token, epoch, last_id)
     VALUES (@peer, @room, @role, @state, @code, @since, @turn, @guests, @reference, @token, @epoch, @lastId)
     ON CONFLICT (peer) DO UPDATE SET state = excluded.state, turn = excluded.turn, last_id = excluded.last_id`,
  )
  const removeSeat = db.prepare('DELETE FROM seats WHERE peer = ?')
  // Until it is noted that the clock was set, the last sign of life is by the clock as it was before. What begins before
  // that instant is known to have lasted to its beginning; what goes on, and begins elsewhere now, as long as before.
  const putSession = db.prepare(
    `INSERT INTO sessions (id, room, started_at, ended_at, codes, cut_off, participants, reason, reference)
     VALUES (@id, @room, @start, @end, @codes, (SELECT @start FROM process WHERE @start < last_alive AND @end IS NULL),
       @participants, @reason, @reference)
     ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
       codes = excluded.codes,
       cut_off = CASE WHEN @end IS NOT NULL OR started_at = excluded.started_at THEN @cutOff
         ELSE excluded.started_at + max(0, coalesce(cut_off, (SELECT last_alive FROM process)) - started_at) END,
       participants = excluded.participants, reason = excluded.reason, reference = excluded.reference`,
  )
  const seats = db.prepare<[], SeatRecord>(
    `SELECT peer, room, role, state, code, since, turn, guests, reference, token, epoch, last_id AS lastId
     FROM seats ORDER BY since, rowid`,
  )
  const sessions = db.prepare<[], Omit<SessionRecord, 'codes'> & { codes: string }>(
    `SELECT id, room, started_at AS start, ended_at AS "end", codes, cut_off AS cutOff, participants, reason, reference
     FROM sessions`,
  )
  const isRunning = db.prepare(`SELECT 1 FROM sessions WHERE id = @id AND ${WITHIN} AND ended_at IS NULL`)
  const removeSession = db.prepare('DELETE FROM sessions WHERE id = ?')
  // One that runs is as old as its seats at most, whatever the clock that its beginning was said by.
  const removeOld = db.prepare('DELETE FROM sessions WHERE started_at <= ? AND ended_at IS NOT NULL')
  const forgetCuts = db.prepare('UPDATE sessions SET cut_off = NULL WHERE cut_off IS NOT NULL')
  const noteSession = db.prepare(
    'UPDATE sessions SET started_at = @start, cut_off = @cutOff WHERE id = @id AND ended_at IS NULL',
  )
  const readAlive = db.prepare<[], number>('SELECT last_alive FROM process').pluck()
  const writeAlive = db.prepare(
    'INSERT INTO process (rowid, last_alive) VALUES (1, ?) ON CONFLICT (rowid) DO UPDATE SET last_alive = excluded.last_alive',
  )

  const noteAlive = db.transaction((now: number, notes: readonly SessionRecord[]): void => {
    writeAlive.run(now)
    forgetCuts.run()
    for (const { id, start, cutOff } of notes) noteSession.run({ id, start, cutOff })
  })

  function apply(change: Change): void {
    switch (change.change) {
      case 'seat':
        putSeat.run(change.seat)
        return
      case 'gone':
        removeSeat.run(change.peer)
        dirty = true
        return
      case 'session': {
        const { start, end, codes } = change.session
        // A clock that was set back must not make a consultation of negative length.
        const last = end === null ? null : Math.max(start, end)
        putSession.run({ ...change.session, end: last, codes: JSON.stringify(codes) })
        return
      }
      default:
        change satisfies never
    }
  }

  /** Rewrites the file, as copies of what was deleted are in the gaps of its pages; it is small. */
  function wipe(): void {
    if (!dirty) return
    db.exec('VACUUM')
    emptyLog(db)
    dirty = false
  }

  return {
    /** Commits changes in their order, all or none. */
    persist: db.transaction((changes: readonly Change[]): void => {
      for (const change of changes) apply(change)
    }),

    /**
     * What the last process left behind, and the sessions that have ended but are not kept elsewhere yet. Every seat
     * begins a new epoch, since what it was sent is gone.
     */
    restore: db.transaction((): SavedState & { ended: EndedSession[] } => {
      db.exec('UPDATE seats SET epoch = epoch + 1')
      db.prepare('UPDATE sessions SET cut_off = max(started_at, ?) WHERE ended_at IS NULL AND cut_off IS NULL').run(
        readAlive.get() ?? 0,
      )
      const all = sessions.all().map((row) => ({ ...row, codes: JSON.parse(row.codes) as string[] }))
      return {
        seats: seats.all(),
        sessions: all.filter(({ end }) => end === null),
        ended: all.filter((session) => session.end !== null) as (SessionRecord & { end: number })[],
      }
    }),

    /** Forgets sessions that are kept elsewhere by now. */
    forget: db.transaction((ids: readonly string[]): void => {
      for (const id of ids) removeSession.run(id)
      dirty = true
    }),

    /** One page of the sessions that are here since an instant, and a row more, where there is one. */
    list: sessionPages(db),

    isRunning: (id: string, by: By): boolean => isRunning.get({ id, ...within(by) }) !== undefined,

    /**
     * Notes that the process lives, so that after a crash it is known until when it did, and until when the two
     * sides of a session were there.
     * @param notes the running sessions of which more is to be known than that they go on
     * @throws an error with the code DATA_FOLDER_REPLACED where a database is not the one that was opened: what is
     *   written is lost, and nothing keeps a second server off the folder
     */
    noteAlive(now: number, notes: readonly SessionRecord[]): void {
      noteAlive(now, notes)
      const found = filesIn(dataDir)
      files ??= found
      if (found === files) return
      throw Object.assign(new Error('a database was removed or replaced'), { code: 'DATA_FOLDER_REPLACED' })
    },

    /** Deletes ended sessions from up to an instant, and wipes what was deleted. @returns how many sessions */
    sweep(until: number): number {
      const { changes } = removeOld.run(until)
      dirty ||= changes > 0
      wipe()
      return changes
    },

    wipe,

    close: (): void => void db.close(),
  }
}
