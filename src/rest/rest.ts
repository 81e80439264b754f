/** The door for admins and their software: the REST API, its description, and the readable documents. */
import accepts from '@fastify/accepts'
import type { FastifyInstance } from 'fastify'
import { notFound } from '../http/problems.ts'
import { oneAtATime, takeTurns } from '../http/turns.ts'
import type { TypedApp } from '../http/validation.ts'
import { onlyAdmins, shareOf } from './admins.ts'
import { codeRoutes } from './codes.ts'
import { dataProtectionRoutes } from './data-protection.ts'
import { docRoutes } from './docs.ts'
import { healthRoutes } from './health.ts'
import { metricsRoute } from './metrics.ts'
import { describeApi } from './openapi.ts'
import type { RestOptions } from './options.ts'
import { roomRoutes } from './rooms.ts'
import { sessionRoutes } from './sessions.ts'

/**
 * A Fastify plugin with everything but the signaling socket and the reference pages. The instance it
 * is registered in says what went wrong: see answerProblems.
 */
export async function rest(app: FastifyInstance, options: RestOptions): Promise<void> {
  const typed: TypedApp = app
  await app.register(accepts)
  const openApi = describeApi(app, options)
  app.decorateRequest('admin')
  await app.register(
    async (v1: TypedApp) => {
      v1.addHook('onRequest', takeTurns())
      v1.addHook('onRequest', async (_request, reply) => {
        reply.header('cache-control', 'no-store')
      })
      v1.addHook('onRequest', onlyAdmins(options.admins))
      v1.addHook('onRoute', ({ url, schema }) => {
        if (!schema?.security) throw new Error(`${url} does not say which rights it needs`)
      })
      const { begin, end } = oneAtATime(({ admin }) => shareOf(admin))
      v1.addHook('preHandler', begin)
      v1.addHook('onSend', end)
      // Fastify would take plain text for a body, too.
      v1.removeContentTypeParser(['text/plain', 'application/json'])
      // Some clients say JSON of what has no body at all. The parser is Fastify's own, which knows about prototypes.
      const parse = v1.getDefaultJsonParser('error', 'error')
      v1.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) =>
        body === '' ? done(null) : parse(request, body, done),
      )
      // Under /v1, what is not there is as secret as what is.
      v1.setNotFoundHandler(notFound)
      codeRoutes(v1, options)
      roomRoutes(v1, options)
      sessionRoutes(v1, options)
      dataProtectionRoutes(v1, options)
    },
    { prefix: '/v1' },
  )
  healthRoutes(typed, options)
  metricsRoute(typed, options)
  docRoutes(typed, options, openApi)
}
