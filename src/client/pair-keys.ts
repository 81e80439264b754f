/**
 * The keys of two pages, and what is sealed with them. See /docs/sealing.
 *
 * Each page makes a key for as long as it is loaded. A guest's page and a practice's agree as in ntor (Goldberg, Stebila,
 * Ustaoglu 2013): both pages' keys, and the practice's own with the guest's page's; so only who holds the practice's key
 * comes to the same result, and who gets hold of it later learns nothing of calls before. Guests agree with their pages'
 * keys, which the practice has told each of the other (SP 800-56A, C(2e, 0s)). Keys are derived by HKDF-SHA256 (RFC 5869),
 * messages sealed by AES-256-GCM (SP 800-38D) with a counter for a nonce, as in TLS 1.3 (RFC 8446, section 5.3).
 */
import { type Bytes, fields, fromBase64url, joined, toBase64url, utf8 } from '../protocol/bytes.ts'
import type { Sealed } from '../protocol/data.ts'
import { agreeOn, importPoint, type Key, P256 } from '../protocol/seal.ts'

const VERSION = Uint8Array.of(1)

/** The key of a page that is loaded. */
export type PageKey = {
  key: Key
  point: Bytes
  /** The point as it is said: base64url. */
  text: string
}

/** A practice's key, as its page has it. */
export type PracticeKey = { key: Key; point: Bytes }

export async function makePageKey(): Promise<PageKey> {
  const { privateKey: key, publicKey } = await crypto.subtle.generateKey(P256, false, ['deriveBits'])
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  return { key, point, text: toBase64url(point) }
}

/** The name of a page's key, by which messages say what they are sealed with. Not secret, and proves nothing. */
export const keyName = (text: string): string => text.slice(2, 18)

export type PairKeys = {
  /** The other page's key, and that of the practice, as they were said. */
  readonly theirs: string
  readonly practice: string | undefined
  /** Whether something that was sealed with these keys has been opened: then the other page has them as well. */
  readonly proven: boolean
  seal(data: unknown): Promise<Sealed>
  /** Opens each message once, and only in order. @returns undefined for what was not sealed by the other page for us */
  open(sealed: Sealed): Promise<unknown>
}

/** What the practice's key adds: the practice's page has all of it, a guest's page its public half. */
export type Voucher = { point: Bytes; key?: Key }

/**
 * Agrees on keys with another page.
 * @param theirs its key as it was said
 * @param practice undefined between guests
 * @throws where what was said is no key
 */
export async function agree(mine: PageKey, theirs: string, practice: Voucher | undefined): Promise<PairKeys> {
  const point = fromBase64url(theirs) ?? new Uint8Array()
  const other = await importPoint(point)
  const secrets = [await agreeOn(mine.key, other)]
  if (practice?.key) secrets.push(await agreeOn(practice.key, other))
  else if (practice) secrets.push(await agreeOn(mine.key, await importPoint(practice.point)))
  const secret = await crypto.subtle.importKey('raw', joined(...secrets), 'HKDF', false, ['deriveKey'])
  const derive = (from: Bytes, to: Bytes, use: 'encrypt' | 'decrypt') => {
    const info = fields('wartezimmer sealed', VERSION, from, to, practice?.point ?? new Uint8Array())
    const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
    return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, [use])
  }
  const [out, back] = await Promise.all([derive(mine.point, point, 'encrypt'), derive(point, mine.point, 'decrypt')])
  let said = 0
  let heard = 0
  let proven = false
  return {
    theirs,
    practice: practice && toBase64url(practice.point),
    get proven() {
      return proven
    },
    async seal(data) {
      said += 1
      const n = said
      const box = await crypto.subtle.encrypt(gcm(n), out, utf8(JSON.stringify(data)))
      return { v: 1, from: keyName(mine.text), to: keyName(theirs), n, box: toBase64url(new Uint8Array(box)) }
    },
    async open({ n, box }) {
      const bytes = fromBase64url(box)
      if (!bytes || n <= heard) return undefined
      try {
        const text = await crypto.subtle.decrypt(gcm(n), back, bytes)
        const data: unknown = JSON.parse(new TextDecoder().decode(text))
        heard = n
        proven = true
        return data
      } catch {
        return undefined
      }
    },
  }
}

/** The nonce is the message's number: 96 bits, big-endian. */
function gcm(n: number): AesGcmParams {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setBigUint64(4, BigInt(n))
  return { name: 'AES-GCM', iv, additionalData: VERSION }
}
