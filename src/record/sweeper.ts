/** Deletes what may not be kept any longer and wipes it from the files. */

import { sweepInBackground } from './background-sweep.ts'
import { type Database, emptyLog, wipe } from './database.ts'
import { openRetention, type Retention } from './retention.ts'

/** How a sweep went. `remaining`: deleted rows are still in the log, since another program reads the database. */
export type SweepReport = { deleted: number; remaining: boolean; failed?: unknown }

/** When a sweep was last done whole (epoch ms), whether the latest one failed, and whether it left deleted rows. */
export type SweepState = { lastSuccess: number | null; failing: boolean; remaining: boolean }

/** In pages: a smaller database is rewritten in 10 ms, a larger one by a process of its own. */
const LARGE = 500

/** Sweeps a database in which `limits` say how long things may exist. */
export function openSweeper(db: Database, limits: Retention) {
  const deleteNext = openRetention(db, limits)
  const stopped = new AbortController()
  let state: SweepState = { lastSuccess: null, failing: false, remaining: false }
  let running: Promise<SweepReport> | undefined

  /** How things stand once the log is empty, where nothing else is left to be done. */
  let onceEmpty: SweepState | undefined

  /** @returns false where the log could not be emptied; then, once it is, things stand like `done` */
  function emptied(by: typeof wipe, done: SweepState): boolean {
    onceEmpty = undefined
    const empty = by(db)
    onceEmpty = done
    return empty
  }

  const isLarge = (): boolean => (db.pragma('page_count', { simple: true }) as number) > LARGE

  async function deleteOld(now: number): Promise<SweepReport> {
    let deleted = 0
    try {
      const first = deleteNext(now)
      deleted = first.deleted
      const beside = first.more || isLarge()
      if (beside) deleted += await sweepInBackground({ path: db.name, now, limits }, stopped.signal)
      // Also where nothing was due: seats that were given up are in the files, too.
      const before = state.remaining
      const done = { lastSuccess: now, failing: false, remaining: false }
      const remaining = !emptied(beside ? emptyLog : wipe, done)
      // A backup is done by the next sweep; whoever reads for longer keeps alive what must be gone.
      const failing = remaining && before
      state = { lastSuccess: failing ? state.lastSuccess : now, failing, remaining }
      if (!failing) return { deleted, remaining }
      return { deleted, remaining, failed: new Error('the database has been read since the last sweep') }
    } catch (failed) {
      if (stopped.signal.aborted) return { deleted, remaining: true }
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
        state = emptied(wipe, done) ? done : { ...state, remaining: true }
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

    /** Stops a sweep that is under way; the next one goes on. */
    stop: (): void => stopped.abort(),
  }
}
