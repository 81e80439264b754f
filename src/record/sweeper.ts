/** Deletes what may not be kept any longer, in small steps, and wipes it from the files. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Database, emptyLog } from './database.ts'
import { DAY } from './window.ts'

/** How a sweep went. `remaining`: deleted rows are still in the log, the next sweep tries again. */
export type SweepReport = { deleted: number; remaining: boolean; failed?: unknown }

/** When a sweep was last done whole (epoch ms), and whether the latest one failed. */
export type SweepState = { lastSuccess: number | null; failing: boolean }

/** Rows per step: about a millisecond of work, between two of which signaling has its turn. */
const STEP = 200

/**
 * @param limits how long after its start a session, and after its making a code, may exist, in ms
 */
export function openSweeper(db: Database, limits: { session: number; code: number }) {
  const oldSessions = db.prepare(
    `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE started_at <= @now - @session LIMIT ${STEP})`,
  )
  // A code stays a day after it expired, so that who comes late is told why the door is shut.
  const oldCodes = db.prepare(
    `DELETE FROM codes WHERE id IN (
       SELECT id FROM codes WHERE expires_at <= @now - ${DAY} OR created_at <= @now - @code LIMIT ${STEP})`,
  )
  // Also true at the start: the last process may have had no time to empty its log.
  let remaining = true
  let state: SweepState = { lastSuccess: null, failing: false }
  let running: Promise<SweepReport> | undefined

  function wipe(): void {
    remaining = true
    remaining = !emptyLog(db)
  }

  async function deleteOld(now: number): Promise<SweepReport> {
    let deleted = 0
    try {
      for (const statement of [oldSessions, oldCodes]) {
        for (let changes = STEP; changes === STEP && db.open; await nextTurn()) {
          changes = statement.run({ now, ...limits }).changes
          deleted += changes
        }
      }
      // Also where nothing was due: seats that were given up are in the log, too.
      if (db.open) wipe()
      state = { lastSuccess: now, failing: false }
      return { deleted, remaining }
    } catch (failed) {
      state = { ...state, failing: true }
      return { deleted, remaining, failed }
    }
  }

  /** Deletes everything that is too old at `now` (epoch ms). Never rejects: a failure is in the report. */
  function sweep(now: number): Promise<SweepReport> {
    running ??= deleteOld(now).finally(() => {
      running = undefined
    })
    return running
  }

  return { sweep, wipe, state: (): SweepState => state }
}
