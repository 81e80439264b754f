/** REST routes for the connection record: list it as JSON or CSV, erase from it. */
import type { TypedApp } from '../http/validation.ts'
import { actor, needs } from './admins.ts'
import { answers } from './answers.ts'
import { page, sendPage } from './lists.ts'
import type { RestOptions } from './options.ts'
import { ById, Later, Nothing, SessionsAnswer, SessionsQuery, sessionColumns } from './schemas.ts'

const tags = ['sessions']

export function sessionRoutes(app: TypedApp, { record, now }: RestOptions): void {
  app.get(
    '/sessions',
    {
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'List the connection record',
        ...needs('read'),
        description: 'As JSON or CSV, whichever `Accept` prefers. The `Link` header leads to the next page.',
        querystring: SessionsQuery,
        response: answers(
          page('Sessions, oldest first; in CSV, start and end are ISO 8601 in UTC', SessionsAnswer),
          'bad_message',
          'not_acceptable',
        ),
      },
    },
    async (request, reply) => {
      const { limit = 100, ...filter } = request.query
      const list = { name: 'sessions', columns: sessionColumns, instants: ['start', 'end'] } as const
      return sendPage(request, reply, list, () => record.listSessions({ limit, ...filter }, actor(request, now())))
    },
  )

  app.delete(
    '/sessions/:id',
    {
      schema: {
        tags,
        operationId: 'eraseSession',
        summary: 'Erase one session',
        ...needs('erase'),
        description: 'At once, also on disk.',
        params: ById,
        response: answers({ 204: Nothing, 202: Later }, 'not_found', 'wrong_state'),
      },
    },
    async (request, reply) => {
      const wiped = await record.eraseSession(request.params.id, actor(request, now()))
      reply.code(wiped ? 204 : 202)
    },
  )
}
