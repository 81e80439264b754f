/**
 * How many seats are taken in the rooms of each practice, so that none of them takes what is there for all. Guests are
 * counted by themselves: however many wait, whoever works there gets in.
 */
import type { Role } from '../protocol/messages.ts'

/** What developers are told where it is not only the room that is full. */
export const PRACTICE_FULL = 'The practice has no more space.'

/** Who sits in a room. */
export type Seated = { name: string; seats: readonly { role: Role }[] }

/** What a practice's rooms begin with, and how many seats there may be. */
type Bound = { rooms: string; seats?: number | undefined }

type Kind = 'guests' | 'team'

const kindOf = (role: Role): Kind => (role === 'guest' ? 'guests' : 'team')

export type PracticeSeats = ReturnType<typeof countPracticeSeats>

export function countPracticeSeats(practiceOf: (room: string) => Bound | undefined) {
  let taken = new Map<string, Record<Kind, number>>()

  function add({ name, seats }: Seated, count: 1 | -1): void {
    const { rooms } = practiceOf(name) ?? {}
    if (rooms === undefined || seats.length === 0) return
    const sum = taken.get(rooms) ?? { guests: 0, team: 0 }
    for (const { role } of seats) sum[kindOf(role)] += count
    if (sum.guests + sum.team === 0) taken.delete(rooms)
    else taken.set(rooms, sum)
  }

  return {
    /** A room has changed. */
    changed(before: Seated, after: Seated): void {
      if (before.seats.length === after.seats.length) return
      add(before, -1)
      add(after, 1)
    },

    /** Counts anew: the practices are others now. */
    count(rooms: Iterable<Seated>): void {
      taken = new Map()
      for (const room of rooms) add(room, 1)
    },

    /** Whether nobody else of this role may have a seat in the practice of a room. */
    isFull(room: string, role: Role): boolean {
      const practice = practiceOf(room)
      if (practice?.seats === undefined) return false
      return (taken.get(practice.rooms)?.[kindOf(role)] ?? 0) >= practice.seats
    },
  }
}
