/** The reference pages: `/` for patients, `/praxis` for the practice, and the scripts that they load. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'

// Seen from src/ as well as from dist/: markup and styles are served as they are, scripts compiled.
const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const read = (file: string): string => readFileSync(folder(`src/web/${file}`), 'utf8')

const ASSETS = { web: ['src/web', 'dist/web'], client: ['dist/client'], protocol: ['dist/protocol'] }

const PAGES = { '/': 'patient', '/praxis': 'praxis' }

/** What a practice has to say of itself on its pages. */
export type Practice = {
  practiceName: string | undefined
  imprintUrl: string | undefined
  privacyUrl: string | undefined
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A page with the call and the dialogs that both have, the practice's name, and the links that the law wants before a name is typed; what is missing is said. */
function fillIn(page: string, { practiceName, imprintUrl, privacyUrl }: Practice): string {
  const link = (url: string | undefined, key: string, text: string) =>
    url === undefined ? '' : `<a href="${escaped(url)}" target="_blank" rel="noreferrer" data-text="${key}">${text}</a>`
  const links = link(imprintUrl, 'imprint', 'Impressum') + link(privacyUrl, 'privacyNotice', 'Datenschutz')
  const isWhole = imprintUrl !== undefined && privacyUrl !== undefined
  return read(`${page}.html`)
    .replace(/<span data-text="brand">.*?<\/span>/, (brand) =>
      practiceName ? `<span>${escaped(practiceName)}</span>` : brand,
    )
    .replace('<!-- call -->', () => read('call.html').trim())
    .replace('<!-- dialogs -->', () => read('dialogs.html'))
    .replace(/^.*data-for="(\w+)".*\n/gm, (line, whose) => (whose === page ? line : ''))
    .replace('<!-- legal -->', () => (links ? `<footer class="legal">${links}</footer>` : ''))
    .replace(/ *<p [^>]*data-text="legalMissing".*\n/, (line) => (isWhole ? '' : line))
}

/** What people see who have come to an address that there is not. */
export const lostPage = (): string => read('lost.html')

export async function pages(app: FastifyInstance, practice: Practice): Promise<void> {
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
  for (const [url, page] of Object.entries(PAGES)) {
    const html = fillIn(page, practice)
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html),
    )
  }
  // As people and mail programs write it; what stands behind # goes along in the browser.
  app.get('/praxis/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/praxis', 308))
}
