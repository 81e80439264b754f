/** Serves the documents and the descriptions for machines. What renders them is loaded with the first visit. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { type Kept, keepFile } from '../http/kept.ts'
import type { OpenApi } from './manual.ts'
import { forMachines } from './openapi.ts'
import type { RestOptions } from './options.ts'

/** The same distance from src/rest and from dist/rest, so that it works compiled, too. */
const folder = new URL('../../src/docs/', import.meta.url)

export function docRoutes(app: FastifyInstance, options: RestOptions, openApi: () => Promise<object>): void {
  let loading: Promise<(url: string) => Kept> | undefined
  const load = async () => {
    const { openDocuments } = await import('./documents.ts')
    return openDocuments((await openApi()) as OpenApi, options)
  }
  const names = readdirSync(folder).flatMap((file) => /^(.+?)(?:\.de)?\.md$/.exec(file)?.[1] ?? [])
  for (const url of ['/docs', '/docs/rest', ...names.map((name) => `/docs/${name}`)]) {
    app.get(url, async (request, reply) => {
      loading ??= load()
      return (await loading)(url).send(request, reply)
    })
  }
  app.get('/docs/docs.css', keepFile(fileURLToPath(new URL('docs.css', folder))).send)
  app.get('/openapi.json', async () => {
    return forMachines(await openApi())
  })
  app.get('/protocol.json', async () => (await import('./reference.ts')).tables())
  app.get('/asyncapi.json', async () => {
    const { asyncapi } = await import('./asyncapi.ts')
    return asyncapi(options.publicUrl(), options.version)
  })
}
