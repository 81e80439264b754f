/** Random ids and tokens. */
import { randomFillSync } from 'node:crypto'

/** Drawn from the system for a hundred at a time: each time costs as much as to read a frame. */
const drawn = Buffer.alloc(3600)
let used = drawn.length

function random(bytes: number): string {
  if (used + bytes > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const some = drawn.subarray(used, used + bytes)
  used += bytes
  const text = some.toString('base64url')
  // What proves whose a seat is, is kept nowhere here.
  some.fill(0)
  return text
}

/** 96 random bits: unguessable, and short in every signal. */
export const newPeer = (): string => random(12)

/** A resume token: the peer it belongs to, so that it can be found, and 192 random bits. */
export const newToken = (peer: string): string => `${peer}.${random(24)}`

/** The peer that a token claims to belong to. */
export const peerOf = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')))
