/** REST route for what happens in a room right now. */
import type { TypedApp } from '../http/validation.ts'
import { Refusal } from '../protocol/errors.ts'
import type { SeatState } from '../protocol/messages.ts'
import { actor, needs } from './admins.ts'
import { answers } from './answers.ts'
import type { LiveRoom, RestOptions } from './options.ts'
import { ByRoom, RoomAnswer } from './schemas.ts'

const EMPTY: LiveRoom = { host: 'absent', session: null, peers: [] }

export function roomRoutes(app: TypedApp, { record, rooms, now }: RestOptions): void {
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
      const live = rooms(room, by) ?? ((await record.knowsRoom(room, by)) ? EMPTY : undefined)
      if (!live) throw new Refusal('not_found')
      const guests = (state: SeatState) =>
        live.peers.filter((peer) => peer.role === 'guest' && peer.state === state).length
      const peers = live.peers.map(({ role, state, present, since }) => ({ role, state, present, since }))
      return { ...live, room, waiting: guests('waiting'), admitted: guests('admitted'), peers }
    },
  )
}
