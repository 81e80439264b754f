/** A room as a value: who sits where. Nothing here is ever changed in place; `step` makes the next one. */

import type { KeptSeat, SessionRecord } from '../contract/records.ts'
import type { CloseReason } from '../protocol/errors.ts'
import type { HostPresence, Ice, ServerMessage } from '../protocol/messages.ts'

/** A peer's place in a room; it survives a lost connection. A host's seat is always admitted, one of the staff attending. */
export type Seat = Readonly<KeptSeat> & {
  readonly name: string
  /** When the peer dialled in, by the clock that nobody can set. */
  readonly came: number
  /** When the connection was lost, by the clock that nobody can set; null while it is present. */
  readonly awaySince: number | null
}

/** Written out, as each copy made by spreading has a hidden class of its own in V8, heavier than the seat itself. */
export function inOneShape(seat: Seat): Seat {
  const { peer, role, state, code, name, awaySince, since, came, turn, guests, reference } = seat
  return { peer, role, state, code, name, awaySince, since, came, turn, guests, reference }
}

/** One consultation that is running: from the first admit until no guest is admitted any more. */
export type Session = {
  readonly id: string
  /** Epoch ms. */
  readonly start: number
  /** The same instant by the clock that nobody can set. */
  readonly began: number
  /** Until when, by that clock, one of those guests was there who are not admitted any more. */
  readonly guestsUntil: number
  /** The guests' codes and all references that have taken part so far. */
  readonly codes: readonly string[]
  readonly references: readonly string[]
  /** Until when both sides were there before a stop of the server, by that clock; null where there was none. */
  readonly cutOff: number | null
  /** How much of what that stop seems to have lasted is not counted, ms; negative where the clock was set back. */
  readonly skipped: number
}

export type Room = {
  readonly name: string
  /** In order of arrival. */
  readonly seats: readonly Seat[]
  readonly session: Session | null
  /** Admissions so far. */
  readonly turns: number
}

/** What the operator decides, the same for every room. */
export type Rules = {
  /** How long the seat of a lost connection is kept, in ms. */
  resumeMs: number
  /** How long anybody may keep a seat, in ms, since it is on disk; far longer than any consultation. */
  longestSeat: number
  /** How many guests may wait in one room. */
  waitingGuests: number
  /** How much is kept for a seat, to be sent again after a lost connection, in bytes. */
  replay: number
  /** The ICE servers for one peer, with credentials that are fresh at `now`, epoch ms. */
  iceFor: (peer: string, now: number) => Ice
}

/** What is to be done in the world outside, in this order, after the records are committed. */
export type Effect =
  | { effect: 'send'; to: string; message: ServerMessage }
  /** The seat is gone; its connection, if there is one, is closed for this reason. */
  | { effect: 'close'; peer: string; reason: CloseReason }
  | { effect: 'record'; session: SessionRecord }

export function emptyRoom(name: string): Room {
  return { name, seats: [], session: null, turns: 0 }
}

export function hostOf(room: Pick<Room, 'seats'>): Seat | undefined {
  return room.seats.find((seat) => seat.role === 'host')
}

export function hostPresence(room: Pick<Room, 'seats'>): HostPresence {
  const host = hostOf(room)
  if (!host) return 'absent'
  return host.awaySince === null ? 'present' : 'away'
}

export const isWaiting = (seat: Seat): boolean => seat.state === 'waiting'
export const isAdmitted = (seat: Seat): boolean => seat.state === 'admitted'
export const isStaff = (seat: Seat): boolean => seat.role === 'staff'
export const isGuest = (seat: Seat): boolean => seat.role === 'guest'
