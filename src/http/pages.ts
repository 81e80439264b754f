/** The reference pages: `/` for patients, `/praxis` for the practice, and the scripts that they load. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'

// Seen from src/ as well as from dist/: markup and styles are served as they are, scripts compiled.
const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const ASSETS = { web: ['src/web', 'dist/web'], client: ['dist/client'], protocol: ['dist/protocol'] }

const PAGES = { '/': 'index.html', '/praxis': 'praxis.html' }

/** What people see who have come to an address that there is not. */
export const lostPage = (): string => readFileSync(folder('src/web/lost.html'), 'utf8')

export async function pages(app: FastifyInstance): Promise<void> {
  // The first registration also decorates replies with sendFile.
  await app.register(files, { root: folder('src/web'), serve: false })
  for (const [name, folders] of Object.entries(ASSETS)) {
    await app.register(files, {
      root: folders.map(folder),
      prefix: `/assets/${name}/`,
      decorateReply: false,
      index: false,
      // Addresses carry no version, so browsers ask each time whether theirs is still the newest.
      cacheControl: false,
      setHeaders: (reply) => reply.setHeader('cache-control', 'no-cache'),
      allowedPath: (path) => /\.(css|js|svg|webmanifest|png)$/.test(path),
    })
  }
  for (const [url, file] of Object.entries(PAGES)) {
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply.header('cache-control', 'no-cache').sendFile(file),
    )
  }
  // As people and mail programs write it; what stands behind # goes along in the browser.
  app.get('/praxis/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/praxis', 308))
}
