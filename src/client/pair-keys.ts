/**
 * The keys of two pages, and what is sealed with them. See /docs/sealing.
 *
 * Each page makes a key for as long as it is loaded. A guest's page and a practice's agree as in ntor (Goldberg, Stebila,
 * Ustaoglu 2013): both pages' keys, and the practice's own with the guest's page's; so only who holds the practice's key
 * comes to the same result, and who gets hold of it later learns nothing of calls before. Guests agree with their pages'
 * keys, which the practice has told each of the other (SP 800-56A, C(2e, 0s)). Who has no link of the practice comes to
 * neither. Messages are sealed with a counter for a nonce, as in TLS 1.3 (RFC 8446, section 5.3).
 */
import { type Bytes, fields, fromBase64url, joined, toBase64url, utf8 } from '../protocol/bytes.ts'
import type { Sealed } from '../protocol/data.ts'
import { agreeOn, deriveKey, importPoint, type Key, P256 } from '../protocol/seal.ts'

const VERSION = Uint8Array.of(1)

/** The key of a page that is loaded. */
export type PageKey = {
  key: Key
  point: Bytes
  /** The point as it is said: base64url. */
  text: string
}

export async function makePageKey(): Promise<PageKey> {
  const { privateKey: key, publicKey } = await crypto.subtle.generateKey(P256, false, ['deriveBits'])
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  return { key, point, text: toBase64url(point) }
}

/** The name of a page's key, by which messages say what they are sealed with. Not secret, and proves nothing. */
export const keyName = (text: string): string => text.slice(2, 18)

export type PairKeys = Awaited<ReturnType<typeof agree>>

/** The practice's key: its page has all of it, a guest's page its public half; between guests there is only the seal. */
export type Voucher = { seal: string; point?: Bytes; key?: Key }

/** More pages than anybody meets in a visit. */
const MEETINGS = 1_000

export type KeyRing = ReturnType<typeof createKeyRing>

/**
 * The keys of a page for as long as it is loaded. With the same page it never agrees twice, whoever that page is said to
 * be: otherwise messages would be counted anew, and a nonce used again.
 */
export function createKeyRing() {
  let own: Promise<PageKey> | undefined
  const agreed = new Map<string, Promise<PairKeys>>()
  /** Our page's key, made when it is first asked for. */
  const page = (): Promise<PageKey> => {
    own ??= makePageKey()
    own.catch(() => {
      own = undefined
    })
    return own
  }
  return {
    page,
    /** Agrees on keys with another page. Rejects where what was said is no key. */
    agree(theirs: string, voucher: Voucher): Promise<PairKeys> {
      const name = JSON.stringify([theirs, voucher.seal, voucher.point === undefined])
      const known = agreed.get(name)
      if (known) return known
      if (agreed.size >= MEETINGS) return Promise.reject(new Error('too many pages'))
      const keys = page().then((mine) => {
        // Our own words, said back to us: keys that are the same in both directions.
        if (mine.text === theirs) throw new Error('our own key')
        return agree(mine, theirs, voucher)
      })
      agreed.set(name, keys)
      // What is no key leaves nothing behind.
      keys.catch(() => agreed.delete(name))
      return keys
    },
  }
}

/**
 * Agrees on keys with another page; once for each, see above.
 * @param theirs its key as it was said
 * @throws where what was said is no key
 */
export async function agree(mine: PageKey, theirs: string, { seal, point: practice, key }: Voucher) {
  const point = fromBase64url(theirs) ?? new Uint8Array()
  const other = await importPoint(point)
  const secrets = [await agreeOn(mine.key, other)]
  if (key) secrets.push(await agreeOn(key, other))
  else if (practice) secrets.push(await agreeOn(mine.key, await importPoint(practice)))
  const derive = (from: Bytes, to: Bytes, use: 'encrypt' | 'decrypt') => {
    const info = fields('wartezimmer sealed', VERSION, from, to, practice ?? new Uint8Array())
    return deriveKey(joined(...secrets), seal, info, use)
  }
  const [out, back] = await Promise.all([derive(mine.point, point, 'encrypt'), derive(point, mine.point, 'decrypt')])
  let said = 0
  let heard = 0
  return {
    /** The other page's key as it was said. */
    theirs,
    async seal(data: unknown): Promise<Sealed> {
      said += 1
      const n = said
      const box = await crypto.subtle.encrypt(gcm(n), out, utf8(JSON.stringify(data)))
      return { v: 1, from: keyName(mine.text), to: keyName(theirs), n, box: toBase64url(new Uint8Array(box)) }
    },
    /** Opens each message once, and only in order. @returns undefined for what was not sealed by the other page for us */
    async open({ n, box }: Sealed): Promise<unknown> {
      const bytes = fromBase64url(box)
      if (!bytes || n <= heard) return undefined
      try {
        const text = await crypto.subtle.decrypt(gcm(n), back, bytes)
        const data: unknown = JSON.parse(new TextDecoder().decode(text))
        if (n <= heard) return undefined
        heard = n
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
