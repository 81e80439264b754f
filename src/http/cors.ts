/** Pages of allowed origins may read what is public (CORS; Fetch standard, section 3.2). */
import type { FastifyInstance } from 'fastify'

/** All but what admins ask for; of the API only the address that says why an upgrade would be refused. */
const isPublic = (path: string | undefined) => path === '/v1/signal' || !path?.startsWith('/v1/')

/** Puts the headers on the answers of this instance; nothing of it needs a preflight. */
export function shareWith(app: FastifyInstance, allowed: ReadonlySet<string>): void {
  app.addHook('onRequest', async ({ url, headers: { origin } }, reply) => {
    if (!isPublic(url.split('?', 1)[0])) return
    reply.header('vary', 'origin')
    if (origin !== undefined && allowed.has(origin)) reply.header('access-control-allow-origin', origin)
  })
}
