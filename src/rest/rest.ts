/** The door for admins and their software: the REST API, its description, and the readable documents. */
import accepts from '@fastify/accepts'
import type { FastifyInstance } from 'fastify'
import type { RecordStore } from '../record/record.ts'
import { type Admin, onlyAdmins } from './admins.ts'
import { codeRoutes } from './codes.ts'
import { docRoutes } from './docs.ts'
import { healthRoutes } from './health.ts'
import { describeApi } from './openapi.ts'
import { notFound } from './problems.ts'
import { type LiveRoom, roomRoutes } from './rooms.ts'
import { sessionRoutes } from './sessions.ts'
import { compileValidator, type TypedApp } from './validation.ts'

export type RestOptions = {
  record: Pick<
    RecordStore,
    | 'mint'
    | 'getCode'
    | 'listCodes'
    | 'moveCode'
    | 'revokeCode'
    | 'knowsRoom'
    | 'listSessions'
    | 'eraseSession'
    | 'sweepState'
  >
  admins: readonly Admin[]
  /** Base of the links in mint answers; asked when it is needed, since the port may be known late. */
  publicUrl: () => string
  /** The version of this program, for the descriptions. */
  version: string
  /** The present instant, epoch ms. */
  now: () => number
  /** What happens in a room right now; undefined where nobody has a seat in it. */
  rooms: (room: string) => LiveRoom | undefined
  /** A code was revoked: closes the seat that was taken with it. */
  revoked: (code: string) => void
  /** False while the server is stopping. */
  isReady: () => boolean
}

/**
 * A Fastify plugin with everything but the signaling socket and the reference pages. The instance it
 * is registered in says what went wrong: see answerProblems.
 */
export async function rest(app: FastifyInstance, options: RestOptions): Promise<void> {
  const typed: TypedApp = app.setValidatorCompiler(compileValidator)
  await app.register(accepts)
  await describeApi(app, options)
  await app.register(
    async (v1: TypedApp) => {
      v1.decorateRequest('admin', '')
      v1.addHook('onRequest', async (_request, reply) => {
        reply.header('cache-control', 'no-store')
      })
      v1.addHook('onRequest', onlyAdmins(options.admins))
      // Fastify would take plain text for a body, too.
      v1.removeContentTypeParser('text/plain')
      // Under /v1, what is not there is as secret as what is.
      v1.setNotFoundHandler(notFound)
      codeRoutes(v1, options)
      roomRoutes(v1, options)
      sessionRoutes(v1, options)
    },
    { prefix: '/v1' },
  )
  healthRoutes(typed, options)
  docRoutes(typed, options)
}
