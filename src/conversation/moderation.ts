/** What host and staff do with guests: admit, deny, hold, notice, end. */
import { Refusal } from '../protocol/errors.ts'
import { type CommandName, reaches } from '../protocol/states.ts'
import type { Draft } from './draft.ts'
import { depart } from './presence.ts'
import { isAdmitted, isGuest, isStaff, isWaiting, type Seat } from './room.ts'
import { endIfEmpty, stopTakingPart, takePart } from './sessions.ts'
import { admittedBeside, asSeenBy, observers, waitingRoom, wholeState } from './views.ts'

/** The guest that a command of somebody names, in a state that it can reach. */
function target(draft: Draft, by: Seat, command: CommandName, peer: string): Seat {
  const guest = draft.seats.find((seat) => seat.peer === peer && isGuest(seat))
  if (!guest) throw new Refusal('no_such_peer')
  if (!reaches(by.role, command, guest.state)) throw new Refusal('wrong_state')
  return guest
}

/** Lets a guest into the session, present or away; `newSession` is the id of the session this may begin. */
export function admit(draft: Draft, by: Seat, peer: string, newSession: string): void {
  const guest = target(draft, by, 'admit', peer)
  if (isAdmitted(guest)) return
  const space = Math.max(...draft.seats.filter((seat) => !isStaff(seat)).map((seat) => seat.guests))
  if (draft.seats.filter((seat) => isGuest(seat) && isAdmitted(seat)).length >= space) throw new Refusal('room_full')
  const admitted = draft.seat({ ...guest, state: 'admitted', turn: draft.nextTurn() }, guest)
  takePart(draft, admitted, newSession)
  for (const message of wholeState(draft, admitted)) draft.send(admitted, message)
  for (const other of admittedBeside(draft, admitted)) {
    draft.send(other, { type: 'peer-joined', ...asSeenBy(other, admitted) })
    if (admitted.awaySince !== null) draft.send(other, { type: 'peer-away', peer })
  }
}

export function deny(draft: Draft, by: Seat, peer: string, reason?: string): void {
  const guest = target(draft, by, 'deny', peer)
  draft.send(guest, { type: 'denied', ...(reason !== undefined && { reason }) })
  depart(draft, guest, 'denied', 'denied')
}

export function hold(draft: Draft, by: Seat, peer: string): void {
  const guest = target(draft, by, 'hold', peer)
  stopTakingPart(draft, guest)
  const held = draft.seat({ ...guest, state: 'waiting' }, guest)
  draft.sendAll(admittedBeside(draft, held), { type: 'peer-left', peer, reason: 'held' })
  draft.send(held, { type: 'held' })
  draft.send(held, waitingRoom(draft))
  endIfEmpty(draft, 'held')
}

/** Says a line to one waiting guest, or to all who wait. */
export function notice(draft: Draft, by: Seat, text: string, peer?: string): void {
  const guests = peer === undefined ? draft.seats.filter(isWaiting) : [target(draft, by, 'notice', peer)]
  draft.sendAll(guests, { type: 'notice', text })
}

/** Sends everyone in the session home; those who wait keep waiting. */
export function end(draft: Draft): void {
  if (!draft.session) throw new Refusal('wrong_state', 'No session is running.')
  // All are told of the end first, so that none hears of the others leaving one by one.
  const guests = draft.seats.filter((seat) => isGuest(seat) && isAdmitted(seat))
  for (const guest of guests) {
    stopTakingPart(draft, guest)
    draft.unseat(guest)
    draft.send(guest, { type: 'ended', reason: 'ended' })
    draft.close(guest, 'ended')
  }
  for (const guest of guests)
    draft.sendAll(observers(draft, guest), { type: 'peer-left', peer: guest.peer, reason: 'ended' })
  endIfEmpty(draft, 'ended')
}
