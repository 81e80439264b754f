/**
 * On which days somebody's rooms have rows, so that whoever asks for its own looks into no table of another day, however
 * many others have filled. In memory alone: on disk it would be one more thing to delete.
 */
import type { Database } from './database.ts'
import { type By, within } from './scope.ts'

/**
 * The condition that keeps a statement on a kind of rows to these days; null for all. SQLite looks at it before it opens
 * the table of a day.
 */
export const OF_DAYS = '(@days IS NULL OR instr(@days, day))'

export type OwnDays = ReturnType<typeof openOwnDays>

/**
 * @param own the condition that a row is somebody's, given what `within` says
 * @param daysOf the days that have a table
 */
export function openOwnDays(db: Database, kind: { name: string; own: string }, daysOf: () => number[]) {
  /** By what the rooms' names begin with, for all who have asked. A day too many does no harm, one too few would. */
  const known = new Map<string, string>()
  const find = db.prepare<unknown[], number>(`SELECT DISTINCT day FROM ${kind.name} WHERE ${kind.own}`).pluck()

  function add(rooms: string, day: number): void {
    const days = known.get(rooms)
    if (days === undefined || days.includes(`${day}`)) return
    // Those that are gone are left out only now: what is being deleted may yet be there again, if it cannot be committed.
    const kept = daysOf().filter((one) => days.includes(`${one}`))
    known.set(rooms, [...kept, day].join(' '))
  }

  return {
    /** Notes a row that is being written. @param owner its room, or what the names of the rooms begin with; all for '' */
    add(owner: string | null, day: number): void {
      if (owner === '') for (const rooms of known.keys()) add(rooms, day)
      for (let length = 1; owner !== null && length <= owner.length; length++) add(owner.slice(0, length), day)
    },

    /** What OF_DAYS needs. Who asks for the first time since the start is looked for on every day, once. */
    of({ rooms }: Pick<By, 'rooms'>): { days: string | null } {
      if (rooms === '') return { days: null }
      const days = known.get(rooms) ?? find.all(within({ rooms })).join(' ')
      known.set(rooms, days)
      return { days }
    },
  }
}
