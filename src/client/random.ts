/** Random ids; `crypto.randomUUID` would need a secure context, and signaling works without one. */
import { toHex } from '../protocol/bytes.ts'

/** @returns 32 hexadecimal digits from the browser's secure source */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}
