/** What the client does, for developers. Who is there, from where, and what they say is in no entry. */
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import type { Problem } from './negotiation.ts'

export type LogEntry =
  | { level: 'debug'; event: 'opened' }
  | { level: 'debug'; event: 'said'; type: ClientMessage['type'] }
  | { level: 'debug'; event: 'heard'; type: ServerMessage['type'] }
  | { level: 'debug'; event: 'lost' | 'over'; closeCode: number }
  /** `peer` is the random id of this visit. */
  | ({ level: 'warn'; event: 'problem'; peer: string } & Problem)

export type Log = (entry: LogEntry) => void

/** Where a page has no log of its own: what is wrong goes to the console. */
export const logWarnings: Log = (entry) => {
  if (entry.level === 'warn') console.warn('wartezimmer', entry)
}
