/** Deletes what may not be kept any longer and wipes it from the files. */
import type { Cold } from './cold.ts'
import type { Hot } from './hot.ts'
import type { Remote } from './thread.ts'

/** How a sweep went. `remaining`: deleted rows are still in the log, since another program reads the database. */
export type SweepReport = { deleted: number; remaining: boolean; failed?: unknown }

/** When a sweep was last done whole (epoch ms), whether the latest one failed, and whether it left deleted rows. */
export type SweepState = { lastSuccess: number | null; failing: boolean; remaining: boolean }

/**
 * @param move makes sure that nothing is on its way between the two
 * @param retention how long after its start a session is kept, in ms
 */
export function openSweeper(hot: Remote<Hot>, cold: Remote<Cold>, move: () => Promise<void>, retention: number) {
  let state: SweepState = { lastSuccess: null, failing: false, remaining: false }
  let running: Promise<SweepReport> | undefined
  /** When the latest sweep was done but for the log; null where it failed. */
  let sweptAt: number | null = null

  async function deleteOld(now: number): Promise<SweepReport> {
    let deleted = 0
    try {
      await move()
      // Day by day, so that others get their turn in between.
      for (let rows: number | undefined = 0; rows !== undefined; rows = await cold.dropDue(now)) deleted += rows
      const elsewhere = await hot.sweep(now - retention)
      deleted += elsewhere
      await cold.noteSweep(now, elsewhere)
      const remaining = !(await cold.emptyLog())
      // A backup is done by the next sweep; whoever reads for longer keeps alive what must be gone.
      const failing = remaining && state.remaining
      sweptAt = now
      state = { lastSuccess: failing ? state.lastSuccess : now, failing, remaining }
      if (!failing) return { deleted, remaining }
      return { deleted, remaining, failed: new Error('the database has been read since the last sweep') }
    } catch (failed) {
      await cold.noteFailedSweep(now).catch(() => {})
      sweptAt = null
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
    async wipe(): Promise<boolean> {
      try {
        await hot.wipe()
        const wiped = await cold.emptyLog()
        if (!wiped) state = { ...state, remaining: true }
        else if (!state.failing) state = { ...state, remaining: false }
        return wiped
      } catch {
        state = { ...state, failing: true, remaining: true }
        return false
      }
    },

    /** Tries again to empty the log that another program was reading; costs nothing where that is done. */
    async retry(): Promise<void> {
      if (!state.remaining || running || (state.failing && sweptAt === null)) return
      const wiped = await hot
        .wipe()
        .then(cold.emptyLog)
        .catch(() => false)
      if (wiped) state = { lastSuccess: sweptAt ?? state.lastSuccess, failing: false, remaining: false }
    },

    state: (): SweepState => state,
  }
}
