/** What of a room must outlive the process, and what an event has changed of it. */
import type { Change, KeptSeat, ResumeState } from '../contract/records.ts'
import type { Effect, Room } from './room.ts'

/** All of a seat but the name, which is never on disk, and whether it is away, which a restart makes everybody. */
export function durable({ peer, role, state, code, since, turn, guests, reference }: KeptSeat): KeptSeat {
  return { peer, role, state, code, since, turn, guests, reference }
}

/**
 * What an event of a peer has changed that must be on disk before anybody hears of it. Where anything
 * has, the peer's own seat is written as well: with it, up to which of its frames that was.
 */
export function changesOf(
  by: string,
  before: Room,
  after: Room,
  effects: readonly Effect[],
  resumeStateOf: (peer: string) => ResumeState | undefined,
): Change[] {
  if (before === after) return []
  const was = new Map(before.seats.map((seat) => [seat.peer, seat]))
  const is = new Map(after.seats.map((seat) => [seat.peer, seat]))
  const gone = before.seats.filter((seat) => !is.has(seat.peer))
  // The state and the turn are all that ever changes in a seat's life.
  const changed = after.seats.filter((seat) => {
    const old = was.get(seat.peer)
    return old?.state !== seat.state || old.turn !== seat.turn
  })
  const sessions = effects.flatMap((effect) => (effect.effect === 'record' ? [effect.session] : []))
  if (gone.length + changed.length + sessions.length === 0) return []
  const own = is.get(by)
  return [
    ...gone.map(({ peer }): Change => ({ change: 'gone', peer })),
    ...[...new Set(own ? [...changed, own] : changed)].flatMap((seat): Change[] => {
      const resumeState = resumeStateOf(seat.peer)
      return resumeState ? [{ change: 'seat', seat: { ...durable(seat), room: after.name, ...resumeState } }] : []
    }),
    ...sessions.map((session): Change => ({ change: 'session', session })),
  ]
}
