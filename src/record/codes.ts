/** Dial-in codes on disk: who may enter, and what an admin may see and change. Never the codes themselves. */
import { createHmac } from 'node:crypto'
import type { Ticket } from '../contract/records.ts'
import { readCode } from '../protocol/dial-code.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'
import type { Database } from './database.ts'
import { checkWindow } from './window.ts'

export type CodeStatus = 'valid' | 'early' | 'expired' | 'revoked'

/** A code as admins see it; instants in epoch ms. */
export type Code = {
  id: string
  room: string
  role: Role
  status: CodeStatus
  notBefore: number
  expiresAt: number
  createdAt: number
  revokedAt: number | null
  reference: string | null
  guests: number
}

/** One page of a list: rows after the id `after`, in the order in which they were made. */
export type Page = { limit: number; after?: string | undefined }

/** The only form in which a code is on disk: its symbols' HMAC, with a key that is kept elsewhere. */
export const hashCode = (codeKey: string, symbols: string): Buffer =>
  createHmac('sha256', codeKey).update(symbols).digest()

/** The columns of a Code; the status is decided here and nowhere else. */
export const CODE_COLUMNS = `
  id, room, role, not_before AS notBefore, expires_at AS expiresAt, created_at AS createdAt,
  revoked_at AS revokedAt, reference, guests,
  CASE
    WHEN revoked_at IS NOT NULL THEN 'revoked'
    WHEN expires_at <= @now THEN 'expired'
    WHEN not_before > @now THEN 'early'
    ELSE 'valid'
  END AS status`

/** @param cap how long after it was made a code may be valid at most, in ms */
export function openCodes(db: Database, codeKey: string, cap: number) {
  const byHash = db.prepare<unknown[], Code>(`SELECT ${CODE_COLUMNS} FROM codes WHERE hash = @hash`)
  const byId = db.prepare<unknown[], Code>(`SELECT ${CODE_COLUMNS} FROM codes WHERE id = @id`)
  const page = db.prepare<unknown[], Code>(
    `SELECT * FROM (SELECT ${CODE_COLUMNS} FROM codes)
     WHERE id > @after AND (@room IS NULL OR room = @room) AND (@status IS NULL OR status = @status)
     ORDER BY id LIMIT @limit`,
  )
  const setWindow = db.prepare('UPDATE codes SET not_before = @notBefore, expires_at = @expiresAt WHERE id = @id')
  const setRevoked = db.prepare('UPDATE codes SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL')
  const remove = db.prepare('DELETE FROM codes WHERE id = ?')
  const anyOfRoom = db.prepare('SELECT 1 FROM codes WHERE room = ? LIMIT 1')

  function get(id: string, now: number): Code {
    const code = byId.get({ id, now })
    if (!code) throw new Refusal('code_unknown')
    return code
  }

  return {
    /** One code, or Refusal code_unknown. */
    get,

    /**
     * Says who may enter with what somebody typed. A typing error is found before any look-up.
     * Throws a Refusal: code_malformed, code_unknown, code_revoked, code_too_early, code_expired.
     */
    check(typed: string, now: number): Ticket {
      const read = readCode(typed)
      if (!read) throw new Refusal('code_malformed')
      const code = byHash.get({ hash: hashCode(codeKey, read.symbols), now })
      if (!code) throw new Refusal('code_unknown')
      const { id, room, role, guests, reference } = code
      switch (code.status) {
        case 'valid':
          return { code: id, room, role, guests, reference }
        case 'early':
          throw new Refusal('code_too_early', undefined, { notBefore: code.notBefore })
        case 'expired':
          throw new Refusal('code_expired')
        case 'revoked':
          throw new Refusal('code_revoked')
        default:
          throw code.status satisfies never
      }
    },

    /** One page of codes; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & { room?: string | undefined; status?: CodeStatus | undefined }, now: number) {
      const { room = null, status = null, after = '', limit } = wanted
      const codes = page.all({ room, status, after, limit: limit + 1, now })
      return { codes: codes.slice(0, limit), next: codes.length > limit ? (codes[limit - 1]?.id ?? null) : null }
    },

    /**
     * Moves a code's window; an end that is not named stays.
     * Throws a Refusal: code_unknown, code_revoked, window_invalid.
     */
    move(id: string, to: { notBefore?: number | undefined; expiresAt?: number | undefined }, now: number): Code {
      const code = get(id, now)
      if (code.status === 'revoked') throw new Refusal('code_revoked')
      const window = { notBefore: to.notBefore ?? code.notBefore, expiresAt: to.expiresAt ?? code.expiresAt }
      checkWindow(window, code.createdAt + cap, now)
      setWindow.run({ id, ...window })
      return get(id, now)
    },

    /** Makes a code worthless, at once and for good. @returns false where it was. Throws a Refusal: code_unknown. */
    revoke(id: string, now: number): boolean {
      get(id, now)
      return setRevoked.run({ id, now }).changes === 1
    },

    /** Deletes a code's row; with the last code of a mint its key's hashes go, too. Throws a Refusal: code_unknown. */
    erase(id: string): void {
      if (remove.run(id).changes === 0) throw new Refusal('code_unknown')
    },

    /** Whether any code leads to this room. */
    knowsRoom: (room: string): boolean => anyOfRoom.get(room) !== undefined,
  }
}
