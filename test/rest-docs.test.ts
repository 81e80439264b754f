/** The documents for data protection officers: in German, from the inventory, and complete in themselves. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inventory } from '../src/record/inventory.ts'
import { openRest } from './rest-support.ts'

const GERMAN = [
  ...['anforderungen', 'auftragsverarbeitung', 'barrierefreiheit', 'checkliste-praxis-it', 'datenfluss'],
  ...['folgenabschaetzung', 'loeschkonzept', 'patienten', 'rollen', 'tom', 'verarbeitungsverzeichnis', 'vorfall'],
]
const PERIODS = { retentionDays: 30, sweepMinutes: 60, resumeSeconds: 120 }

/** Every document as it is served, by its address. */
async function readDocs(options: Parameters<typeof openRest>[0] = {}): Promise<Map<string, string>> {
  const { call } = await openRest(options)
  const pages = new Map<string, string>()
  const read = async (url: string) => {
    const { statusCode, body, headers } = await call('GET', url, { token: null })
    assert.equal([statusCode, headers['content-type']], [200, 'text/html; charset=utf-8'], url)
    pages.set(url, body)
    return body
  }
  const navigation = /<nav .*<\/nav>/.exec(await read('/docs'))?.[0] ?? ''
  for (const [, url] of navigation.matchAll(/href="(\/docs\/[^"]+)"/g)) await read(url ?? '')
  return pages
}

const page = (pages: Map<string, string>, name: string) => pages.get(`/docs/${name}`) ?? ''

/** As the reader sees it: no markup, and the characters themselves. */
const textOf = (html: string) =>
  html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

test('German documents say that they are, in the page and where others lead to them', async () => {
  const pages = await readDocs()
  const german = [...pages].filter(([, body]) => body.includes('<html lang="de">')).map(([url]) => url)
  assert.equal(
    german,
    GERMAN.map((name) => `/docs/${name}`),
  )
  const tom = '/docs/tom">Technische'
  assert.match(page(pages, 'protocol'), tom.replace('">', '" lang="de" hreflang="de">'))
  assert.match(page(pages, 'protocol'), '<html lang="en">')
  assert.match(page(pages, 'datenfluss'), tom)
  assert.match(page(pages, 'datenfluss'), '<nav aria-label="Dokumente">')
  assert.match(page(pages, 'datenfluss'), '<a href="/docs/rest" lang="en" hreflang="en">')
})

test('R37: the Löschkonzept has every kind of data, table and column of the inventory, with its rule', async () => {
  const text = textOf(page(await readDocs(), 'loeschkonzept'))
  for (const { name, title, purpose, ground, starts, deleted, deletionClass, columns } of inventory(PERIODS)) {
    const facts = [name, title ?? name, purpose, ground, starts, deleted, deletionClass]
    for (const fact of [...facts, ...Object.entries(columns).flat()]) assert.ok(text.includes(fact), fact)
  }
})

test('patients are told of everything that is kept of them, on what ground and until when, and of nobody else', async () => {
  const text = textOf(page(await readDocs(), 'patienten'))
  for (const { name, told, ground } of inventory(PERIODS)) {
    const concernsThem = /Behandlung|Sicherheit der Verarbeitung|Beschäftigten/.test(ground)
    assert.is(told !== undefined, concernsThem, name)
    if (told) for (const fact of [told, ground]) assert.ok(text.includes(fact), fact)
  }
})

test('the roles say who may do what as the tables do that decide it', async () => {
  const body = page(await readDocs(), 'rollen')
  const rows = [...body.matchAll(/<tr>(?:<td>.*?<\/td>)+<\/tr>/g)].map(([row]) =>
    textOf(row.replaceAll('</td><td>', '|')),
  )
  for (const row of [
    'Wartende hereinbitten|–|–|–|–|ja',
    'Wartende ablehnen, Eingelassene verabschieden|–|–|–|ja, nur Wartende|ja',
    'Wartenden eine Zeile schreiben|–|–|–|ja|ja',
    'Bild und Ton mit Eingelassenen austauschen|–|–|ja|–|ja',
    'sich mit einem Code einwählen|ja|–|–|–|–',
    'das Gespräch für alle beenden|–|–|–|–|ja',
  ]) {
    assert.ok(rows.includes(row), row)
  }
})

test('R33: the periods in the documents are those of the configuration', async () => {
  const said = async (retentionDays: number, sweepMinutes: number, resumeSeconds: number) => {
    const pages = await readDocs({ inventory: inventory({ retentionDays, sweepMinutes, resumeSeconds }) })
    return ['loeschkonzept', 'verarbeitungsverzeichnis'].map((name) => textOf(page(pages, name)))
  }
  const [before, after] = [await said(30, 60, 120), await said(7, 15, 90)]
  const words = ['30 Tage danach', 'alle 60 Minuten', 'länger als 120 Sekunden']
  const otherWords = ['7 Tage danach', 'alle 15 Minuten', 'länger als 90 Sekunden']
  for (const [index, text] of before.entries()) {
    for (const word of words) assert.ok(text.includes(word) && !after[index]?.includes(word), word)
    for (const word of otherWords) assert.ok(!text.includes(word) && after[index]?.includes(word), word)
  }
  const told = await readDocs({ inventory: inventory({ retentionDays: 7, sweepMinutes: 15, resumeSeconds: 90 }) })
  for (const word of ['7 Tage nach Beginn', 'alle 15 Minuten', 'länger als 90 Sekunden']) {
    assert.ok(textOf(page(told, 'patienten')).includes(word), word)
  }
  assert.ok(before[0]?.includes('Entstehung + 30 Tage') && after[0]?.includes('Entstehung + 7 Tage'))
  assert.ok((await said(1, 60, 120))[0]?.includes('Entstehung + 1 Tag\n'))
})

test('every link within the documents leads to a page, and to a place on it', async () => {
  const pages = await readDocs()
  const elsewhere = ['/openapi.json', '/asyncapi.json', '/protocol.json', '/assets/wartezimmer.d.ts']
  let anchors = 0
  for (const [url, body] of pages) {
    const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.is(new Set(ids).size, ids.length, `ids are unique in ${url}`)
    for (const [, href = ''] of body.matchAll(/<a href="([^"]*)"/g)) {
      if (href.startsWith('https://')) continue
      const [path = '', anchor] = decodeURIComponent(href).split('#')
      const target = path === '' ? body : pages.get(path)
      assert.ok(target || elsewhere.includes(path), `${href} in ${url}`)
      if (anchor === undefined) continue
      assert.match(target ?? '', ` id="${anchor}"`, `${href} in ${url}`)
      anchors += 1
    }
  }
  assert.ok(anchors > 5, 'there were anchors to follow')
})

test('the accessibility statement names the practice, leads to its Impressum, and to nothing that patients cannot open', async () => {
  const bare = page(await readDocs(), 'barrierefreiheit')
  assert.match(textOf(bare), 'Anbieter: … (Name der Praxis)')
  assert.not.match(bare, '<a ')
  const practice = { practiceName: 'Praxis *Süd* & <Söhne>', imprintUrl: 'https://praxis.example/i?a=1&b=(2)' }
  const own = page(await readDocs({ practice }), 'barrierefreiheit')
  assert.match(own, 'Anbieter: Praxis *Süd* &amp; &lt;Söhne&gt;.')
  assert.equal(
    [...own.matchAll(/<a href="([^"]*)">([^<]*)/g)].map(([, href, text]) => [href, text]),
    [['https://praxis.example/i?a=1&amp;b=(2)', 'Impressum']],
  )
  assert.not.match(own, '…')
})

test('R41: the documents load nothing from elsewhere, run nothing, and leave no placeholder', async () => {
  for (const [url, page] of await readDocs()) {
    // A link loads nothing until somebody follows it.
    const body = page.replaceAll(/<a href="https:[^"]*"/g, '<a')
    assert.not.match(body, /<script|<style|style=|<!-- |@import|<(?:iframe|object|embed|img|image|use|base)\b/, url)
    assert.not.match(body, /(?:src|srcset|href|action|poster|data)="(?!\/(?!\/)|#)/, url)
    assert.not.match(body, /url\((?!#)/, url)
  }
})

test('the drawing of the data flow says in words what it shows, and every way in it is in the table', async () => {
  const body = page(await readDocs(), 'datenfluss')
  const svg = /<svg .+<\/svg>/s.exec(body)?.[0] ?? ''
  const labels = /aria-labelledby="([^"]+)"/.exec(svg)?.[1]?.split(' ') ?? []
  assert.is(labels.length, 2)
  for (const id of labels) assert.match(svg, new RegExp(`<(title|desc) id="${id}">[^<]{20,}<`))
  const ways = [...new Set([...svg.matchAll(/>(\d) · /g)].map(([, way]) => way))].sort()
  assert.equal(ways, ['1', '2', '3', '4', '5'])
  for (const way of ways) assert.match(body, `<tr><td>${way}</td>`)
})

test.run()
