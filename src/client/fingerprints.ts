/** The certificates that a description names. */

const LINES = /^a=fingerprint:\s*(.*\S)/gim

/** All that differ, in small letters, as "sha-256 aa:bb:…" (RFC 8122, section 5). */
export function fingerprints(sdp = ''): string[] {
  return [...new Set([...sdp.matchAll(LINES)].map(([, text = '']) => text.toLowerCase()))].sort()
}
