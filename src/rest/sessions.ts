/** REST routes for the connection record: list it as JSON or CSV, erase from it. */
import type { TypedApp } from '../http/validation.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Session } from '../record/sessions.ts'
import { actor, needs } from './admins.ts'
import { answers, Link } from './answers.ts'
import type { RestOptions } from './options.ts'
import { ById, Later, Nothing, SessionsAnswer, SessionsQuery, sessionColumns } from './schemas.ts'

const tags = ['sessions']

/** RFC 4180: several references in one field are separated by commas, so that field is quoted. */
const field = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
const iso = (instant: number | null) => (instant === null ? '' : new Date(instant).toISOString())

function csv(sessions: readonly Session[]): string {
  const rows = sessions.map((session) => {
    const readable = { ...session, start: iso(session.start), end: iso(session.end) }
    return sessionColumns.map((column) => field(String(readable[column] ?? '')))
  })
  return [sessionColumns, ...rows].map((row) => `${row.join(',')}\r\n`).join('')
}

export function sessionRoutes(app: TypedApp, { record, now }: Pick<RestOptions, 'record' | 'now'>): void {
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
          {
            200: {
              description: 'Sessions, oldest first; in CSV, start and end are ISO 8601 in UTC',
              headers: Link,
              content: { 'application/json': { schema: SessionsAnswer }, 'text/csv': { schema: { type: 'string' } } },
            },
          },
          'bad_message',
          'not_acceptable',
        ),
      },
    },
    async (request, reply) => {
      const { limit = 100, ...filter } = request.query
      reply.header('vary', 'accept')
      const type = request.accepts().type(['application/json', 'text/csv'])
      if (!type) throw new Refusal('not_acceptable', 'There is application/json and text/csv.')
      const { sessions, next } = await record.listSessions({ limit, ...filter }, actor(request, now()))
      if (next) {
        const query = new URLSearchParams()
        for (const [name, value] of Object.entries({ ...request.query, after: next })) query.set(name, String(value))
        reply.header('link', `</v1/sessions?${query}>; rel="next"`)
      }
      if (type === 'application/json') return reply.type('application/json').send({ sessions, next })
      return reply.type('text/csv; charset=utf-8; header=present').send(csv(sessions))
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
