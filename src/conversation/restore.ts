/** Rooms as a process that was killed has left them, and as they were on disk. */
import type { SavedState, SeatRecord, SessionRecord } from '../contract/records.ts'
import type { Room, Seat, Session } from './room.ts'
import { recordOf } from './sessions.ts'

/**
 * Sets the rooms up again: everybody is away since `now`, nameless until they come back.
 * @returns the rooms, and the sessions that nobody can come back to, ended as interrupted
 */
export function restore({ seats, sessions }: SavedState, now: number): { rooms: Room[]; ended: SessionRecord[] } {
  const byRoom = new Map<string, SeatRecord[]>()
  for (const seat of seats) byRoom.set(seat.room, [...(byRoom.get(seat.room) ?? []), seat])
  const rooms = [...byRoom].map(([name, records]): Room => {
    const inSession = records.some((seat) => seat.role === 'guest' && seat.state === 'admitted')
    const record = inSession ? sessions.find((session) => session.room === name) : undefined
    return {
      name,
      seats: records.map((seat) => seatOf(seat, now)),
      session: record ? sessionOf(record) : null,
      turns: Math.max(...records.map((seat) => seat.turn)),
    }
  })
  const running = new Set(rooms.map((room) => room.session?.id))
  const ended = sessions
    .filter((session) => !running.has(session.id))
    .map((record) => recordOf(record.room, sessionOf(record), record.cutOff ?? record.start, 'interrupted'))
  return { rooms, ended }
}

function seatOf({ peer, role, state, code, since, turn, guests, reference }: SeatRecord, now: number): Seat {
  return { peer, role, state, code, since, turn, guests, reference, name: '', awaySince: now }
}

function sessionOf({ id, start, codes, reference, cutOff }: SessionRecord): Session {
  return { id, start, codes, references: reference?.split(', ') ?? [], cutOff }
}
