/** The audit: what admins did, by the name of their token, and to which id. Nothing about patients. */
import type { Database } from './database.ts'
import { OF_DAYS } from './own-days.ts'
import { cut, hidden, type Page } from './page.ts'
import { dayOf, type Kind, openPartitions } from './partitions.ts'
import type { By } from './scope.ts'

/** Lines about somebody's rooms, and about all rooms. */
const OWN = `rooms IN ('', ${hidden('rooms')})`

export const actions = [
  'mint_code',
  'move_code',
  'revoke_code',
  'erase_code',
  'read_sessions',
  'erase_session',
  'read_admins',
] as const

export type Action = (typeof actions)[number]

/** Who is noted of what is done on the machine itself, without any token; no admin can be called that. */
export const OPERATOR = '(operator)'

/** One line of the audit; `target` is the id of the code or session, null where the action has none. */
export type AuditEntry = { id: string; at: number; admin: string; action: Action; target: string | null }

/** `rooms` says whose line it is: what the names of a practice's rooms begin with, or empty for all of them. */
export const auditKind: Kind = {
  name: 'audit',
  columns: `
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    admin TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    rooms TEXT`,
  indexes: ['(rooms, id)'],
  own: OWN,
}

export function openAudit(db: Database, newId: (now: number) => string) {
  const days = openPartitions(db, auditKind)
  const page = (condition: string) =>
    db.prepare<unknown[], AuditEntry>(
      `SELECT id, at, admin, action, target FROM audit
       WHERE ${condition} id > @after AND at >= @from AND at < @to AND day BETWEEN @firstDay AND @lastDay AND ${OF_DAYS}
       ORDER BY id LIMIT ${hidden('limit')}`,
    )
  const [all, own] = [page(''), page(`${OWN} AND `)]

  return {
    days,

    /**
     * Writes a line in whatever transaction is open, so that it stands or falls with what it tells of.
     * @param of whose rooms it is about, where the admin has all: a practice's, everybody's (empty), or nobody's
     */
    note(action: Action, target: string | null, { admin, rooms, now }: By, of: string | null): void {
      const whose = rooms || of
      const insert = db.prepare(
        `INSERT INTO ${days.tableFor(now, whose)} (id, at, admin, action, target, rooms) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      insert.run(newId(now), now, admin, action, target, whose)
    },

    /**
     * One page of lines since an instant, oldest first; `next` is the `after` of the following page, null on the last
     * one. Who has not all rooms sees what was done to its own, by whomever, and to all.
     */
    list(wanted: Page & { from?: number | undefined; to?: number | undefined }, since: number, { rooms }: By) {
      const { to = Number.MAX_SAFE_INTEGER, after = '', limit } = wanted
      const from = Math.max(wanted.from ?? 0, since)
      const values = {
        rooms,
        from,
        to,
        after,
        firstDay: dayOf(from),
        lastDay: dayOf(to),
        limit: limit + 1,
        ...days.of({ rooms }),
      }
      const { rows: entries, next } = cut(rooms === '' ? all.all(values) : own.all(values), limit)
      return { entries, next }
    },
  }
}
