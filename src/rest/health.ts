/** What orchestrators ask: does the process live, and should it get traffic? */
import type { TypedApp } from '../http/validation.ts'
import { oneOf } from '../protocol/schemas.ts'
import { Type } from '../protocol/type.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'

const tags = ['health']
/** What also those are refused with who need no token. */
const { 429: throttled } = answers({})
const open = { 429: throttled }

const Readiness = Type.Object(
  {
    status: oneOf(['ready', 'stopping', 'commits_failing', 'sweep_failing']),
    wiped: Type.Boolean({
      description: 'false: deleted rows are still in the files, since another program is reading the database',
    }),
    lastSweep: Type.Union([Type.Integer({ description: 'when the last sweep was done, epoch ms' }), Type.Null()]),
    clockDisagreesBySeconds: Type.Integer({
      description:
        'not 0: the clock of the machine was set, and nothing is deleted until it has been steady for 30 seconds',
    }),
  },
  { title: 'Readiness' },
)

export function healthRoutes(app: TypedApp, { record, clockDoubt, isReady, commitsFail }: RestOptions): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        security: [],
        operationId: 'isAlive',
        summary: 'Ask whether the process lives',
        description: 'Whoever hears no answer starts it again.',
        response: {
          200: Type.Object({ status: Type.Literal('ok') }, { title: 'Alive', description: 'It lives' }),
          ...open,
        },
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
        operationId: 'isReady',
        summary: 'Ask whether the server is ready',
        description: 'It is while it takes connections, writes what happens, and deletes what it must.',
        response: {
          ...open,
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
      return {
        status,
        wiped: !remaining,
        lastSweep: lastSuccess,
        clockDisagreesBySeconds: Math.round(clockDoubt() / 1000),
      }
    },
  )
}
