/** The audit: what admins did, by the name of their token, and to which id. Nothing about patients. */
import type { Page } from './codes.ts'
import type { Database } from './database.ts'

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

export function openAudit(db: Database, newId: (now: number) => string) {
  const insert = db.prepare(
    'INSERT INTO audit (id, at, admin, action, target) VALUES (@id, @now, @admin, @action, @target)',
  )
  const page = db.prepare<unknown[], AuditEntry>(
    `SELECT id, at, admin, action, target FROM audit
     WHERE id > @after AND (@from IS NULL OR at >= @from) AND (@to IS NULL OR at < @to)
     ORDER BY id LIMIT @limit`,
  )

  return {
    /** Writes a line in whatever transaction is open, so that it stands or falls with what it tells of. */
    note(action: Action, target: string | null, { admin, now }: By): void {
      insert.run({ id: newId(now), now, admin, action, target })
    },

    /** One page of lines, oldest first; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & { from?: number | undefined; to?: number | undefined }) {
      const { from = null, to = null, after = '', limit } = wanted
      const entries = page.all({ from, to, after, limit: limit + 1 })
      return {
        entries: entries.slice(0, limit),
        next: entries.length > limit ? (entries[limit - 1]?.id ?? null) : null,
      }
    },
  }
}
