/** Rooms as a process that was killed has left them, and as they were on disk. */
import type { Instant } from '../contract/clock.ts'
import type { SavedState, SessionRecord } from '../contract/records.ts'
import { inOneShape, type Room, type Session } from './room.ts'
import { recordOf } from './sessions.ts'

/**
 * Sets the rooms up again: everybody is away, nameless until they come back. Whoever was in a session was last
 * seen there when the process was.
 * @returns the rooms, and the sessions that nobody can come back to, ended as interrupted
 */
export function restore({ seats, sessions }: SavedState, at: Instant): { rooms: Room[]; ended: SessionRecord[] } {
  const rooms = [...Map.groupBy(seats, ({ room }) => room)].map(([name, records]): Room => {
    const inSession = records.some((seat) => seat.role === 'guest' && seat.state === 'admitted')
    const record = inSession ? sessions.find((session) => session.room === name) : undefined
    const session = record ? sessionOf(record, at) : null
    const awaySince = session?.cutOff ?? at.elapsed
    return {
      name,
      seats: records.map((seat) =>
        inOneShape({ ...seat, name: '', awaySince, came: at.elapsed - Math.max(0, at.now - seat.since) }),
      ),
      session,
      turns: Math.max(...records.map((seat) => seat.turn)),
    }
  })
  const running = new Set(rooms.map((room) => room.session?.id))
  const ended = sessions
    .filter((session) => !running.has(session.id))
    .map((record) => {
      const session = sessionOf(record, at)
      return recordOf(record.room, session, session.cutOff ?? session.began, 'interrupted')
    })
  return { rooms, ended }
}

/** How long a stop may be that both sides of a call outlast, in ms. What seems longer is a clock that was set. */
const LONGEST_STOP = 3_600_000

function sessionOf({ id, start, codes, reference, cutOff: stop }: SessionRecord, { now, elapsed }: Instant): Session {
  const lasted = Math.max(0, (stop ?? start) - start)
  const stopped = now - (stop ?? now)
  const counted = stopped > 0 && stopped < LONGEST_STOP ? stopped : 0
  const cutOff = elapsed - counted
  const began = cutOff - lasted
  const references = reference?.split(', ') ?? []
  return { id, start, began, guestsUntil: began, codes, references, cutOff, skipped: stopped - counted }
}
