/** Serves the documents and the descriptions for machines. What renders them is loaded with the first visit. */
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { OpenApi } from './manual.ts'
import { forMachines } from './openapi.ts'
import type { RestOptions } from './options.ts'

/** The same distance from src/rest and from dist/rest, so that it works compiled, too. */
const folder = new URL('../../src/docs/', import.meta.url)

export function docRoutes(
  app: FastifyInstance,
  { inventory, publicUrl, version }: Pick<RestOptions, 'inventory' | 'publicUrl' | 'version'>,
  openApi: () => Promise<object>,
): void {
  let loading: Promise<(url: string) => string | undefined> | undefined
  const load = async () => {
    const { openDocuments } = await import('./documents.ts')
    return openDocuments((await openApi()) as OpenApi, inventory)
  }
  const names = readdirSync(folder).flatMap((file) => /^(.+?)(?:\.de)?\.md$/.exec(file)?.[1] ?? [])
  for (const url of ['/docs', '/docs/rest', ...names.map((name) => `/docs/${name}`)]) {
    app.get(url, async (_request, reply) => {
      loading ??= load()
      return reply.type('text/html; charset=utf-8').send((await loading)(url))
    })
  }
  app.get('/docs/docs.css', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(readFileSync(new URL('docs.css', folder))),
  )
  app.get('/openapi.json', async () => {
    return forMachines(await openApi())
  })
  app.get('/protocol.json', async () => (await import('./reference.ts')).tables())
  app.get('/asyncapi.json', async () => {
    const { asyncapi } = await import('./asyncapi.ts')
    return asyncapi(publicUrl(), version)
  })
}
