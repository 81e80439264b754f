/**
 * npm run bench:sweep: what those who are in a call, and those who dial in, notice of a large record: signals at an
 * even rate, and somebody who joins again and again, while nothing is done to it, and while it is read, erased from
 * and swept. All in one run of one server; quiet turns lie between the others. What is read and erased "elsewhere" is
 * so from another server with a small record: what that costs is the machine's cores and this program's asking, not
 * the record.
 *
 * --kept ROWS that stay   --due ROWS of one day that a sweep deletes   --lock another program holds its lock
 * --full on a disk that is full (needs root: a tmpfs)   --seconds of each turn
 */
import { execFileSync } from 'node:child_process'
import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { newFolder, type Server, spawnServer } from '../support/server.ts'
import { unlimited } from '../support/unlimited.ts'
import { startClient } from './clients.ts'
import { keepJoining } from './joins.ts'
import { addSessions, makeRecord } from './large-record.ts'

const { values } = parseArgs({
  options: {
    kept: { type: 'string', default: '1000000' },
    due: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '8' },
    lock: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
})
const [KEPT, DUE, SECONDS] = [Number(values.kept), Number(values.due), Number(values.seconds)]
const PAIRS = 50
const PER_SECOND = 1_000
/** Days before yesterday: one in which everything is due. */
const OLD = 40

const dataDir = newFolder()
if (values.full) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', dataDir])
await makeRecord(dataDir)
addSessions(dataDir, KEPT, [0, 28])
const begun = performance.now()
const server = await spawnServer({ dataDir, env: { ...unlimited, WZ_SWEEP_MINUTES: '1' } })
console.log(`${KEPT} sessions stay; listening after ${(performance.now() - begun).toFixed(0)} ms`)
const small = newFolder()
await makeRecord(small)
addSessions(small, 20_000, [0, 28])
const elsewhere = await spawnServer({ dataDir: small, env: unlimited })
const { codes } = await server.mint({ roles: ['guest'] })
const client = await startClient({ kind: 'wartezimmer', port: server.port, token: server.token } as never, PAIRS)
await client.open(PAIRS)
await client.pace(PER_SECOND, 3_000)

type Turn = { signals: number[]; joins: number[] }
const turns = new Map<string, Turn>()

/** Measures for as long as a turn lasts, and until what is done meanwhile is done. */
async function turn(name: string, act: (going: () => boolean) => Promise<unknown>): Promise<void> {
  const of = turns.get(name) ?? { signals: [], joins: [] }
  turns.set(name, of)
  const joined = keepJoining(server.port, codes[0] ?? '')
  let going = true
  let over = false
  const acted = act(() => going).finally(() => {
    over = true
  })
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end || !over; ) {
    if (performance.now() >= end) going = false
    of.signals.push(...(await client.pace(PER_SECOND, 1_000)))
  }
  await acted
  of.joins.push(...(await joined()))
}

const quiet = () => turn('quiet', async () => {})
/** As fast as the limits let one address ask: twenty times a second. */
const again = (act: () => Promise<unknown>) => async (going: () => boolean) => {
  while (going()) await Promise.all([act(), wait(50)])
}

type Page = { sessions: { id: string }[]; next: string | null }
function reading(from: Server, query = ''): (going: () => boolean) => Promise<void> {
  let after = ''
  return again(async () => {
    const { next } = await from.rest<Page>(`/v1/sessions?limit=500&after=${after}${query}`)
    after = next ?? ''
  })
}

const erasing = (from: Server) =>
  again(async () => {
    const { sessions } = await from.rest<Page>(`/v1/sessions?limit=1&from=${Date.now() - 10 * 86_400_000}`)
    await from.call('DELETE', `/v1/sessions/${sessions[0]?.id}`)
    const { minted } = await from.mint({ roles: ['guest'] })
    await from.call('DELETE', `/v1/codes/${minted[0]?.id}?erase=true`)
  })

const lastSweep = async () => (await server.rest<{ lastSweep: number | null }>('/readyz')).lastSweep
async function nextSweep(): Promise<void> {
  const before = await lastSweep()
  while ((await lastSweep()) === before) await wait(100)
}

await quiet()
await turn('read elsewhere', reading(elsewhere))
await quiet()
await turn('read', reading(server))
await quiet()
await turn('read, one room', reading(server, '&room=zimmer-7'))
await quiet()
await turn('erase elsewhere', erasing(elsewhere))
await quiet()
await turn('erase', erasing(server))
await quiet()
await turn('sweep, nothing due', nextSweep)
await quiet()
await nextSweep()
addSessions(dataDir, DUE, [OLD, OLD])
await turn(`sweep of ${DUE}`, nextSweep)
await quiet()
if (values.lock) {
  const other = new Sqlite(join(dataDir, 'wartezimmer.db'))
  other.exec('BEGIN IMMEDIATE')
  await turn(
    'foreign lock',
    again(() => server.mint().catch(() => {})),
  )
  other.close()
  await quiet()
}
if (values.full) {
  const { bavail, bsize } = statfsSync(dataDir)
  writeFileSync(join(dataDir, 'filler'), Buffer.alloc(bavail * bsize))
  await turn(
    'full disk',
    again(() => server.mint().catch(() => {})),
  )
}

const at = (sorted: number[], share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2)
const last = (sorted: number[]) => (sorted.at(-1) ?? Number.NaN).toFixed(1)
const base = Number(at(turns.get('quiet')?.signals.sort((a, b) => a - b) ?? [], 0.99))
console.log('| | signal p50, ms | p99 | / quiet | at most | join p50, ms | p99 | at most |')
console.log('| --- | --: | --: | --: | --: | --: | --: | --: |')
for (const [name, { signals, joins }] of turns) {
  const [s, j] = [signals.sort((a, b) => a - b), joins.sort((a, b) => a - b)]
  const p99 = at(s, 0.99)
  const row = [name, at(s, 0.5), p99, (Number(p99) / base).toFixed(2), last(s), at(j, 0.5), at(j, 0.99), last(j)]
  console.log(`| ${row.join(' | ')} |`)
}
client.stop()
await server.end('SIGTERM')
if (values.full) execFileSync('umount', ['-l', dataDir])
await server.stop()
await elsewhere.stop()
