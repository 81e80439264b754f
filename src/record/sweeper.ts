/** Deletes what may not be kept any longer, in small steps, and wipes it from the files. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Database, emptyLog, unsynced, wipe } from './database.ts'
import { DAY } from './window.ts'

/** How a sweep went. `remaining`: deleted rows are still in the log, since another program reads the database. */
export type SweepReport = { deleted: number; remaining: boolean; failed?: unknown }

/** When a sweep was last done whole (epoch ms), whether the latest one failed, and whether it left deleted rows. */
export type SweepState = { lastSuccess: number | null; failing: boolean; remaining: boolean }

/** Rows per step: a fraction of a millisecond of work. */
const STEP = 20

/** A step is followed by so many times the time it took, so that a sweep takes a hundredth of the process's time. */
const REST = 99

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
  const oldAudit = db.prepare(
    `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at <= @now - @session LIMIT ${STEP})`,
  )
  let state: SweepState = { lastSuccess: null, failing: false, remaining: false }
  let running: Promise<SweepReport> | undefined

  /** How things stand once the log is empty, where nothing else is left to be done. */
  let onceEmpty: SweepState | undefined

  /** @returns false where the log could not be emptied; then, once it is, things stand like `done` */
  function rewrite(done: SweepState): boolean {
    onceEmpty = undefined
    const emptied = wipe(db)
    onceEmpty = done
    return emptied
  }

  async function deleteOld(now: number): Promise<SweepReport> {
    let deleted = 0
    try {
      for (const statement of [oldSessions, oldCodes, oldAudit]) {
        for (let changes = STEP; changes === STEP && db.open; ) {
          const begun = performance.now()
          changes = unsynced(db, () => statement.run({ now, ...limits }).changes)
          deleted += changes
          if (changes === STEP) await pause((performance.now() - begun) * REST)
        }
      }
      if (!db.open) return { deleted, remaining: true }
      // Also where nothing was due: seats that were given up are in the files, too.
      const before = state.remaining
      const done = { lastSuccess: now, failing: false, remaining: false }
      const remaining = !rewrite(done)
      // A backup is done by the next sweep; whoever reads for longer keeps alive what must be gone.
      const failing = remaining && before
      state = { lastSuccess: failing ? state.lastSuccess : now, failing, remaining }
      if (!failing) return { deleted, remaining }
      return { deleted, remaining, failed: new Error('the database has been read since the last sweep') }
    } catch (failed) {
      onceEmpty = undefined
      state = { ...state, failing: true, remaining: true }
      return { deleted, remaining: true, failed }
    }
  }

  return {
    /** Deletes everything that is too old at `now` (epoch ms). Never rejects: a failure is in the report. */
    sweep(now: number): Promise<SweepReport> {
      running ??= deleteOld(now).finally(() => {
        running = undefined
      })
      return running
    },

    /** Wipes what was deleted on request. @returns false where that has to be done later: by retry, or the next sweep */
    wipe(): boolean {
      try {
        const done = { ...(onceEmpty ?? state), remaining: false }
        state = rewrite(done) ? done : { ...state, remaining: true }
      } catch {
        state = { ...state, failing: true, remaining: true }
      }
      return !state.remaining
    },

    /** Tries again to empty the log that another program was reading; costs nothing where that is done. */
    retry(): void {
      try {
        if (onceEmpty && state.remaining && emptyLog(db)) state = onceEmpty
      } catch {
        state = { ...state, failing: true }
      }
    },

    state: (): SweepState => state,
  }
}
