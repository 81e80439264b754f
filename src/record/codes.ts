/** Dial-in codes on disk: who may enter, and what an admin may see and change. Never the codes themselves. */
import { createHmac } from 'node:crypto'
import type { CheckCode } from '../contract/records.ts'
import { readCode } from '../protocol/dial-code.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'
import type { CodeKeys } from './code-key.ts'
import type { Database } from './database.ts'
import { OF_DAYS } from './own-days.ts'
import { cut, hidden, inOrder, type Page, WAYS, wayTo } from './page.ts'
import { dayOf, type Kind, openPartitions } from './partitions.ts'
import { ASKED_WITHIN, type By, WITHIN, WITHIN_BY_ID, within } from './scope.ts'
import { checkWindow, DAY } from './window.ts'

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

/** What repeats of a request are known by lies with each of its codes, and goes with the last of them. */
export const codeKind: Kind = {
  name: 'codes',
  columns: `
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('guest', 'host', 'staff')),
    hash BLOB NOT NULL UNIQUE,
    reference TEXT,
    guests INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    mint BLOB,
    request BLOB,
    salt BLOB`,
  indexes: ['(room, id)', '(mint) WHERE mint IS NOT NULL'],
  own: WITHIN,
}

/** The only form in which a code is on disk: its symbols' HMAC, with a key that is kept elsewhere. */
export const hashCode = (codeKey: string, symbols: string): Buffer =>
  createHmac('sha256', codeKey).update(symbols).digest()

/**
 * When a code's row is due; it lies in the table of that day. It stays a day after it expired, so that who comes late
 * is told why the door is shut, but not beyond `cap`, ms after it was made.
 */
export const dueSql = (cap: number | string): string => `min(expires_at + ${DAY}, created_at + ${cap})`
const dueOf = ({ expiresAt, createdAt }: Pick<Code, 'expiresAt' | 'createdAt'>, cap: number) =>
  Math.min(expiresAt + DAY, createdAt + cap)

const STATUS = `
  CASE
    WHEN revoked_at IS NOT NULL THEN 'revoked'
    WHEN expires_at <= @now THEN 'expired'
    WHEN not_before > @now THEN 'early'
    ELSE 'valid'
  END`

/** Codes, as far as they are not due; the status is decided here and nowhere else. */
const select = (condition: string): string => `
  SELECT id, room, role, not_before AS notBefore, expires_at AS expiresAt, created_at AS createdAt,
    revoked_at AS revokedAt, reference, guests, ${STATUS} AS status
  FROM codes WHERE ${condition} AND day >= @today AND ${OF_DAYS} AND ${dueSql('@cap')} > @now`

/** What such a statement needs, whatever it looks for. */
const at = (now: number, cap: number) => ({ now, today: dayOf(now), cap, days: null })

/** Looks codes up. It only reads, and in a bounded number of steps, so it may be done in the event loop. */
export function openCheck(db: Database, keys: CodeKeys, cap: number): CheckCode {
  const byHash = db.prepare<unknown[], Code>(`${select(`hash = @hash AND ${WITHIN_BY_ID}`)} LIMIT 1`)

  return (typed, now, rooms = '') => {
    // A typing error is found before any look-up.
    const read = readCode(typed)
    if (!read) throw new Refusal('code_malformed')
    const look = (key: string) =>
      byHash.get({ hash: hashCode(key, read.symbols), ...at(now, cap), ...within({ rooms }) })
    const code = keys.reduce<Code | undefined>((found, key) => found ?? look(key), undefined)
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
  }
}

/** What a code is made of, beside what a Code shows. */
export type NewCode = Omit<Code, 'status' | 'revokedAt'> & {
  hash: Buffer
  mint: Buffer | null
  request: Buffer | null
  salt: Buffer | null
}

/** @param cap how long after it was made a code's row may be kept, in ms */
export function openCodes(db: Database, cap: number) {
  const days = openPartitions(db, codeKind)
  /** What a statement needs where an admin asks. */
  const seenBy = (by: By) => ({ ...at(by.now, cap), ...within(by), ...days.of(by) })
  const byId = db.prepare<unknown[], Code>(select(`id = @id AND ${WITHIN}`))
  const byMint = db.prepare<unknown[], Code>(select(`hash = @hash AND mint IS ${hidden('mint')} AND ${WITHIN}`))
  const roomOf = db
    .prepare<unknown[], string>(`SELECT room FROM codes WHERE id = @id AND ${WITHIN} AND ${OF_DAYS}`)
    .pluck()
  const isTaken = db.prepare('SELECT 1 FROM codes WHERE hash = ? LIMIT 1')
  const ofRequest = db.prepare<unknown[], { request: Buffer; salt: Buffer }>(
    `SELECT request, salt FROM codes
     WHERE mint = ${hidden('mint')} AND ${WITHIN} AND day >= @today AND ${OF_DAYS} AND ${dueSql('@cap')} > @now LIMIT 1`,
  )
  const page = (way: keyof typeof WAYS) =>
    db.prepare<unknown[], Code>(
      `${select(`${WAYS[way]} AND (@status IS NULL OR ${STATUS} = @status)`)} ${inOrder(way)}`,
    )
  const pages = { all: page('all'), some: page('some'), one: page('one') }
  const anyOfRoom = db.prepare(`${select(`room = ${hidden('room')} AND ${ASKED_WITHIN}`)} LIMIT 1`)

  function get(id: string, by: By): Code {
    const code = byId.get({ id, ...seenBy(by) })
    if (!code) throw new Refusal('code_unknown')
    return code
  }

  /** Writes it to the table of its day. */
  const insert = (code: NewCode): void =>
    void db
      .prepare(
        `INSERT INTO ${days.tableFor(dueOf(code, cap), code.room)}
           (id, room, role, hash, reference, guests, not_before, expires_at, created_at, mint, request, salt)
         VALUES (@id, @room, @role, @hash, @reference, @guests, @notBefore, @expiresAt, @createdAt, @mint, @request, @salt)`,
      )
      .run(code)

  return {
    days,

    /** One code, or Refusal code_unknown. */
    get,

    /** Adds a code, unless its hash is taken. @returns whether it was added */
    add(code: NewCode): boolean {
      if (isTaken.get(code.hash)) return false
      insert(code)
      return true
    },

    /** The code with a hash that was made for a request (null: for one without a key). */
    find: (hash: Buffer, mint: Buffer | null, by: By): Code | undefined => byMint.get({ hash, mint, ...seenBy(by) }),

    /** What is known of a request as long as one of its codes is there. */
    request: (mint: Buffer, by: By): { request: Buffer; salt: Buffer } | undefined =>
      ofRequest.get({ mint, ...seenBy(by) }),

    /** One page of codes; `next` is the `after` of the following page, null on the last one. */
    list(wanted: Page & { room?: string | undefined; status?: CodeStatus | undefined }, by: By) {
      const { room, status = null, after = '', limit } = wanted
      const values = { room, status, after, limit: limit + 1, ...seenBy(by) }
      const { rows: codes, next } = cut(pages[wayTo(room, by)].all(values), limit)
      return { codes, next }
    },

    /**
     * Moves a code's window; an end that is not named stays.
     * Throws a Refusal: code_unknown, code_revoked, window_invalid.
     */
    move(id: string, to: { notBefore?: number | undefined; expiresAt?: number | undefined }, by: By): Code {
      const code = get(id, by)
      if (code.status === 'revoked') throw new Refusal('code_revoked')
      const window = { notBefore: to.notBefore ?? code.notBefore, expiresAt: to.expiresAt ?? code.expiresAt }
      checkWindow(window, code.createdAt + cap, by.now)
      const into = days.tableFor(dueOf({ ...code, ...window }, cap), code.room)
      const from = days.tableOf(id, by)
      if (from !== into) {
        // What would stay behind would outlive it there, or be gone before it.
        const row = db.prepare(`SELECT * FROM ${from} WHERE id = ?`).get(id) as Record<string, unknown>
        days.erase(id, by)
        const columns = Object.keys(row)
        db.prepare(`INSERT INTO ${into} VALUES (${columns.map((column) => `@${column}`)})`).run(row)
      }
      const set = 'SET not_before = @notBefore, expires_at = @expiresAt WHERE id = @id'
      db.prepare(`UPDATE ${into} ${set}`).run({ id, ...window })
      return get(id, by)
    },

    /** Makes a code worthless, at once and for good. @returns false where it was. Throws a Refusal: code_unknown. */
    revoke(id: string, by: By): boolean {
      get(id, by)
      const revoke = db.prepare(`UPDATE ${days.tableOf(id, by)} SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`)
      return revoke.run(by.now, id).changes > 0
    },

    /** Deletes a code's row. @returns its room. Throws a Refusal: code_unknown. */
    erase(id: string, by: By): string {
      const room = roomOf.get({ id, ...within(by), ...days.of(by) })
      if (room === undefined) throw new Refusal('code_unknown')
      days.erase(id, by)
      return room
    },

    /** Whether any code leads to this room. */
    knowsRoom: (room: string, by: By): boolean => anyOfRoom.get({ room, ...seenBy(by) }) !== undefined,
  }
}
