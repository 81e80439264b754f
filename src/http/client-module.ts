/** The client as one module with its types, for frontends of others: the same files as in the package. */
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { keepFile } from './kept.ts'

const FILES = ['wartezimmer.js', 'wartezimmer.js.map', 'wartezimmer.d.ts', 'protocol.d.ts']

export async function clientModule(app: FastifyInstance): Promise<void> {
  for (const name of FILES) {
    // The same distance from src/http and from dist/http.
    const path = fileURLToPath(new URL(`../../dist/client-package/${name}`, import.meta.url))
    app.get(`/assets/${name}`, { schema: { hide: true } }, keepFile(path).send)
  }
}
