/** The connection record: which room was in session from when to when. Never a name. */
import type { SessionRecord } from '../contract/records.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Database } from './database.ts'
import { OF_DAYS } from './own-days.ts'
import { inOrder, type Page, WAYS, wayTo } from './page.ts'
import { dayOf, type Kind, openPartitions, type Partitions } from './partitions.ts'
import { type By, WITHIN, within } from './scope.ts'

/** A session as admins see it; `duration` of the admitted phase in whole seconds, null while it is unknown. */
export type Session = Omit<SessionRecord, 'codes' | 'cutOff'> & { duration: number | null }

/** Sessions that started at `from` or later, and before `to`. */
export type SessionFilter = { room?: string | undefined; from?: number | undefined; to?: number | undefined }

/** A session that has ended, as it is kept. */
export type EndedSession = Omit<SessionRecord, 'codes' | 'cutOff' | 'end'> & { end: number }

export const sessionKind: Kind = {
  name: 'sessions',
  columns: `
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    participants INTEGER NOT NULL,
    reason TEXT,
    reference TEXT`,
  indexes: ['(room, id)'],
  own: WITHIN,
}

/**
 * Reads pages of sessions from whatever is called `sessions`, those from before `since` excepted.
 * @param days where they lie in tables by day
 */
export function sessionPages(db: Database, days?: Partitions) {
  const ofDays = days ? `AND day BETWEEN @firstDay AND @lastDay AND ${OF_DAYS}` : ''
  const page = (way: keyof typeof WAYS) =>
    db.prepare<unknown[], Session>(
      `SELECT id, room, started_at AS start, ended_at AS "end", (ended_at - started_at) / 1000 AS duration,
         participants, reason, reference
       FROM sessions
       WHERE ${WAYS[way]} AND started_at >= @from AND started_at < @to ${ofDays}
       ${inOrder(way)}`,
    )
  const pages = { all: page('all'), some: page('some'), one: page('one') }
  return (wanted: Page & SessionFilter, since: number, by: By): Session[] => {
    const { room, after = '', to = Number.MAX_SAFE_INTEGER, limit } = wanted
    const from = Math.max(wanted.from ?? 0, since)
    const values = { room, after, from, to, limit, firstDay: dayOf(from), lastDay: dayOf(to), ...within(by) }
    return pages[wayTo(room, by)].all({ ...values, ...days?.of(by) })
  }
}

export function openSessions(db: Database) {
  const days = openPartitions(db, sessionKind)
  const roomOf = db
    .prepare<unknown[], string>(`SELECT room FROM sessions WHERE id = @id AND ${WITHIN} AND ${OF_DAYS}`)
    .pluck()

  return {
    days,

    /** Keeps sessions that have ended; those that are kept already stay as they are. */
    keep(ended: readonly EndedSession[]): void {
      for (const session of ended) {
        const insert = db.prepare(
          `INSERT INTO ${days.tableFor(session.start, session.room)} (id, room, started_at, ended_at, participants, reason, reference)
           VALUES (@id, @room, @start, @end, @participants, @reason, @reference) ON CONFLICT (id) DO NOTHING`,
        )
        insert.run(session)
      }
    },

    /** Deletes a session. @returns its room. Throws a Refusal: not_found. */
    erase(id: string, by: By): string {
      const room = roomOf.get({ id, ...within(by), ...days.of(by) })
      if (room === undefined) throw new Refusal('not_found')
      days.erase(id, by)
      return room
    },

    /** One page of sessions and a row more, where there is one. */
    list: sessionPages(db, days),
  }
}
