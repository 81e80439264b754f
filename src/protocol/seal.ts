/**
 * A practice's own key, and the seal: what a guest's link carries of that key, so that the guest's page knows it again.
 * The server sees neither. See /docs/sealing.
 */
import { type Bytes, fields, fromBase64url, joined, sha256, toBase64url, utf8 } from './bytes.ts'
import { makeCode, SEAL_LENGTH } from './dial-code.ts'

/** A private key on P-256 (RFC 7518, section 6.2), as it lies in a practice's key file. */
export type PracticeKeyFile = { kty: 'EC'; crv: 'P-256'; x: string; y: string; d: string; use: 'wartezimmer-seal-1' }

export const PRACTICE_KEY_USE = 'wartezimmer-seal-1'

/** A key as WebCrypto has it; not every compiler knows its name. */
export type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** A practice's key as its page has it: nothing can read it out again. */
export type PracticeKey = { key: Key; point: Bytes; seal: string }

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
export async function readPracticeKey(text: string): Promise<PracticeKey | undefined> {
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
    return toBase64url(there) === toBase64url(back) ? { key, point, seal: await sealOf(point) } : undefined
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

/** Keys for AES-256-GCM (SP 800-38D) by HKDF-SHA256 (RFC 5869). The seal is the salt, since only who has a link knows it. */
export async function deriveKey(secret: Bytes, seal: string, info: Bytes, use: 'encrypt' | 'decrypt'): Promise<Key> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: utf8(seal), info }
  return crypto.subtle.deriveKey(how, key, { name: 'AES-GCM', length: 256 }, false, [use])
}

const IV = 12
const wrapping = (seal: string, use: 'encrypt' | 'decrypt') =>
  deriveKey(utf8(seal), seal, fields('wartezimmer practice', Uint8Array.of(1)), use)

/**
 * A practice's public key as it is said to those who have a link: nobody else learns it, nor with it the seal.
 * @param iv twelve random bytes, but for test vectors
 */
export async function wrapPoint(
  { point, seal }: Pick<PracticeKey, 'point' | 'seal'>,
  iv: Bytes = crypto.getRandomValues(new Uint8Array(IV)),
): Promise<string> {
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await wrapping(seal, 'encrypt'), point)
  return toBase64url(joined(iv, new Uint8Array(box)))
}

/** @returns the public key that this seal stands for; undefined where something else was wrapped */
export async function unwrapPoint(text: string, seal: string): Promise<Bytes | undefined> {
  const bytes = fromBase64url(text)
  if (!bytes) return undefined
  try {
    const [iv, box] = [bytes.slice(0, IV), bytes.slice(IV)]
    const point = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await wrapping(seal, 'decrypt'), box)
    return (await sealOf(new Uint8Array(point))) === seal ? new Uint8Array(point) : undefined
  } catch {
    return undefined
  }
}
