/** Rooms as a process that was killed has left them, and as they were on disk. */
import type { SavedState, SeatRecord, SessionRecord } from '../contract/records.ts'
import type { Instant, Room, Seat, Session } from './room.ts'
import { recordOf } from './sessions.ts'

/**
 * Sets the rooms up again: everybody is away, nameless until they come back. Whoever was in a session was last
 * seen there when the process was.
 * @returns the rooms, and the sessions that nobody can come back to, ended as interrupted
 */
export function restore({ seats, sessions }: SavedState, at: Instant): { rooms: Room[]; ended: SessionRecord[] } {
  const byRoom = new Map<string, SeatRecord[]>()
  for (const seat of seats) byRoom.set(seat.room, [...(byRoom.get(seat.room) ?? []), seat])
  const rooms = [...byRoom].map(([name, records]): Room => {
    const inSession = records.some((seat) => seat.role === 'guest' && seat.state === 'admitted')
    const record = inSession ? sessions.find((session) => session.room === name) : undefined
    const lastSeen = elapsedAt(record?.cutOff ?? at.now, at)
    return {
      name,
      seats: records.map((seat) => seatOf(seat, lastSeen)),
      session: record ? sessionOf(record, at) : null,
      turns: Math.max(...records.map((seat) => seat.turn)),
    }
  })
  const running = new Set(rooms.map((room) => room.session?.id))
  const ended = sessions
    .filter((session) => !running.has(session.id))
    .map((record) => recordOf(record.room, sessionOf(record, at), record.cutOff ?? record.start, 'interrupted'))
  return { rooms, ended }
}

/** An instant of the wall clock by the one that nobody can set. */
const elapsedAt = (instant: number, { now, elapsed }: Instant): number => elapsed - Math.max(0, now - instant)

function seatOf({ peer, role, state, code, since, turn, guests, reference }: SeatRecord, awaySince: number): Seat {
  return { peer, role, state, code, since, turn, guests, reference, name: '', awaySince }
}

function sessionOf({ id, start, codes, reference, cutOff }: SessionRecord, at: Instant): Session {
  const began = elapsedAt(start, at)
  return { id, start, began, guestsUntil: began, codes, references: reference?.split(', ') ?? [], cutOff }
}
