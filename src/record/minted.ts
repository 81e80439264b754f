/** How many codes each practice has minted today (UTC), for its quota: one row of a practice and a day. */
import { Refusal } from '../protocol/errors.ts'
import type { Database } from './database.ts'
import { dayOf, type Kind, openPartitions } from './partitions.ts'
import type { By } from './scope.ts'
import { DAY } from './window.ts'

/** `id` is what the names of the practice's rooms begin with. */
export const mintedKind: Kind = {
  name: 'minted',
  columns: `
    id TEXT PRIMARY KEY,
    codes INTEGER NOT NULL`,
  indexes: [],
  own: 'id = @rooms',
}

export function openMinted(db: Database) {
  const days = openPartitions(db, mintedKind)
  const today = db.prepare<unknown[], { rooms: string; codes: number }>(
    "SELECT id AS rooms, codes FROM minted WHERE day = @day AND (@rooms = '' OR id = @rooms)",
  )

  return {
    days,

    /** Counts codes that are being minted, in whatever transaction is open. Throws a Refusal, throttled, beyond the quota. */
    add(count: number, { rooms, codesPerDay = Number.POSITIVE_INFINITY, now }: By): void {
      if (rooms === '') return
      const add = db
        .prepare<unknown[], number>(
          `INSERT INTO ${days.tableFor(now, rooms)} (id, codes) VALUES (?, ?)
           ON CONFLICT (id) DO UPDATE SET codes = codes + excluded.codes RETURNING codes`,
        )
        .pluck()
      if ((add.get(rooms, count) ?? 0) <= codesPerDay) return
      const retryAfter = Math.ceil((DAY - (now % DAY)) / 1000)
      throw new Refusal('throttled', `No more than ${codesPerDay} codes may be minted in a day (UTC).`, { retryAfter })
    },

    /** What was minted today, by practice: one's own, or all. */
    today: ({ rooms, now }: By) => today.all({ rooms, day: dayOf(now) }),
  }
}
