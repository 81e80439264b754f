/** Random ids; `crypto.randomUUID` would need a secure context, and signaling works without one. */

/** @returns 32 hexadecimal digits from the browser's secure source */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
