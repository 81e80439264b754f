/** The next state of a room while one command works on it, with the effects so far. */
import type { Instant } from '../contract/clock.ts'
import type { CloseReason } from '../protocol/errors.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import { type Effect, inOneShape, type Room, type Rules, type Seat, type Session } from './room.ts'

/** A command that throws leaves its draft behind, so that a refusal changes nothing. */
export class Draft {
  /** Epoch ms. */
  readonly now: number
  /** Ms of a clock that nobody can set. */
  readonly elapsed: number
  readonly rules: Rules
  readonly name: string
  seats: readonly Seat[]
  session: Session | null
  readonly effects: Effect[] = []
  #turns: number

  constructor(room: Room, { now, elapsed }: Instant, rules: Rules) {
    this.now = now
    this.elapsed = elapsed
    this.rules = rules
    this.name = room.name
    this.seats = room.seats
    this.session = room.session
    this.#turns = room.turns
  }

  room(): Room {
    return { name: this.name, seats: this.seats, session: this.session, turns: this.#turns }
  }

  /** The number of the next admission. */
  nextTurn(): number {
    this.#turns += 1
    return this.#turns
  }

  /** Adds a seat: in the place of an old one, or at the end. */
  seat(given: Seat, inPlaceOf?: Seat): Seat {
    const seat = inOneShape(given)
    const index = inPlaceOf ? this.seats.indexOf(inPlaceOf) : -1
    this.seats = index < 0 ? this.seats.concat(seat) : this.seats.with(index, seat)
    return seat
  }

  unseat(seat: Seat): void {
    this.seats = this.seats.filter((other) => other !== seat)
  }

  send(to: Seat, message: ServerMessage): void {
    this.effects.push({ effect: 'send', to: to.peer, message })
  }

  sendAll(to: readonly Seat[], message: ServerMessage): void {
    for (const seat of to) this.send(seat, message)
  }

  close(seat: Seat, reason: CloseReason): void {
    this.effects.push({ effect: 'close', peer: seat.peer, reason })
  }
}
