/** Answers wrong methods on known addresses with 405 and what would be right. */
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../protocol/errors.ts'

/**
 * Watches which routes an instance gets from now on.
 * @returns a function to call after the last of them, which refuses all other methods on their addresses
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const routes = new Map<string, string[]>()
  app.addHook('onRoute', ({ url, method }) => {
    routes.set(url, [...new Set([...(routes.get(url) ?? []), method].flat())])
  })
  return () => {
    for (const [url, known] of [...routes]) {
      app.route({
        url,
        method: app.supportedMethods.filter((method) => !known.includes(method)),
        // Before the body is read: it does not matter what is in it.
        onRequest: async (_request, reply) => {
          reply.header('allow', known.join(', '))
          throw new Refusal('method_not_allowed')
        },
        handler: async () => {},
      })
    }
  }
}
