/** The documents as pages that load nothing from elsewhere: src/docs/*.md and the generated reference. */
import { readdirSync, readFileSync } from 'node:fs'
import { Marked } from 'marked'
import { type Kept, keep } from '../http/kept.ts'
import { inventoryTables } from './inventory-tables.ts'
import { manual, type OpenApi } from './manual.ts'
import type { RestOptions } from './options.ts'
import { fillIn } from './reference.ts'
import { roleTable } from './role-table.ts'

/** The same distance from src/rest and from dist/rest, so that it works compiled, too. */
const folder = new URL('../../src/docs/', import.meta.url)

/** What links to a heading say: its words, numbered where they occur again. */
function slugs(): (text: string) => string {
  const used = new Map<string, number>()
  return (text) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
    const slug = words.join('-')
    const count = (used.get(slug) ?? 0) + 1
    used.set(slug, count)
    return count === 1 ? slug : `${slug}-${count}`
  }
}

function toHtml(markdown: string): string {
  const slug = slugs()
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      table({ header, rows }) {
        const cell = (tag: string, { tokens, text }: (typeof header)[number]) => {
          // `name`{#anchor}: a row that links lead to
          const anchor = /\{#(\w+)\}$/.exec(text)?.[1]
          const html = this.parser.parseInline(tokens).replace(/\{#\w+\}$/, '')
          return `<${tag}${anchor ? ` id="${anchor}"` : ''}>${html}</${tag}>`
        }
        const row = (tag: string, cells: typeof header) => `<tr>${cells.map((one) => cell(tag, one)).join('')}</tr>\n`
        const body = rows.map((cells) => row('td', cells)).join('')
        // Wide tables scroll by themselves, by keyboard too; so does code, see below.
        return `<div class="table" tabindex="0"><table><thead>${row('th', header)}</thead><tbody>${body}</tbody></table></div>\n`
      },
    },
  })
  return marked.parse(markdown, { async: false }).replaceAll('<pre>', '<pre tabindex="0">')
}

/** What pages may use of the client, as its declarations say it: options, events, methods, the view, the log. */
function clientApi(): string {
  const files = ['api', 'view', 'over', 'log'].map((name) =>
    readFileSync(new URL(`../../dist/client/${name}.d.ts`, import.meta.url), 'utf8'),
  )
  const types = files
    .join('')
    .replace(/^(?:\/\*\* @returns.*\n|import .*|\/\*\*(?:(?!\*\/)[\s\S])*\*\/\nexport declare .*)\n/gm, '')
  return `\`\`\`ts\n${types}\`\`\``
}

/** As it is, whatever markdown or HTML would make of it. */
const verbatim = (text: string) => text.replace(/[^\p{L}\p{N} ]/gu, (sign) => `&#${sign.codePointAt(0)};`)

/** What the accessibility statement says of this server's practice; what is not configured is left for it to fill in. */
const statement = ({ practice: { practiceName, imprintUrl }, version }: RestOptions) => ({
  fassung: () => version,
  anbieter: () => (practiceName ? verbatim(practiceName) : '… (Name der Praxis)'),
  kontakt: () =>
    imprintUrl ? `Wie Sie sie erreichen, steht im [Impressum](<${imprintUrl}>)` : '… (E-Mail und Telefon der Praxis)',
})

/** Patients come to this one from the pages. The others may be closed to them, so it leads to none. */
const FOR_PATIENTS = 'barrierefreiheit'

type Language = 'de' | 'en'
type Doc = { name: string; language: Language; title: string; markdown: string }

/** The document's first heading is its title. */
const doc = (name: string, language: Language, markdown: string): Doc => ({
  name,
  language,
  title: /^# (.+)$/m.exec(markdown)?.[1] ?? name,
  markdown,
})

/** The documents as they are written: NAME.md in English, NAME.de.md in German, which come last. */
function readDocs(generators: Record<string, () => string>): Doc[] {
  const docs = readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const markdown = fillIn(readFileSync(new URL(file, folder), 'utf8'), generators)
      return doc(file.replace(/(\.de)?\.md$/, ''), file.endsWith('.de.md') ? 'de' : 'en', markdown)
    })
  return docs.sort((a, b) => Number(a.language === 'de') - Number(b.language === 'de'))
}

/** Says the language of a title where it is not that of the page, for those who hear the page read. */
const linkTo = ({ name, language, title }: Doc, page: Language) =>
  `<a href="/docs/${name}"${language === page ? '' : ` lang="${language}" hreflang="${language}"`}>${title}</a>`

function navigation(language: Language, docs: readonly Doc[]): string {
  const links = docs.map((one) => linkTo(one, language)).join(' ')
  const label = language === 'de' ? 'Dokumente' : 'Documents'
  return `<header><nav aria-label="${label}"><a href="/docs">Wartezimmer</a> ${links}</nav></header>\n`
}

function layout({ name, title, language }: Doc, docs: readonly Doc[], body: string): string {
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Wartezimmer</title>
<link rel="stylesheet" href="/docs/docs.css">
${name === FOR_PATIENTS ? '' : navigation(language, docs)}<main>
${body}</main>
</html>
`
}

const index = (docs: readonly Doc[]) =>
  [
    '# Wartezimmer',
    'A signaling server for video consultations, with a virtual waiting room.',
    ...docs.map((one) => `- ${linkTo(one, 'en')}`),
    '- For machines: [openapi.json](/openapi.json), [asyncapi.json](/asyncapi.json), [protocol.json](/protocol.json)',
  ].join('\n\n')

/**
 * Reads the documents; each is rendered when it is asked for, and kept.
 * @returns the page of an address below /docs. Throws where there is none.
 */
export function openDocuments(api: OpenApi, options: RestOptions): (url: string) => Kept {
  const written = readDocs({
    ...inventoryTables(options.inventory),
    ...statement(options),
    'client api': clientApi,
    rollen: roleTable,
    datenfluss: () => readFileSync(new URL('datenfluss.svg', folder), 'utf8'),
  })
  const docs = [doc('rest', 'en', manual(api)), ...written]
  const byUrl = new Map([
    ['/docs', doc('docs', 'en', index(docs))],
    ...docs.map((one) => [`/docs/${one.name}`, one] as const),
  ])
  const pages = new Map<string, Kept>()
  return (url) => {
    const one = byUrl.get(url)
    if (!one) throw new Error(`no document ${url}`)
    const page = pages.get(url) ?? keep(layout(one, docs, toHtml(one.markdown)), 'text/html; charset=utf-8')
    pages.set(url, page)
    return page
  }
}
