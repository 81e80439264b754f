/**
 * A practice's own key, and the seal: what a guest's link carries of that key, so that the guest's page knows it again.
 * The server sees neither. See /docs/sealing.
 */
import { type Bytes, fields, fromBase64url, joined, sha256, toBase64url } from './bytes.ts'
import { makeCode, SEAL_LENGTH } from './dial-code.ts'

/** A private key on P-256 (RFC 7518, section 6.2), as it lies in a practice's key file. */
export type PracticeKeyFile = { kty: 'EC'; crv: 'P-256'; x: string; y: string; d: string; use: 'wartezimmer-seal-1' }

export const PRACTICE_KEY_USE = 'wartezimmer-seal-1'

/** A key as WebCrypto has it; not every compiler knows its name. */
export type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** The curve of all keys here. */
export const P256 = { name: 'ECDH', namedCurve: 'P-256' } as const

/** Makes a practice's key. */
export async function makePracticeKey(): Promise<PracticeKeyFile> {
  const { privateKey } = await crypto.subtle.generateKey(P256, true, ['deriveBits'])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey)
  return { kty: 'EC', crv: 'P-256', x, y, d, use: PRACTICE_KEY_USE }
}

/**
 * Reads a practice's key file.
 * @returns undefined for anything else, a damaged one too
 */
export async function readPracticeKey(text: string): Promise<{ key: Key; point: Bytes } | undefined> {
  try {
    const { kty, crv, x, y, d, use } = JSON.parse(text) as PracticeKeyFile
    if (use !== PRACTICE_KEY_USE) return undefined
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, P256, false, ['deriveBits'])
    const point = joined(Uint8Array.of(4), fromBase64url(x) ?? new Uint8Array(), fromBase64url(y) ?? new Uint8Array())
    // That the halves belong together: both ways to a common secret must lead to the same one.
    const other = await crypto.subtle.generateKey(P256, false, ['deriveBits'])
    const [there, back] = await Promise.all([
      agreeOn(key, other.publicKey),
      importPoint(point).then((own) => agreeOn(other.privateKey, own)),
    ])
    return toBase64url(there) === toBase64url(back) ? { key, point } : undefined
  } catch {
    return undefined
  }
}

/** A public key from its uncompressed point (SEC 1, section 2.3.3: 65 bytes). Rejects what lies not on the curve. */
export const importPoint = (point: Bytes): Promise<Key> => crypto.subtle.importKey('raw', point, P256, true, [])

/** What Diffie and Hellman make of a private and a public key: 32 bytes (SP 800-56A, section 5.7.1.2). */
export const agreeOn = async (key: Key, theirs: Key): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, key, 256))

/**
 * The seal of a practice's key: the first 130 bits of a SHA-256 and a check symbol, in the alphabet of the codes.
 * @param point the public key, 65 bytes
 */
export async function sealOf(point: Bytes): Promise<string> {
  const hash = await sha256(fields('wartezimmer seal', Uint8Array.of(1), point))
  const symbols = Uint8Array.from({ length: SEAL_LENGTH - 1 }, (_, index) => fiveBits(hash, index * 5))
  return makeCode(symbols)
}

/** Five bits of some bytes from one of their bits on, the highest first. */
function fiveBits(bytes: Bytes, from: number): number {
  const at = from >> 3
  const two = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return (two >> (11 - (from & 7))) & 31
}
