/** Coming and going: taking a seat, losing the connection, coming back, and being gone for good. */

import type { Ticket } from '../contract/records.ts'
import { type CloseReason, Refusal } from '../protocol/errors.ts'
import type { LeaveReason } from '../protocol/messages.ts'
import { firstStates } from '../protocol/states.ts'
import type { Draft } from './draft.ts'
import { hostOf, hostPresence, isGuest, isWaiting, type Room, type Seat } from './room.ts'
import { endIfEmpty, stopTakingPart } from './sessions.ts'
import { enterStaff } from './staff.ts'
import { admittedBeside, asSeenBy, news, observers, sinceOf, waitingRoom, wholeState } from './views.ts'

export type Entry = {
  ticket: Ticket
  /** A random id for the new seat. */
  peer: string
  name: string
  takeover: boolean
}

/** The seat that is taken over by who joins with a code: that of the code, or for a host that of the room. */
export const seatBefore = (room: Pick<Room, 'seats'>, { role, code }: Ticket): Seat | undefined =>
  role === 'host' ? hostOf(room) : room.seats.find((seat) => seat.code === code)

/**
 * Seats whoever holds a valid code. A seat that the code (for a host: the room) has already is
 * taken over, if it waits, is away, or if `takeover` says so; otherwise `code_in_use`.
 */
export function enter(draft: Draft, { ticket, peer, name, takeover }: Entry): void {
  const { role, code, guests, reference } = ticket
  const old = seatBefore(draft, ticket)
  if (old && !isWaiting(old) && old.awaySince === null && !takeover) throw new Refusal('code_in_use')
  if (role === 'guest' && !old && draft.seats.filter(isWaiting).length >= draft.rules.waitingGuests) {
    throw new Refusal('room_full')
  }
  const turn = role === 'host' ? draft.nextTurn() : 0
  const state = firstStates[role]
  const seat = {
    peer,
    role,
    state,
    code,
    name,
    awaySince: null,
    since: draft.now,
    came: draft.elapsed,
    turn,
    guests,
    reference,
  }
  if (role === 'host') enterHost(draft, seat, old)
  else if (role === 'staff') enterStaff(draft, seat, old)
  else enterGuest(draft, seat, old)
}

function enterHost(draft: Draft, entering: Seat, old?: Seat): void {
  const before = hostPresence(draft)
  const host = draft.seat(entering, old)
  const admitted = admittedBeside(draft, host)
  if (old) {
    draft.sendAll(admitted, { type: 'peer-left', peer: old.peer, reason: 'replaced' })
    draft.close(old, 'replaced')
  }
  for (const message of wholeState(draft, host)) draft.send(host, message)
  for (const guest of admitted) draft.send(guest, { type: 'peer-joined', ...asSeenBy(guest, host) })
  if (before !== 'present') draft.sendAll(draft.seats.filter(isWaiting), waitingRoom(draft))
}

function enterGuest(draft: Draft, guest: Seat, old?: Seat): void {
  // Who already waited keeps the place in the queue; who was admitted queues anew.
  const before = old && isWaiting(old) ? old : undefined
  const { since, came } = before ?? guest
  const seat = draft.seat({ ...guest, since, came }, before)
  if (old) depart(draft, old, 'replaced', 'replaced')
  draft.send(seat, waitingRoom(draft))
  const { peer, name } = seat
  draft.sendAll(observers(draft, seat), {
    type: 'knock',
    peer,
    name,
    since: sinceOf(draft, seat),
    quiet: draft.session !== null,
  })
}

/** The connection of a seat is lost; the seat stays. */
export function lose(draft: Draft, seat: Seat): void {
  if (seat.awaySince !== null) return
  draft.seat({ ...seat, awaySince: draft.elapsed }, seat)
  draft.sendAll(observers(draft, seat), { type: 'peer-away', peer: seat.peer })
  if (seat.role === 'host') draft.sendAll(draft.seats.filter(isWaiting), waitingRoom(draft))
}

/** A seat is connected again; `lossless` says that it has missed nothing. */
export function comeBack(draft: Draft, seat: Seat, name: string, lossless: boolean): void {
  const back = draft.seat({ ...seat, name, awaySince: null }, seat)
  for (const message of lossless ? news(draft, back) : wholeState(draft, back)) draft.send(back, message)
  // After a restart names come back with their owners, so this may be news; it is all the news, and no lobby is.
  const renamed = name !== seat.name
  if (seat.awaySince === null && !renamed) return
  draft.sendAll(observers(draft, back), { type: 'peer-back', peer: back.peer, ...(renamed && { name }) })
  if (back.role === 'host') draft.sendAll(draft.seats.filter(isWaiting), waitingRoom(draft))
}

/** The seat is gone for good: the others are told, and its connection is closed. */
export function depart(draft: Draft, seat: Seat, reason: LeaveReason, close: CloseReason): void {
  const host = seat.role === 'host' ? seat : hostOf(draft)
  if (isGuest(seat)) stopTakingPart(draft, seat)
  draft.unseat(seat)
  draft.close(seat, close)
  draft.sendAll(observers(draft, seat), { type: 'peer-left', peer: seat.peer, reason })
  if (seat === host) sendAllBack(draft)
  endIfEmpty(draft, reason, host)
}

/** Without a host nobody is in session: its guests go back to waiting, and all hear that it is gone. */
function sendAllBack(draft: Draft): void {
  for (const guest of draft.seats.filter(isGuest)) {
    if (!isWaiting(guest)) {
      stopTakingPart(draft, guest)
      draft.seat({ ...guest, state: 'waiting' }, guest)
      draft.send(guest, { type: 'held' })
    }
    draft.send(guest, waitingRoom(draft))
  }
}
