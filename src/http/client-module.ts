/** The client as one module with its types, for frontends of others: the same files as in the package. */
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'

export async function clientModule(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', async ({ url }, reply) => {
    // Browsers show it; by its ending it would be a film.
    if (url.endsWith('.d.ts')) reply.type('text/plain; charset=utf-8')
  })
  await app.register(files, {
    // The same distance from src/http and from dist/http.
    root: fileURLToPath(new URL('../../dist/client-package', import.meta.url)),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    cacheControl: false,
    setHeaders: (reply) => reply.setHeader('cache-control', 'no-cache'),
    allowedPath: (path) => /^\/(wartezimmer\.(js|js\.map|d\.ts)|protocol\.d\.ts)$/.test(path),
  })
}
