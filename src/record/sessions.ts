/** The connection record: which room was in session from when to when. Never a name. */

import type { Page } from './codes.ts'
import type { Database } from './database.ts'

/** One consultation as the conversation says it; instants in epoch ms, `reason` a word of the protocol. */
export type SessionRecord = {
  id: string
  room: string
  start: number
  end: number | null
  participants: number
  reason: string | null
  reference: string | null
}

/** A session as admins see it; `duration` of the admitted phase in whole seconds, null while it is unknown. */
export type Session = SessionRecord & { duration: number | null }

/** Sessions that started at `from` or later, and before `to`. */
export type SessionFilter = { room?: string | undefined; from?: number | undefined; to?: number | undefined }

export function openSessions(db: Database) {
  const upsert = db.prepare(
    `INSERT INTO sessions (id, room, started_at, ended_at, participants, reason, reference)
     VALUES (@id, @room, @start, @end, @participants, @reason, @reference)
     ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, participants = excluded.participants,
       reason = excluded.reason, reference = excluded.reference`,
  )
  const page = db.prepare<unknown[], Session>(
    `SELECT id, room, started_at AS start, ended_at AS "end", (ended_at - started_at) / 1000 AS duration,
       participants, reason, reference
     FROM sessions
     WHERE id > @after AND (@room IS NULL OR room = @room)
       AND (@from IS NULL OR started_at >= @from) AND (@to IS NULL OR started_at < @to)
     ORDER BY id LIMIT @limit`,
  )
  const remove = db.prepare('DELETE FROM sessions WHERE id = ?')
  const keepAll = db.transaction((sessions: readonly SessionRecord[]) => {
    // A clock that was set back must not make a consultation of negative length.
    for (const session of sessions) {
      upsert.run({ ...session, end: session.end === null ? null : Math.max(session.start, session.end) })
    }
  })

  // Whatever is still open was cut off when the last process ended, at a time that nobody saw.
  db.exec("UPDATE sessions SET reason = 'interrupted' WHERE ended_at IS NULL AND reason IS NULL")

  return {
    /** Commits the sessions as they now are, all or none; throws if it cannot. */
    keep: (sessions: readonly SessionRecord[]): void => keepAll.immediate(sessions),

    /** One page of sessions; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & SessionFilter): { sessions: Session[]; next: string | null } {
      const { room = null, from = null, to = null, after = '', limit } = wanted
      const sessions = page.all({ room, from, to, after, limit: limit + 1 })
      const last = sessions.length > limit ? sessions[limit - 1] : undefined
      return { sessions: sessions.slice(0, limit), next: last?.id ?? null }
    },

    /** Deletes one session. @returns whether there was one */
    erase: (id: string): boolean => remove.run(id).changes === 1,
  }
}
