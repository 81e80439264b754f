/** The audit: what admins did, by the name of their token, and to which id. Nothing about patients. */
import type { Database } from './database.ts'
import { cut, type Page } from './page.ts'
import { dayOf, type Kind, openPartitions } from './partitions.ts'

export const actions = [
  'mint_code',
  'move_code',
  'revoke_code',
  'erase_code',
  'read_sessions',
  'erase_session',
] as const

export type Action = (typeof actions)[number]

/** Who does something, by the name of the admin's token, and when, epoch ms. */
export type By = { admin: string; now: number }

/** One line of the audit; `target` is the id of the code or session, null where the action has none. */
export type AuditEntry = { id: string; at: number; admin: string; action: Action; target: string | null }

export const auditKind: Kind = {
  name: 'audit',
  columns: `
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    admin TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT`,
  indexes: [],
}

export function openAudit(db: Database, newId: (now: number) => string) {
  const days = openPartitions(db, auditKind)
  const page = db.prepare<unknown[], AuditEntry>(
    `SELECT id, at, admin, action, target FROM audit
     WHERE id > @after AND at >= @from AND at < @to AND day BETWEEN @firstDay AND @lastDay
     ORDER BY id LIMIT @limit`,
  )

  return {
    days,

    /** Writes a line in whatever transaction is open, so that it stands or falls with what it tells of. */
    note(action: Action, target: string | null, { admin, now }: By): void {
      const insert = db.prepare(
        `INSERT INTO ${days.tableFor(now)} (id, at, admin, action, target) VALUES (?, ?, ?, ?, ?)`,
      )
      insert.run(newId(now), now, admin, action, target)
    },

    /** One page of lines since an instant, oldest first; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & { from?: number | undefined; to?: number | undefined }, since: number) {
      const { to = Number.MAX_SAFE_INTEGER, after = '', limit } = wanted
      const from = Math.max(wanted.from ?? 0, since)
      const days = { firstDay: dayOf(from), lastDay: dayOf(to) }
      const { rows: entries, next } = cut(page.all({ from, to, after, ...days, limit: limit + 1 }), limit)
      return { entries, next }
    },
  }
}
