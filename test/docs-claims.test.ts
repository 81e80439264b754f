/** What the threat model, the page of the limits and the German papers say is so: figures, tests, settings, metrics, routes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readAdmins } from '../src/config/admins-file.ts'
import { limits } from '../src/config/limits.ts'
import { settings } from '../src/config/settings.ts'
import { variableOf } from '../src/config/values.ts'
import { limitNames } from '../src/limits/names.ts'
import { Throttle } from '../src/limits/throttle.ts'
import { CODE_LENGTH } from '../src/protocol/dial-code.ts'
import { closeCodes, type Refusal } from '../src/protocol/errors.ts'
import { causes, deletedKinds } from '../src/record/deletions.ts'
import { deletionColumns } from '../src/rest/schemas.ts'
import { adminWith } from './rest-support.ts'
import { startServer } from './server-support.ts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const threats = read('src/docs/threats.md')
const limitsPage = read('src/docs/limits.md')
/** What lawyers and data protection officers read, by name. */
const papers = new Map(
  readdirSync(new URL('src/docs/', root))
    .filter((file) => file.endsWith('.de.md'))
    .map((file) => [file.replace('.de.md', ''), read(`src/docs/${file}`)]),
)

const YEAR = 365.25
const DAY = 86_400_000
const perMinute = Number(limits.wrongCodesPerMinute.default)
const perSource = Number(limits.wrongCodesPerAddress.default)
/** Five bits a symbol; the check symbol is computed. */
const space = (role: keyof typeof CODE_LENGTH) => 2 ** (5 * (CODE_LENGTH[role] - 1))

/** How many codes one address can try on its first day, as fast as it is let. */
function guessesOfOne(): number {
  const throttle = new Throttle({ perSource, perMinute })
  let guesses = 0
  for (let now = 1_800_000_000_000, end = now + DAY; now < end; ) {
    try {
      throttle.check('one', now)
      throttle.failed('one', now)
      guesses += 1
    } catch (fault) {
      now += ((fault as Refusal).facts.retryAfter ?? 0) * 1000
    }
  }
  return guesses
}

const said = (number: number) => number.toLocaleString('en-US', { maximumFractionDigits: 0 })
/** Two digits that say something, without an exponent. */
const percent = (share: number) => `${(share * 100).toFixed(1 - Math.floor(Math.log10(share * 100)))} %`

test('the odds in the threat model are those of the limits and of the length of codes', () => {
  const one = guessesOfOne()
  const all = perMinute * 24 * 60
  const cell = (guesses: number, codes: number, unit: 'days' | 'years') => {
    const days = space('guest') / (guesses * codes)
    return `${percent((guesses * codes) / space('guest'))}, in ${said(unit === 'days' ? days : days / YEAR)} ${unit}`
  }
  for (const row of [
    ['one address', said(one), cell(one, 100, 'years'), cell(one, 10_000, 'years')],
    ['all addresses together', said(all), cell(all, 100, 'days'), cell(all, 10_000, 'days')],
  ]) {
    assert.ok(threats.includes(`| ${row.join(' | ')} |`), `| ${row.join(' | ')} |`)
  }
  const inAYear = (codes: number) => 1 - Math.exp((-all * 365 * codes) / space('guest'))
  const prose = threats.replace(/\s+/g, ' ')
  for (const words of [
    `${5 * (CODE_LENGTH.guest - 1)} random bits: ${said(space('guest'))} codes`,
    `${perMinute} a minute (\`WZ_WRONG_CODES_PER_MINUTE\`)`,
    `a probability of ${(inAYear(100) * 100).toFixed(1)} % against 100 codes, and of ${said(inAYear(10_000) * 100)} % against 10,000`,
    `A host's code has ${5 * (CODE_LENGTH.host - 1)} random bits`,
    `the first hit takes ${said(space('host') / (all * 10_000) / YEAR / 1e9)} billion years`,
    `a botnet of ${said((perMinute / 60) * 3600)} addresses an hour`,
  ]) {
    assert.ok(prose.includes(words), words)
  }
  assert.ok(limitsPage.replace(/\s+/g, ' ').includes(`${said(one)} guesses in the first day from one source`))
  const days = said(space('guest') / (all * 10_000))
  assert.ok(limits.wrongCodesPerMinute.meaning.includes(`${days} days`), `the setting's meaning says ${days} days`)
})

/** Tests that are named are there, and show the requirements that are named with them. @returns how many there are */
function testsIn(page: string): number {
  const named = [...page.matchAll(/`(test\/[\w/-]+\.test\.ts)`/g)].map(([, file = '']) => file)
  for (const file of named) assert.ok(existsSync(new URL(file, root)), file)
  for (const [, ids = '', file = ''] of page.matchAll(/((?:R\d+(?:, )?)+):\s+`(test\/[\w/-]+\.test\.ts)`/g)) {
    for (const id of ids.split(', ')) assert.match(read(file), new RegExp(`\\b${id}\\b`), `${id} in ${file}`)
  }
  return named.length
}

test('every test that the threat model names is there, and shows the requirement that is named with it', () => {
  assert.ok(testsIn(threats) > 20)
})

test('what the German papers say of the software names tests that show it', () => {
  for (const page of papers.values()) testsIn(page)
  for (const name of ['folgenabschaetzung', 'anforderungen']) assert.ok(testsIn(papers.get(name) ?? '') > 15, name)
  // Nobody finds a requirement without a test.
  for (const page of papers.values()) {
    for (const [, id] of page.matchAll(/\b(R\d+)\b(?!(?:, R\d+)*:\s+`test)/g))
      assert.unreachable(`${id} without a test`)
  }
})

test('threat model, limits and papers name settings, limits and close codes that there are', () => {
  const known = new Set(
    Object.keys(settings)
      .map(variableOf)
      .flatMap((name) => [name, `${name}_FILE`]),
  )
  const codes = new Set<number>([...Object.values(closeCodes).map(({ code }) => code), 1008])
  for (const page of [threats, limitsPage, ...papers.values()]) {
    for (const [name] of page.matchAll(/\bWZ_[A-Z_]+[A-Z]/g)) assert.ok(known.has(name), name)
    for (const [, limit] of page.matchAll(/limit="(\w+)"/g)) {
      assert.ok((limitNames as readonly (string | undefined)[]).includes(limit), limit)
    }
    for (const [, code] of page.matchAll(/close (\d{4})/g)) assert.ok(codes.has(Number(code)), code)
  }
})

test('the German papers name commands, metrics and addresses that there are, and the roles have every address of the API once', async () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const server = await startServer()
  const { paths } = (await (await server.request('/openapi.json')).json()) as { paths: Record<string, object> }
  const metrics = await (await server.request('/metrics')).text()
  await server.stop()
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  for (const [name, page] of papers) {
    for (const [, script = ''] of page.matchAll(/`npm run ([\w:]+)/g))
      assert.ok(scripts[script], `${script} in ${name}`)
    for (const [metric] of page.matchAll(/wartezimmer_\w+[a-z]/g)) assert.ok(metrics.includes(metric), metric)
    for (const [, route = ''] of page.matchAll(/`((?:GET|POST|PATCH|DELETE) \/[\w/:]+)/g)) {
      assert.ok(routes.includes(route), `${route} in ${name}`)
    }
  }
  // A code is revoked and erased at one address.
  const listed = [...(papers.get('rollen') ?? '').matchAll(/`((?:GET|POST|PATCH|DELETE) \/[\w/:]+)`/g)].map(
    ([, one]) => one,
  )
  const closed = routes.filter((route) => route.includes(' /v1/') || route.endsWith('/metrics'))
  assert.equal(listed.sort(), closed.sort())
})

test('the paper on what is deleted has every column of the deletion log, every kind and every cause', () => {
  const page = papers.get('loeschkonzept') ?? ''
  const section = page.slice(page.indexOf('### Das Löschprotokoll'), page.indexOf('### Verwaltungsprotokoll'))
  for (const word of [...deletionColumns.filter((column) => column !== 'id'), ...causes, ...deletedKinds]) {
    assert.ok(section.includes(`\`${word}\``), word)
  }
})

test('the compose file in the README is what the checklist asks for: TURN as its own page has it, no dumps, no endless logs', () => {
  const [, compose = ''] = /^```yaml\n(x-confined.*?)^```$/ms.exec(read('README.md')) ?? []
  const linesOf = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith('#'))
  const [, conf = ''] = /content: \|\n(.*?)^\S/ms.exec(compose) ?? []
  const [, documented = ''] = /```conf\n(.*?)```/s.exec(read('src/docs/turn.md')) ?? []
  // What differs from one machine to another; the image knows its own addresses and ports.
  const own =
    /^(realm|static-auth-secret|cert|pkey|listening-ip|relay-ip|listening-port|tls-listening-port|min-port|max-port)=/
  const common = (text: string) =>
    linesOf(text)
      .filter((line) => !own.test(line))
      .sort()
  assert.ok(common(conf).length > 20)
  assert.equal(common(conf), common(documented))
  assert.match(compose, /WZ_TURN_URLS: .*turns:/)
  for (const words of ['ulimits: { core: 0', 'max-size', 'cap_drop: [ALL]', 'read_only: true'])
    assert.ok(compose.includes(words), words)
})

test('what the page about scaling counts with was measured: it is in the tables of the README', () => {
  const [readme, scaling] = [read('README.md'), read('src/docs/scaling.md')].map((text) =>
    text.replace(/\s+/g, ' '),
  ) as [string, string]
  for (const [said, measured] of [
    ['4,599 a second', '| dial in, 1/s | 4599 |'],
    ['10.1 µs of CPU each', '| ten in flight: CPU per signal, µs | 10.1 |'],
    ['115 MB, and 4.0 KB for each connection', '| idle: RSS per connection, KB | 4.0 |'],
    ['115 MB, and 4.0 KB for each connection', 'the server takes 115 MB (RSS)'],
    ['9,000 people are back 1.4 s after it listens', '| 1,000 sessions | 1.0 | 1.4 |'],
  ] as const) {
    assert.ok(scaling.includes(said), said)
    assert.match(readme, measured)
  }
})

test('npm ci compiles nothing: the lockfile says what npm does not look up, that the package has its binaries', () => {
  // `npm install` takes the word out again; then no machine without a compiler can install.
  assert.is(JSON.parse(read('package-lock.json')).packages['node_modules/better-sqlite3'].gypfile, false)
})

test('the threat model counts the libraries as the lockfile does', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version: string; dev?: true; devOptional?: true; hasInstallScript?: true }>
  }
  const shipped = Object.entries(packages).filter(([path, { dev, devOptional }]) => path && !dev && !devOptional)
  const names = new Set(shipped.map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`))
  const direct = Object.keys(JSON.parse(read('package.json')).dependencies)
  const prose = threats.replace(/\s+/g, ' ')
  assert.ok(prose.includes(`${direct.length} libraries, ${names.size} packages with all that they need`))
  assert.ok(prose.includes(`A backdoor in one of the ${names.size}`))
  assert.equal(
    shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    [],
  )
})

test('R53: every limit has a default, a reason, an answer and a metric on the page, and no other metric is counted', async () => {
  const server = await startServer()
  const page = await (await server.request('/docs/limits')).text()
  const labels = Object.entries(limits).map(([key, { default: value, meaning }]) => {
    const name = variableOf(key)
    const label = name.replace('WZ_', '').toLowerCase()
    const row = page.split('\n').find((line) => line.includes(`<tr><td><code>${name}</code></td>`)) ?? ''
    const cells = [...row.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell = '']) => cell)
    assert.is(cells.length, 5, name)
    assert.ok(cells[1]?.startsWith(value ?? '-') && cells[2] === meaning && cells[3], row)
    assert.is(cells[4], `<code>limit=&quot;${label}&quot;</code>`)
    return label
  })
  assert.equal([...limitNames].sort(), [...labels, 'frame_size', 'codes_per_day', 'practice_seats'].sort())
})

test('the page has every metric with its labels, and no other', async () => {
  const server = await startServer()
  const practice = adminWith('nord', 'token-of-nord-0123456789abcdefghij', { practice: { rooms: 'nord-' } })
  server.admins.replace([...readAdmins(server.config), practice])
  await server.join((await server.mint({ room: 'nord-1', roles: ['host'] })).codes[0]?.code ?? '')
  const { guest } = await server.consultation()
  const again = await server.resume(guest, { seq: 0 })
  await again.refused('{}')
  // What is counted has its labels only afterwards; the one that begins with the server may still be under way.
  await server.record.sweep(Date.now())
  const text = await (await server.request('/metrics?practices=true')).text()
  const metrics = new Map<string, Set<string>>()
  for (const [, name = ''] of text.matchAll(/^# TYPE (wartezimmer_\w+)/gm)) metrics.set(name, new Set())
  for (const [, series = '', labels = ''] of text.matchAll(/^(wartezimmer_\w+)\{(.*)\}/gm)) {
    const name = metrics.has(series) ? series : series.replace(/_bucket$/, '')
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) metrics.get(name)?.add(label)
  }
  const documented = [...limitsPage.matchAll(/^\| `(wartezimmer_\w+)` \|([^|]*)\|/gm)].map(
    ([, name = '', labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort()] as const,
  )
  const real = [...metrics].map(([name, labels]) => [name, [...labels].sort()] as const)
  const byName = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)
  assert.equal(documented.sort(byName), real.sort(byName))
  for (const [name] of limitsPage.matchAll(/wartezimmer_\w+/g)) assert.ok(metrics.has(name), name)
})

test.run()
