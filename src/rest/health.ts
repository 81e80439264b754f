/** What orchestrators ask: does the process live, and should it get traffic? */
import Type from 'typebox'
import { oneOf } from '../protocol/schemas.ts'
import type { RestOptions } from './options.ts'
import type { TypedApp } from './validation.ts'

const tags = ['health']
const Readiness = Type.Object({
  status: oneOf('ready', 'stopping', 'commits_failing', 'sweep_failing'),
  wiped: Type.Boolean({
    description: 'false: deleted rows are still in the files, since another program is reading the database',
  }),
  lastSweep: Type.Union([Type.Integer({ description: 'when the last sweep was done, epoch ms' }), Type.Null()]),
})

export function healthRoutes(
  app: TypedApp,
  { record, isReady, commitsFail }: Pick<RestOptions, 'record' | 'isReady' | 'commitsFail'>,
): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        security: [],
        summary: 'The process lives',
        response: { 200: Type.Object({ status: Type.Literal('ok') }, { description: 'It lives' }) },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        security: [],
        summary: 'The server takes connections, and deletes what it must',
        response: {
          200: { ...Readiness, description: 'Ready' },
          503: {
            ...Readiness,
            description: 'Not ready: it is stopping, cannot write what happens, or cannot delete what is too old',
          },
        },
      },
    },
    async (_request, reply) => {
      const { lastSuccess, failing, remaining } = record.sweepState()
      const status = !isReady() ? 'stopping' : commitsFail() ? 'commits_failing' : failing ? 'sweep_failing' : 'ready'
      reply.code(status === 'ready' ? 200 : 503)
      return { status, wiped: !remaining, lastSweep: lastSuccess }
    },
  )
}
