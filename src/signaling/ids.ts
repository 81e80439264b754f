/** Random ids and tokens. */
import { randomBytes } from 'node:crypto'

/** 96 random bits: unguessable, and short in every signal. */
export const newPeer = (): string => randomBytes(12).toString('base64url')

/** A resume token: the peer it belongs to, so that it can be found, and 192 random bits. */
export const newToken = (peer: string): string => `${peer}.${randomBytes(24).toString('base64url')}`

/** The peer that a token claims to belong to. */
export const peerOf = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')))
