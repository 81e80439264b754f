/** What the conversation needs of the world outside, as plain functions and data. */
import type { Ice, LeaveReason, Role } from '../protocol/messages.ts'

/** What a valid dial-in code entitles to. */
export type Ticket = {
  /** The code's id in the record; never the code itself. */
  code: string
  room: string
  role: Role
  /** How many guests may be admitted at once, as far as this code has a say: 1 to 8. */
  guests: number
  /** The practice's own pseudonymous id for the appointment. */
  reference: string | null
}

/**
 * Says who may enter with what somebody typed.
 * Throws a Refusal: code_malformed, code_unknown, code_revoked, code_too_early, code_expired.
 */
export type CheckCode = (typed: string, now: number) => Ticket

/** Why a session ended; `interrupted` is said of sessions that a crash or a shutdown cut off. */
export type EndReason = LeaveReason | 'interrupted'

/** One consultation as the connection record keeps it: never a name. Instants in epoch ms. */
export type SessionRecord = {
  id: string
  room: string
  start: number
  end: number | null
  /** How many people took part so far, the host included. */
  participants: number
  reason: EndReason | null
  /** The references of the codes that took part, joined by `, `; null where none was given. */
  reference: string | null
}

/** Commits the sessions as they now are, all or none; throws if it cannot. */
export type KeepSessions = (sessions: readonly SessionRecord[]) => void

/** The ICE servers for one peer, with credentials that are fresh at `now`. */
export type IceFor = (peer: string, now: number) => Ice
