/** What goes with its day: deletes what is due, one day at a time, and says so in the deletion log. */
import { type DeletedKind, dateOf, type openDeletions } from './deletions.ts'
import type { Partitions } from './partitions.ts'

/** A kind of rows, and the instant before whose day all of it is due. */
export type Due = { kind: DeletedKind; days: Partitions; before: (now: number) => number }

/** All of it in whatever transaction is open, so that the log says what was done, and nothing else. */
export function openDue(due: readonly Due[], deletions: ReturnType<typeof openDeletions>) {
  return {
    /** Deletes one day of something. @returns how many rows; undefined where nothing is due */
    drop(now: number): number | undefined {
      for (const { kind, days, before } of due) {
        const deleted = days.dropBefore(before(now))
        if (deleted === undefined) continue
        deletions.note('sweep', kind, now, { deleted })
        return deleted
      }
      return undefined
    },

    /** Notes that all that was due is deleted. @param sessions how many of them were not here but in seats.db */
    done(now: number, sessions: number): void {
      deletions.expire(now)
      for (const { kind, before } of due) {
        const deleted = kind === 'sessions' ? sessions : 0
        deletions.note('sweep', kind, now, { runs: 1, deleted, until: dateOf(before(now)) })
      }
    },

    /** Notes that not all that was due could be deleted. */
    failed(now: number): void {
      for (const { kind } of due) deletions.note('sweep', kind, now, { runs: 1, failed: 1 })
    },
  }
}
