/** How things are put into bytes before they are hashed or encrypted, in browsers and in Node alike. */

/** Bytes of a buffer of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text)

/** One after the other, each behind its length (16 bits, big-endian): no two lists have the same bytes. */
export function fields(...list: readonly (Bytes | string)[]): Bytes {
  const parts = list.flatMap((field) => {
    const bytes = typeof field === 'string' ? utf8(field) : field
    return [Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes]
  })
  return joined(...parts)
}

/** One after the other. */
export function joined(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** Bytes as hexadecimal digits. */
export const toHex = (bytes: Bytes): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Bytes as base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Bytes): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** @returns what `toBase64url` was given; undefined where it can have given no such text */
export function fromBase64url(text: unknown): Bytes | undefined {
  if (typeof text !== 'string' || /[^\w-]/.test(text)) return undefined
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    return toBase64url(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
