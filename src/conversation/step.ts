/** The conversation: one event and the time go in, the next room and the effects come out. */
import type { Instant } from '../contract/clock.ts'
import { Refusal } from '../protocol/errors.ts'
import type { ClientMessage } from '../protocol/messages.ts'
import { refusalOf } from '../protocol/states.ts'
import { Draft } from './draft.ts'
import { admit, deny, end, hold, notice } from './moderation.ts'
import { comeBack, depart, type Entry, enter, lose } from './presence.ts'
import { type Effect, isAdmitted, type Room, type Rules, type Seat } from './room.ts'
import { tellStaff } from './staff.ts'

export type Event =
  | ({ type: 'enter' } & Entry)
  /** A frame of a seated peer; `newSession` is a random id for the session that an admit may begin. */
  | { type: 'say'; peer: string; message: ClientMessage; newSession: string }
  | { type: 'lost'; peer: string }
  | { type: 'back'; peer: string; name?: string; lossless: boolean }
  /** The seat has been away, or there, for its whole time; otherwise nothing happens. */
  | { type: 'expire'; peer: string }
  | { type: 'revoke'; code: string }

/**
 * Carries one event out on a room.
 * @returns the room afterwards, and what must be done outside, in order
 * Throws a Refusal for what may not be; `room` itself is never changed.
 */
export function step(room: Room, event: Event, at: Instant, rules: Rules): { room: Room; effects: Effect[] } {
  if (event.type === 'say' && event.message.type === 'signal') {
    const effect = relay(room, event.peer, event.message.to, event.message.data)
    return { room, effects: effect ? [effect] : [] }
  }
  const draft = new Draft(room, at, rules)
  carryOut(draft, event)
  tellStaff(draft, room)
  return { room: draft.room(), effects: draft.effects }
}

function carryOut(draft: Draft, event: Event): void {
  if (event.type === 'enter') return enter(draft, event)
  const seat = draft.seats.find((seat) =>
    event.type === 'revoke' ? seat.code === event.code : seat.peer === event.peer,
  )
  if (!seat) return
  switch (event.type) {
    case 'say':
      return say(draft, seat, event.message, event.newSession)
    case 'lost':
      return lose(draft, seat)
    case 'back':
      return comeBack(draft, seat, event.name || seat.name, event.lossless)
    case 'expire':
      return isOver(draft, seat) ? depart(draft, seat, 'expired', 'seat_expired') : undefined
    case 'revoke':
      return depart(draft, seat, 'revoked', 'revoked')
    default:
      event satisfies never
  }
}

/** Who is away is given up when the hub says so; who is there, when what is kept of the seat becomes too old. */
const isOver = ({ elapsed, rules }: Draft, { awaySince, came }: Seat): boolean =>
  awaySince !== null || elapsed - came >= rules.longestSeat

function say(draft: Draft, seat: Seat, message: ClientMessage, newSession: string): void {
  const refusal = refusalOf(seat.role, seat.state, message.type)
  if (refusal) throw new Refusal(refusal)
  switch (message.type) {
    case 'admit':
      return admit(draft, seat, message.peer, newSession)
    case 'deny':
      return deny(draft, seat, message.peer, message.reason)
    case 'hold':
      return hold(draft, seat, message.peer)
    case 'notice':
      return notice(draft, seat, message.text, message.peer)
    case 'end':
      return end(draft)
    case 'leave':
      return depart(draft, seat, 'left', 'left')
    case 'signal':
    case 'ping':
    case 'join':
    case 'resume':
      return // a signal is relayed above, a ping needs no room; nobody who has a seat may join or resume
    default:
      message satisfies never
  }
}

/**
 * The hot path: a signal changes nothing, so it needs no draft.
 * @returns what is to be sent, or nothing where the sender has just lost its seat. Throws a Refusal.
 */
export function relay(room: Room, from: string, to: string, data: unknown): Effect | undefined {
  const sender = room.seats.find((seat) => seat.peer === from)
  if (!sender) return undefined
  const refusal = refusalOf(sender.role, sender.state, 'signal')
  if (refusal) throw new Refusal(refusal)
  const target = room.seats.find((seat) => seat.peer === to)
  if (!target || !isAdmitted(target) || target === sender) throw new Refusal('no_such_peer')
  return { effect: 'send', to, message: { type: 'signal', from, data } }
}
