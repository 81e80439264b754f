/**
 * npm run bench:practices: what a practice costs, in a process that many share and in one of its own; and whether the time that
 * an answer takes tells a practice anything of another: asked for what is another's and for what is nobody's, turn by turn,
 * at a server where the other has many rows, at one where it has a row each day, and at one where it has none.
 *
 * --practices N the larger of two counts   --processes N   --rows of each kind that the other has   --rounds
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { allRights } from '../../src/config/admins.ts'
import { readAdmins } from '../../src/config/admins-file.ts'
import { newFolder, type Server, spawnServer } from '../support/server.ts'
import { addAudit, addCodes, addSessions, makeRecord } from './large-record.ts'
import { ask, spawnKind } from './servers.ts'

const number = (value: string) => ({ type: 'string', default: value }) as const
const { values } = parseArgs({
  options: {
    practices: number('11000'),
    processes: number('8'),
    rows: number('100000'),
    rounds: number('400'),
  },
})
const [PRACTICES, PROCESSES, ROWS, ROUNDS] = [values.practices, values.processes, values.rows, values.rounds].map(
  Number,
) as [number, number, number, number]

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

const token = (name: string) => `${name}-${'k7Xq2Lw9'.repeat(4)}`
function adminsFile(rooms: readonly string[], admins: readonly string[] = ['']): string {
  const path = join(newFolder(), 'admins.json')
  const practices = rooms.map((one) => {
    const own = admins.map((kind) => ({ name: one + kind, token: token(one + kind), rights: allRights }))
    return { rooms: one, publicUrl: `https://${one}practice.example`, codesPerDay: 500, seats: 60, admins: own }
  })
  writeFileSync(path, JSON.stringify({ practices }), { mode: 0o600 })
  return path
}
const many = (count: number) =>
  adminsFile(
    Array.from({ length: count }, (_, index) => `p${String(index).padStart(5, '0')}-`),
    ['software', 'protection'],
  )

const few = Math.ceil(PRACTICES / 11)
const heaps: number[] = []
for (const count of [few, PRACTICES]) {
  const server = await spawnKind('wartezimmer', undefined, { WZ_ADMINS_FILE: many(count) })
  heaps.push((await ask<{ heap: number }>(server, 'memory')).heap)
  await server.stop()
}
const path = many(PRACTICES)
const begun = performance.now()
readAdmins({ adminsFile: path })
const read = (performance.now() - begun) / PRACTICES
const slope = ((heaps[1] ?? 0) - (heaps[0] ?? 0)) / (PRACTICES - few)
console.log(`a practice with two admins, in a shared process: ${slope.toFixed(0)} bytes (heap, slope from ${few} to`)
console.log(`  ${PRACTICES}), ${read.toFixed(3)} ms to read`)

/** KB of memory, and ticks of CPU, of which there are a hundred in a second. */
function used({ pid }: Server) {
  const kb = (file: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1])
  const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11)
    .map(Number)
  return { rss: kb('status', 'VmRSS') / 1024, pss: kb('smaps_rollup', 'Pss') / 1024, cpu: (user + system) / 100 }
}
const servers: Server[] = []
const started: number[] = []
for (let count = 0; count < PROCESSES; count++) {
  const server = await spawnServer()
  started.push(used(server).cpu)
  servers.push(server)
}
const before = servers.map((server) => used(server).cpu)
await wait(10_000)
const after = servers.map(used)
const of = (what: (one: (typeof after)[number], index: number) => number, digits: number) =>
  median(after.map(what)).toFixed(digits)
console.log(
  `a process of its own, median of ${PROCESSES}: ${of(({ pss }) => pss, 0)} MB (RSS ${of(({ rss }) => rss, 0)}, of which`,
)
console.log(`  the program is shared), ${median(started).toFixed(2)} s of CPU until it listens, then`)
console.log(`  ${of(({ cpu }, index) => (cpu - (before[index] ?? 0)) * 10, 1)} % of a core with nobody there`)
await Promise.all(servers.map((server) => server.stop()))

/** As many days as codes of them may lie in. */
const DAYS = 80

/** A server with two practices, of which the one that does not ask has so many rows of each kind. */
async function begin(rows: number) {
  const dataDir = newFolder()
  await makeRecord(dataDir)
  addSessions(dataDir, 500, [0, 28], 'a-')
  const sessions = addSessions(dataDir, rows, [0, 28], 'b-')
  const codes = addCodes(dataDir, rows, [1, 80], 'b-')
  addAudit(dataDir, rows, [0, 28], 'b-')
  const limits = { WZ_REQUESTS_PER_MINUTE: '10000000', WZ_ADMINS_FILE: adminsFile(['a-', 'b-']) }
  const server = await spawnServer({ dataDir, env: limits })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call = (method: string, path: string, body?: object) =>
    new Promise<{ status: number; took: number; text: string }>((resolve, reject) => {
      const authorization = `Bearer ${token('a-')}`
      const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
      const from = performance.now()
      request({ port: server.port, host: '127.0.0.1', method, path, headers, agent }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString()
        resolve({ status: response.statusCode ?? 0, took: performance.now() - from, text })
      })
        .on('error', reject)
        .end(body && JSON.stringify(body))
    })
  const own: string[] = []
  while (own.length < 100) {
    const { text } = await call('POST', '/v1/codes', { room: 'a-1', roles: Array(5).fill('guest') })
    own.push(...(JSON.parse(text) as { codes: { id: string }[] }).codes.map(({ id }) => id))
  }
  return { server, call, sessions, codes, own }
}
type Side = Awaited<ReturnType<typeof begin>>

const one = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(Math.random() * items.length)]
/** Beside one that there is, so that it is looked for in the same place. */
const nobodys = (id = one(full.own) ?? '') => id.slice(0, -6) + randomUUID().slice(-6)
const later = { expiresAt: Date.now() + 3_600_000 }

/** What is asked for by an id or a room of the other's, or of nobody's. */
const FOREIGN: [string, string, (id: string, room: string) => string, 'codes' | 'sessions', object?][] = [
  ['a code', 'GET', (id) => `/v1/codes/${id}`, 'codes'],
  ['a code moved', 'PATCH', (id) => `/v1/codes/${id}`, 'codes', later],
  ['a code revoked', 'DELETE', (id) => `/v1/codes/${id}`, 'codes'],
  ['a code erased', 'DELETE', (id) => `/v1/codes/${id}?erase=true`, 'codes'],
  ['a session erased', 'DELETE', (id) => `/v1/sessions/${id}`, 'sessions'],
  ['a room', 'GET', (_, room) => `/v1/rooms/${room}`, 'codes'],
  ['codes of a room', 'GET', (_, room) => `/v1/codes?room=${room}`, 'codes'],
  ['sessions of a room', 'GET', (_, room) => `/v1/sessions?room=${room}`, 'sessions'],
  ['sessions after one', 'GET', (id) => `/v1/sessions?after=${id}&limit=1`, 'sessions'],
]
/** What is its own. */
const OWN: [string, string, (own: string) => string, object?][] = [
  ['own code', 'GET', (own) => `/v1/codes/${own}`],
  ['own code moved', 'PATCH', (own) => `/v1/codes/${own}`, later],
  ['own room', 'GET', () => '/v1/rooms/a-1'],
  ['own codes', 'GET', () => '/v1/codes?limit=50'],
  ['own sessions', 'GET', () => '/v1/sessions?limit=50'],
  ['own audit', 'GET', () => '/v1/audit?limit=50'],
  ['own metrics', 'GET', () => '/metrics'],
  ['a code minted', 'POST', () => '/v1/codes', { room: 'a-2', roles: ['guest'], expiresAt: later.expiresAt }],
]

const [full, thin, empty] = [await begin(ROWS), await begin(DAYS), await begin(0)]
const names = new Map([
  [full, 'full'],
  [thin, 'thin'],
  [empty, 'empty'],
])
const took = new Map<string, number[]>()
const statuses = new Map<string, number>()
async function measure(side: Side, key: string, name: string, method: string, path: string, body?: object) {
  const { status, took: ms } = await side.call(method, path, body)
  const seen = statuses.get(name) ?? status
  if (seen !== status) throw new Error(`${name}: ${seen} and ${status}`)
  statuses.set(name, status)
  const all = took.get(`${name} ${key}`) ?? []
  all.push(ms * 1000)
  took.set(`${name} ${key}`, all)
}
for (let round = 0; round < ROUNDS; round++) {
  // In an order that favours nobody.
  const turns = [full, thin, empty].flatMap((side) => [
    ...FOREIGN.flatMap(([name, method, path, kind, body]) =>
      (['other', 'nobody', 'nobody again'] as const).map((whose) => () => {
        const others = whose === 'other' && side !== empty
        const id = (others && one(side[kind])) || nobodys(one(side[kind]))
        const room = others ? `b-${Math.floor(Math.random() * 50)}` : `b-x${Math.floor(Math.random() * 50)}`
        return measure(side, `${names.get(side)} ${whose}`, name, method, path(id, room), body)
      }),
    ),
    ...OWN.map(
      ([name, method, path, body]) =>
        () =>
          measure(side, `${names.get(side)}`, name, method, path(one(side.own) ?? ''), body),
    ),
  ])
  for (const turn of turns.sort(() => Math.random() - 0.5)) await turn()
}
await Promise.all([full, thin, empty].map(({ server }) => server.stop()))

const of50 = (key: string) => median((took.get(key) ?? []).slice(Math.min(50, ROUNDS >> 2))).toFixed(0)
console.log(
  `\nmedians of ${ROUNDS}, µs; the other practice has ${ROWS} codes, sessions and lines of the audit, or none`,
)
console.log(
  "| asked for | answer | the other's | nobody's | nobody's once more | the other has a row a day | nothing |",
)
console.log('| --- | --: | --: | --: | --: | --: | --: |')
for (const [name] of FOREIGN) {
  const row = ['other', 'nobody', 'nobody again'].map((whose) => of50(`${name} full ${whose}`))
  console.log(
    `| ${[name, statuses.get(name), ...row, ...['thin', 'empty'].map((side) => of50(`${name} ${side} nobody`))].join(' | ')} |`,
  )
}
for (const [name] of OWN)
  console.log(
    `| ${[name, statuses.get(name), of50(`${name} full`), '', '', of50(`${name} thin`), of50(`${name} empty`)].join(' | ')} |`,
  )
process.exit(0)
