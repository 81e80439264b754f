/**
 * The deletion log, which is the proof that what is due is deleted: for each day what was deleted, why, how often and
 * how much. Numbers only, nothing about people, so it may outlive by years what it tells of.
 */
import type { Database } from './database.ts'
import { cut, type Page } from './page.ts'

/** `sweep`: a period was over. `request`: an admin has erased it. */
export const causes = ['sweep', 'request'] as const
/** What is deleted, this log included. */
export const deletedKinds = ['codes', 'sessions', 'audit', 'deletions'] as const

export type Cause = (typeof causes)[number]
export type DeletedKind = (typeof deletedKinds)[number]

/** One line; days are `YYYY-MM-DD` in UTC, instants epoch ms. */
export type Deletion = {
  id: string
  day: string
  cause: Cause
  kind: DeletedKind
  /** When it was done for the first and for the last time on that day, how often, and how often in vain. */
  first: number
  last: number
  runs: number
  failed: number
  /** How many rows were deleted. */
  deleted: number
  /** Everything from before this day was deleted; null where nothing was looked for by its day. */
  until: string | null
  /** Whether no byte of it is left in the files. */
  wiped: boolean
}

/** What is added to the line of a day. */
type Note = { runs?: number; failed?: number; deleted?: number; until?: string | null }

/** It is kept to the end of the third year after its own: claims and fines become time-barred in three. */
export const YEARS_KEPT = 3

export function createDeletions(db: Database): void {
  db.exec(`
    CREATE TABLE deletions (
      id TEXT PRIMARY KEY,
      day TEXT NOT NULL,
      cause TEXT NOT NULL,
      kind TEXT NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      runs INTEGER NOT NULL,
      failed INTEGER NOT NULL,
      deleted INTEGER NOT NULL,
      until TEXT,
      wiped INTEGER NOT NULL,
      UNIQUE (day, cause, kind)
    ) STRICT`)
}

/** The day of an instant, in UTC. */
export const dateOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10)

/** All of it in whatever transaction is open. */
export function openDeletions(db: Database, newId: (now: number) => string) {
  const add = db.prepare(
    `INSERT INTO deletions (id, day, cause, kind, first_at, last_at, runs, failed, deleted, until, wiped)
     VALUES (@id, @day, @cause, @kind, @now, @now, @runs, @failed, @deleted, @until, 0)
     ON CONFLICT (day, cause, kind) DO UPDATE SET
       first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
       runs = runs + excluded.runs, failed = failed + excluded.failed, deleted = deleted + excluded.deleted,
       until = coalesce(max(until, excluded.until), until, excluded.until), wiped = 0`,
  )
  const wiped = db.prepare('UPDATE deletions SET wiped = 1 WHERE wiped = 0')
  const expire = db.prepare('DELETE FROM deletions WHERE day < ?')
  const page = db.prepare<unknown[], Omit<Deletion, 'wiped'> & { wiped: number }>(
    `SELECT id, day, cause, kind, first_at AS first, last_at AS last, runs, failed, deleted, until, wiped
     FROM deletions WHERE id > @after AND last_at >= @from AND first_at < @to ORDER BY id LIMIT @limit`,
  )

  function note(cause: Cause, kind: DeletedKind, now: number, more: Note): void {
    const none = { runs: 0, failed: 0, deleted: 0, until: null }
    add.run({ ...none, ...more, id: newId(now), day: dateOf(now), cause, kind, now })
  }

  return {
    note,

    /** Notes that all that was deleted so far is gone from the files. */
    noteWiped: (): void => void wiped.run(),

    /** Deletes lines that are too old, and notes that, too. */
    expire(now: number): void {
      const oldest = `${new Date(now).getUTCFullYear() - YEARS_KEPT}-01-01`
      const { changes: deleted } = expire.run(oldest)
      if (deleted > 0) note('sweep', 'deletions', now, { runs: 1, deleted, until: oldest })
    },

    /** One page of lines, oldest first; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & { from?: number | undefined; to?: number | undefined }) {
      const { from = 0, to = Number.MAX_SAFE_INTEGER, after = '', limit } = wanted
      const { rows, next } = cut(page.all({ from, to, after, limit: limit + 1 }), limit)
      return { deletions: rows.map((row): Deletion => ({ ...row, wiped: row.wiped === 1 })), next }
    },
  }
}
