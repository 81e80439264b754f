/** The connection record: which room was in session from when to when. Never a name. */
import type { SessionRecord } from '../contract/records.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Page } from './codes.ts'
import type { Database } from './database.ts'

/** A session as admins see it; `duration` of the admitted phase in whole seconds, null while it is unknown. */
export type Session = Omit<SessionRecord, 'codes' | 'cutOff'> & { duration: number | null }

/** Sessions that started at `from` or later, and before `to`. */
export type SessionFilter = { room?: string | undefined; from?: number | undefined; to?: number | undefined }

export function openSessions(db: Database) {
  const upsert = db.prepare(
    `INSERT INTO sessions (id, room, started_at, ended_at, codes, cut_off, participants, reason, reference)
     VALUES (@id, @room, @start, @end, @codes, @cutOff, @participants, @reason, @reference)
     ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, codes = excluded.codes, cut_off = excluded.cut_off,
       participants = excluded.participants, reason = excluded.reason, reference = excluded.reference`,
  )
  const page = db.prepare<unknown[], Session>(
    `SELECT id, room, started_at AS start, ended_at AS "end", (ended_at - started_at) / 1000 AS duration,
       participants, reason, reference
     FROM sessions
     WHERE id > @after AND (@room IS NULL OR room = @room)
       AND (@from IS NULL OR started_at >= @from) AND (@to IS NULL OR started_at < @to)
     ORDER BY id LIMIT @limit`,
  )
  const isRunning = db.prepare('SELECT 1 FROM sessions WHERE id = ? AND ended_at IS NULL')
  const remove = db.prepare('DELETE FROM sessions WHERE id = ?')
  const open = db.prepare<
    unknown[],
    Omit<SessionRecord, 'codes' | 'end' | 'reason'> & { codes: string; end: null; reason: null }
  >(
    `SELECT id, room, started_at AS start, ended_at AS "end", codes, cut_off AS cutOff, participants, reason, reference
     FROM sessions WHERE ended_at IS NULL`,
  )

  const setCutOff = db.prepare(
    'UPDATE sessions SET cut_off = max(started_at, @lastAlive) WHERE ended_at IS NULL AND cut_off IS NULL',
  )

  return {
    /** Writes a session as it now is, in whatever transaction is open. */
    put(session: SessionRecord): void {
      // A clock that was set back must not make a consultation of negative length.
      const end = session.end === null ? null : Math.max(session.start, session.end)
      upsert.run({ ...session, end, codes: JSON.stringify(session.codes) })
    },

    /** Notes for the running sessions when they were cut off, unless that was noted for an earlier stop. */
    cutOff: (lastAlive: number): void => void setCutOff.run({ lastAlive }),

    /** The sessions that have not ended. */
    running: () => open.all().map((row) => ({ ...row, codes: JSON.parse(row.codes) as string[] })),

    /** One page of sessions; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & SessionFilter): { sessions: Session[]; next: string | null } {
      const { room = null, from = null, to = null, after = '', limit } = wanted
      const sessions = page.all({ room, from, to, after, limit: limit + 1 })
      const last = sessions.length > limit ? sessions[limit - 1] : undefined
      return { sessions: sessions.slice(0, limit), next: last?.id ?? null }
    },

    /** Deletes one session. Throws a Refusal: not_found, or wrong_state while it runs. */
    erase(id: string): void {
      if (isRunning.get(id)) throw new Refusal('wrong_state', 'The session is still running: end it first.')
      if (remove.run(id).changes === 0) throw new Refusal('not_found')
    },
  }
}
