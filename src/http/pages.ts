/** The reference pages: `/` for patients, `/praxis` for the practice, and the scripts that they load. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Image } from '../config/image-file.ts'
import { type Kept, keep, keepFile } from './kept.ts'

// Seen from src/ as well as from dist/: markup and styles are served as they are, scripts bundled.
const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const read = (file: string): string => readFileSync(folder(`src/web/${file}`), 'utf8')

/**
 * What pages load, by its address; read once, so an edit shows after a restart.
 *
 * Pages name it with its version, and need never ask for that again. A version of before, which a page asks for that came
 * just before an update or out of a browser's cache, is answered with what there is now, not to be kept: nothing that was
 * ever named is missing. A page that runs has all it needs: one script that loads no others, and icons without a version.
 */
function readAssets(): Map<string, Kept> {
  const assets = new Map<string, Kept>()
  for (const from of ['src/web', 'dist/pages']) {
    for (const name of readdirSync(folder(from))) {
      if (/\.(css|js|map|png|svg)$/.test(name)) assets.set(`/assets/web/${name}`, keepFile(folder(`${from}/${name}`)))
    }
  }
  return assets
}

const PAGES = { '/': 'patient', '/praxis': 'praxis' }

/** What a practice has to say of itself on its pages. */
export type Practice = {
  practiceName: string | undefined
  practiceLogo: Image | undefined
  imprintUrl: string | undefined
  privacyUrl: string | undefined
  accessibilityUrl: string | undefined
}

const LOGO = '/assets/logo'

/** Opened by itself an SVG is a document, and could hold scripts. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A page with the call and the dialogs that both have, the practice's name and logo, and the links that the law wants before a name is typed; what is missing is said. */
function fillIn(
  page: string,
  { practiceName, practiceLogo, imprintUrl, privacyUrl, accessibilityUrl = '/docs/barrierefreiheit' }: Practice,
): string {
  const link = (url: string | undefined, key: string, text: string) =>
    url === undefined ? '' : `<a href="${escaped(url)}" target="_blank" rel="noreferrer" data-text="${key}">${text}</a>`
  const links = [
    link(imprintUrl, 'imprint', 'Impressum'),
    link(privacyUrl, 'privacyNotice', 'Datenschutz'),
    link(accessibilityUrl, 'accessibility', 'Barrierefreiheit'),
  ].join('')
  const isWhole = imprintUrl !== undefined && privacyUrl !== undefined
  const name = practiceName && escaped(practiceName)
  return read(`${page}.html`)
    .replace(/<span data-text="brand">.*?<\/span>/, (brand) =>
      // The logo has said it already.
      name ? `<span${practiceLogo ? ' aria-hidden="true"' : ''}>${name}</span>` : brand,
    )
    .replace(/<img src="[^"]*icon\.svg"[^>]*>/, (icon) =>
      practiceLogo ? `<img src="${LOGO}" alt="${name ?? ''}" class="logo">` : icon,
    )
    .replace('<!-- call -->', () => read('call.html').trim())
    .replace('<!-- dialogs -->', () => read('dialogs.html'))
    .replace(/^.*data-for="(\w+)".*\n/gm, (line, whose) => (whose === page ? line : ''))
    .replace('<!-- legal -->', () => `<footer class="legal">${links}</footer>`)
    .replace(/ *<p [^>]*data-text="legalMissing".*\n/, (line) => (isWhole ? '' : line))
}

/** What people see who have come to an address that there is not. */
export const lostPage = (): string => read('lost.html')

export async function pages(app: FastifyInstance, practice: Practice): Promise<void> {
  const assets = readAssets()
  for (const [url, asset] of assets) app.get(url, { schema: { hide: true } }, asset.send)
  if (practice.practiceLogo) {
    const logo = keep(practice.practiceLogo.body, practice.practiceLogo.type)
    assets.set(LOGO, logo)
    app.get(LOGO, { schema: { hide: true } }, (request, reply) =>
      logo.send(request, reply.header('content-security-policy', LOGO_POLICY)),
    )
  }
  const withVersions = (html: string) =>
    html.replace(/"(\/assets\/[^"?]+)"/g, (whole, url) => {
      const version = assets.get(url)?.version
      return version ? `"${url}?v=${version}"` : whole
    })
  for (const [url, page] of Object.entries(PAGES)) {
    const html = keep(withVersions(fillIn(page, practice)), 'text/html; charset=utf-8')
    app.get(url, { schema: { hide: true } }, html.send)
  }
  // As people and mail programs write it; what stands behind # goes along in the browser.
  app.get('/praxis/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/praxis', 308))
}
