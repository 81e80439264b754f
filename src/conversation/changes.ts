/** What of a room must outlive the process, and what an event has changed of it. */
import type { SeatRecord } from './ports.ts'
import type { Room, Seat } from './room.ts'

/** All of a seat but the name, which is never on disk, and whether it is away, which a restart makes everybody. */
export function durable({ peer, role, state, code, since, turn, guests, reference }: Seat) {
  return { peer, role, state, code, since, turn, guests, reference } satisfies Partial<SeatRecord>
}

/** The seats that are new or must be written anew, and the peers whose seats are gone. */
export function changesBetween(before: Room, after: Room): { seats: Seat[]; gone: string[] } {
  const was = new Map(before.seats.map((seat) => [seat.peer, seat]))
  const is = new Set(after.seats.map((seat) => seat.peer))
  return {
    // The state and the turn are all that ever changes in a seat's life.
    seats: after.seats.filter((seat) => {
      const old = was.get(seat.peer)
      return old?.state !== seat.state || old.turn !== seat.turn
    }),
    gone: before.seats.map((seat) => seat.peer).filter((peer) => !is.has(peer)),
  }
}
