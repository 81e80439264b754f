/** Random ids and tokens, and how a token is recognised without being stored. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 96 random bits: unguessable, and short in every signal. */
export const newPeer = (): string => randomBytes(12).toString('base64url')

/** A resume token: the peer it belongs to, so that it can be found, and 192 random bits. */
export function newToken(peer: string): { token: string; hash: Buffer } {
  const token = `${peer}.${randomBytes(24).toString('base64url')}`
  return { token, hash: hashOf(token) }
}

/** The peer that a token claims to belong to. */
export const peerOf = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')))

export const tokenMatches = (token: string, hash: Buffer): boolean => timingSafeEqual(hashOf(token), hash)

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()
