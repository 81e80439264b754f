/** REST route for what happens in a room right now. */
import { saidNow } from '../contract/clock.ts'
import type { TypedApp } from '../http/validation.ts'
import { Refusal } from '../protocol/errors.ts'
import type { SeatState } from '../protocol/messages.ts'
import { isWithin } from '../record/scope.ts'
import { actor, needs } from './admins.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'
import { ByRoom, RoomAnswer } from './schemas.ts'

export function roomRoutes(app: TypedApp, { record, rooms, now, elapsed }: RestOptions): void {
  app.get(
    '/rooms/:room',
    {
      schema: {
        tags: ['rooms'],
        operationId: 'readRoom',
        summary: 'See who is where right now',
        ...needs('read'),
        description: 'Of a room in which somebody is, or for which there is a code.',
        params: ByRoom,
        response: answers({ 200: RoomAnswer }, 'not_found'),
      },
    },
    async (request) => {
      const { room } = request.params
      const by = actor(request, now())
      const live = isWithin(room, by) ? rooms.get(room) : undefined
      if (!live && !(await record.knowsRoom(room, by))) throw new Refusal('not_found')
      const { seats = [], session = null } = live ?? {}
      // Nothing else of it: no names, no peer ids.
      const at = { now: now(), elapsed: elapsed() }
      const peers = seats.map(({ role, state, awaySince, since, came }) => {
        return { role, state, present: awaySince === null, since: saidNow(since, came, at) }
      })
      const host = peers.find(({ role }) => role === 'host')
      const guests = (where: SeatState) => peers.filter(({ role, state }) => role === 'guest' && state === where).length
      return {
        room,
        host: host ? (host.present ? 'present' : 'away') : 'absent',
        session: session && { id: session.id, start: saidNow(session.start, session.began, at) },
        waiting: guests('waiting'),
        admitted: guests('admitted'),
        peers,
      }
    },
  )
}
