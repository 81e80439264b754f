/** Reception: staff sees the waiting room and helps those who wait; it takes part in no session, and no guest learns of it. */
import { Refusal } from '../protocol/errors.ts'
import type { Draft } from './draft.ts'
import { hostOf, isGuest, isStaff, type Room, type Seat } from './room.ts'
import { hostState, lobby, wholeState } from './views.ts'

/** How many of them a room has at most. */
export const MAX_STAFF = 4

/** Throws a Refusal where all places are taken. */
export function enterStaff(draft: Draft, entering: Seat, old?: Seat): void {
  if (!old && draft.seats.filter(isStaff).length >= MAX_STAFF) throw new Refusal('room_full')
  const staff = draft.seat(entering, old)
  if (old) draft.close(old, 'replaced')
  for (const message of wholeState(draft, staff)) draft.send(staff, message)
}

/** Tells staff what an event has changed of host and session, who was admitted or put back, and how many watch. */
export function tellStaff(draft: Draft, before: Room): void {
  const states = new Map(before.seats.map(({ peer, state }) => [peer, state]))
  const staff = draft.seats.filter((seat) => isStaff(seat) && states.has(seat.peer))
  const joined = draft.seats.filter(isStaff).length !== before.seats.filter(isStaff).length
  const moved = draft.seats.some((seat) => isGuest(seat) && (states.get(seat.peer) ?? seat.state) !== seat.state)
  if (joined || moved) draft.sendAll(staff, lobby(draft))
  const host = joined && hostOf(draft)
  if (host) draft.send(host, lobby(draft))
  const [is, was] = [hostState(draft), hostState(before)]
  if (is.host !== was.host || is.session !== was.session) draft.sendAll(staff, is)
}
