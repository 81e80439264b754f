/** Random ids and tokens, and how a token is recognised without being stored. */
import { randomBytes, timingSafeEqual } from 'node:crypto'

/** 96 random bits: unguessable, and short in every signal. */
export const newPeer = (): string => randomBytes(12).toString('base64url')

/** A resume token: the peer it belongs to, so that it can be found, and 192 random bits. */
export const newToken = (peer: string): string => `${peer}.${randomBytes(24).toString('base64url')}`

/** The peer that a token claims to belong to. */
export const peerOf = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')))

/** Compares two hashes of the same length in constant time. */
export const sameHash = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))
