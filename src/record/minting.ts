/** Makes dial-in codes. What is asked for twice under one Idempotency-Key is made once and said twice. */
import { createHmac, randomBytes } from 'node:crypto'
import { CODE_LENGTH, makeCode } from '../protocol/dial-code.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Role } from '../protocol/messages.ts'
import type { CodeKeys } from './code-key.ts'
import { type Code, hashCode, type NewCode, type openCodes } from './codes.ts'
import { type By, isWithin } from './scope.ts'
import { checkWindow, defaultWindow } from './window.ts'

/** What an admin asks for; instants in epoch ms. */
export type MintRequest = {
  room?: string | undefined
  /** One code for each, in this order. */
  roles: readonly Role[]
  notBefore?: number | undefined
  expiresAt?: number | undefined
  reference?: string | undefined
  guests?: number | undefined
}

/** A code with its bare symbols: this is the only time that they are said. */
export type MintedCode = Code & { symbols: string }

export type Minted = { room: string; codes: MintedCode[] }

/** Of 2^40 codes a few thousand are taken, so a second attempt is rare and an eighth is a fault. */
const ATTEMPTS = 8

/** 32 symbols, so that 5 bits of a byte choose one without bias. */
const ROOM_SYMBOLS = 'abcdefghijkmnpqrstuvwxyz23456789'
const randomRoom = () => Array.from(randomBytes(10), (byte) => ROOM_SYMBOLS[byte & 31]).join('')

/** Where the randomness of a code comes from: the place in the list of roles, and which attempt it is. */
type Source = (index: number, attempt: number) => Buffer

/** The code's row, if it can be one. */
type Accept = (hash: Buffer) => Code | undefined

const keyed = (codeKey: string, ...parts: unknown[]) =>
  createHmac('sha256', codeKey).update(JSON.stringify(parts)).digest()

/** What a request is known by when it is repeated: keyed hashes of its key and of itself, and a salt. */
type Key = Pick<NewCode, 'mint' | 'request' | 'salt'>

/**
 * @param count told how many are made, and by whom; may refuse
 * @param cap how long after it was made a code may be valid at most, in ms
 */
export function openMinting(
  codes: ReturnType<typeof openCodes>,
  count: (codes: number, by: By) => void,
  keys: CodeKeys,
  cap: number,
  newId: (now: number) => string,
) {
  /** The first attempt that `accept` has a row for. */
  function attempt(codeKey: string, source: Source, index: number, role: Role, accept: Accept) {
    for (let count = 0; count < ATTEMPTS; count++) {
      const symbols = makeCode(source(index, count).subarray(0, CODE_LENGTH[role] - 1))
      const code = accept(hashCode(codeKey, symbols))
      if (code) return { ...code, symbols }
    }
    return undefined
  }

  function make(asked: MintRequest, by: By, source: Source, key: Key): Minted {
    const { now, rooms } = by
    const { room = rooms + randomRoom(), guests = 1, reference = null } = asked
    if (!isWithin(room, by)) throw new Refusal('forbidden', `The names of your rooms begin with ${rooms}`)
    const window = defaultWindow(asked, now)
    checkWindow(window, now + cap, now)
    count(asked.roles.length, by)
    const minted = asked.roles.map((role, index) => {
      const code = attempt(keys[0], source, index, role, (hash) => {
        const row = { id: newId(now), room, role, hash, reference, guests, ...window, createdAt: now, ...key }
        return codes.add(row) ? codes.get(row.id, by) : undefined
      })
      if (!code) throw new Error('no free code was found')
      return code
    })
    return { room, codes: minted }
  }

  /** The same answer again: codes that are gone by now are missing, moved ones are where they are now. */
  function repeat(codeKey: string, request: MintRequest, by: By, source: Source, mint: Buffer): Minted {
    const again = request.roles.flatMap(
      (role, index) => attempt(codeKey, source, index, role, (hash) => codes.find(hash, mint, by)) ?? [],
    )
    return { room: again[0]?.room ?? '', codes: again }
  }

  /**
   * Makes a code for each role; in whatever transaction is open, all or none.
   * @param key repeats by the same admin under the same Idempotency-Key mint nothing and return the same codes,
   *   as they are now
   * @throws Refusal forbidden, window_invalid, throttled, or idempotency_mismatch for another request under the same key
   */
  return (request: MintRequest, by: By, key?: string): Minted => {
    if (key === undefined) return make(request, by, () => randomBytes(32), { mint: null, request: null, salt: null })
    // The codes must be said again although they are not on disk: they follow from the key that the caller repeats,
    // a salt on disk, and the code key. Who stole the folder may have the last two, hence the first is random, too.
    const source =
      (codeKey: string, salt: Buffer): Source =>
      (index, count) =>
        keyed(codeKey, 'code', salt.toString('hex'), key, index, count)
    const { room, roles, notBefore, expiresAt, reference, guests } = request
    const namesWith = (codeKey: string) => ({
      mint: keyed(codeKey, 'mint', by.admin, key),
      request: keyed(codeKey, 'request', { room, roles, notBefore, expiresAt, reference, guests }),
    })
    for (const codeKey of keys) {
      const names = namesWith(codeKey)
      const known = codes.request(names.mint, by)
      if (known && !known.request.equals(names.request)) throw new Refusal('idempotency_mismatch')
      if (known) return repeat(codeKey, request, by, source(codeKey, known.salt), names.mint)
    }
    const salt = randomBytes(32)
    return make(request, by, source(keys[0], salt), { ...namesWith(keys[0]), salt })
  }
}
