/** What may not be kept any longer, and its deletion some rows at a time. */
import type { Database } from './database.ts'
import { DAY } from './window.ts'

/** How long after its start a session, and after its making a code, may exist, in ms. */
export type Retention = { session: number; code: number }

/** Rows of each kind per step: about a millisecond of work. */
const STEP = 50

/** Returns what deletes the next of everything that is too old at `now` (epoch ms), in one transaction. */
export function openRetention(db: Database, limits: Retention) {
  const statements = [
    `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE started_at <= @now - @session LIMIT ${STEP})`,
    // A code stays a day after it expired, so that who comes late is told why the door is shut.
    `DELETE FROM codes WHERE id IN (
       SELECT id FROM codes WHERE expires_at <= @now - ${DAY} OR created_at <= @now - @code LIMIT ${STEP})`,
    `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at <= @now - @session LIMIT ${STEP})`,
  ].map((sql) => db.prepare(sql))

  return db.transaction((now: number): { deleted: number; more: boolean } => {
    const changes = statements.map((statement) => statement.run({ now, ...limits }).changes)
    return { deleted: changes.reduce((sum, rows) => sum + rows), more: changes.includes(STEP) }
  }).immediate
}
