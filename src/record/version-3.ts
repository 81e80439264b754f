/** From schema version 3, where everything lay in wartezimmer.db, each kind in one table. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { auditKind } from './audit.ts'
import { codeKind, dueSql } from './codes.ts'
import type { Database } from './database.ts'
import { createPartitions, type Kind, openPartitions } from './partitions.ts'
import { sessionKind } from './sessions.ts'
import { DAY } from './window.ts'

/** Takes seats and running sessions over into seats.db, as often as it takes until the other file is of this version. */
export function takeOverSeats(db: Database, dataDir: string): void {
  const path = join(dataDir, 'wartezimmer.db')
  if (!existsSync(path)) return
  db.prepare('ATTACH ? AS old').run(path)
  try {
    if (db.pragma('old.user_version', { simple: true }) !== 3) return
    db.transaction(() =>
      db.exec(`
        DELETE FROM seats;
        DELETE FROM sessions;
        INSERT INTO seats
          SELECT peer, room, role, state, code, since, turn, guests, reference, token, epoch, last_id
          FROM old.seats ORDER BY since, rowid;
        INSERT INTO sessions
          SELECT id, room, started_at, ended_at, codes, cut_off, participants, reason, reference
          FROM old.sessions WHERE ended_at IS NULL;
        REPLACE INTO process (rowid, last_alive) SELECT 1, last_alive FROM old.process;
      `),
    )()
  } finally {
    db.exec('DETACH old')
  }
}

/**
 * Brings the rest into tables by day, in whatever transaction is open.
 * @param cap how long after it was made a code's row may be kept, in ms
 */
export function divideByDays(db: Database, cap: number): void {
  const divide = (kind: Kind, columns: string, instant: string, from = `old_${kind.name}`): void => {
    db.exec(`ALTER TABLE ${kind.name} RENAME TO old_${kind.name}`)
    createPartitions(db, kind)
    const { tableFor } = openPartitions(db, kind)
    const days = db.prepare<[], number>(`SELECT DISTINCT ${instant} / ${DAY} FROM old_${kind.name}`).pluck().all()
    for (const day of days) {
      const table = tableFor(day * DAY, null)
      db.prepare(`INSERT INTO ${table} SELECT ${columns} FROM ${from} WHERE ${instant} / ${DAY} = ? ORDER BY 1`).run(
        day,
      )
    }
  }
  const session = 'id, room, started_at, ended_at, participants, reason, reference'
  db.exec('DELETE FROM sessions WHERE ended_at IS NULL')
  divide(sessionKind, session, 'started_at')
  divide(auditKind, 'id, at, admin, action, target, NULL', 'at')
  const code =
    'c.id, room, role, hash, reference, guests, not_before, expires_at, created_at, revoked_at, mint, request, salt'
  divide(codeKind, code, dueSql(cap), 'old_codes c LEFT JOIN mints m ON m.id = c.mint')
  db.exec('DROP TABLE old_codes; DROP TABLE mints; DROP TABLE old_sessions; DROP TABLE old_audit')
  db.exec('DROP TABLE seats; DROP TABLE process')
}
