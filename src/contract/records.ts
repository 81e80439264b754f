/** What the conversation and the record must agree on: what is on disk, and how it is written and read. */
import type { LeaveReason, Role, SeatState } from '../protocol/messages.ts'

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
 * Says who may enter with what somebody typed. Codes for rooms whose names do not begin with `rooms` are as if they did not exist.
 * Throws a Refusal: code_malformed, code_unknown, code_revoked, code_too_early, code_expired.
 */
export type CheckCode = (typed: string, now: number, rooms?: string) => Ticket

/** Why a session ended; `interrupted` is said of sessions that a stop of the server cut off for good. */
export type EndReason = LeaveReason | 'interrupted'

/** One consultation as the connection record keeps it: never a name. Instants in epoch ms. */
export type SessionRecord = {
  id: string
  room: string
  start: number
  end: number | null
  /** The ids of the guests' codes that took part; kept only while the session runs. */
  codes: readonly string[]
  /** When the last process is known to have lived, where it left this session running; else null. */
  cutOff: number | null
  /** How many people took part so far, the host included. */
  participants: number
  reason: EndReason | null
  /** The references of the codes that took part, joined by `, `; null where none was given. */
  reference: string | null
}

/** What of a seat survives the process: all but its connection, its name and what it was sent. */
export type KeptSeat = {
  peer: string
  role: Role
  state: SeatState
  /** The id, in the record, of the code that it was taken with. */
  code: string
  /** When the peer dialled in, in epoch ms. */
  since: number
  /** Counts admissions: of two peers the one with the higher turn came later and is polite. */
  turn: number
  guests: number
  reference: string | null
}

/** How a seat is taken back. */
export type ResumeState = {
  /** The resume token's keyed hash. */
  token: string
  epoch: number
  /** The last client frame that changed anything on disk. */
  lastId: number
}

export type SeatRecord = KeptSeat & ResumeState & { room: string }

/** One thing that must be on disk before it is confirmed. */
export type Change =
  | { change: 'seat'; seat: SeatRecord }
  | { change: 'gone'; peer: string }
  | { change: 'session'; session: SessionRecord }

/**
 * Commits changes in their order, all or none, and is fulfilled when they are safe on disk; rejects if that
 * cannot be. It is called again only when the call before has settled.
 */
export type Persist = (changes: readonly Change[]) => Promise<void>

/** What the last process left behind: its seats, in order of arrival, and the sessions that it cut off. */
export type SavedState = {
  seats: readonly SeatRecord[]
  sessions: readonly SessionRecord[]
}
