/**
 * npm run bench:sweep: what those who are in a call, and those who dial in, notice of a large record: signals at an
 * even rate, and somebody who joins again and again, while nothing is done to it, and while it is read, erased from
 * and swept. In one run, in several rounds, each turn by turn at two servers: one whose record is small, and one whose
 * record is large. What a turn costs at both is the machine's cores and the asking; the rest is the record.
 *
 * --kept ROWS that stay   --due ROWS of one day that a sweep deletes   --seconds of each turn   --rounds
 * --adverse also with the record locked by another program and its disk full (needs root: a tmpfs)
 */
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { newFolder, spawnServer } from '../support/server.ts'
import { unlimited } from '../support/unlimited.ts'
import { startClient } from './clients.ts'
import { keepJoining } from './joins.ts'
import { addSessions, makeRecord } from './large-record.ts'

const { values } = parseArgs({
  options: {
    kept: { type: 'string', default: '1000000' },
    due: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    adverse: { type: 'boolean', default: false },
  },
})
const [KEPT, DUE, SECONDS, ROUNDS] = [values.kept, values.due, values.seconds, values.rounds].map(Number) as [
  number,
  number,
  number,
  number,
]
/** As many as fill a page of one room. */
const SMALL = 24_000
const PAIRS = 50
const PER_SECOND = 1_000
/** Days before yesterday: one in which everything is due. */
const OLD = 40

/** A server with so many sessions, fifty calls, and a code to dial in with. */
async function begin(kept: number) {
  const dataDir = newFolder()
  if (values.adverse) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', dataDir])
  await makeRecord(dataDir)
  addSessions(dataDir, kept, [0, 28])
  const begun = performance.now()
  const server = await spawnServer({ dataDir, env: { ...unlimited, WZ_SWEEP_MINUTES: '1' } })
  console.log(`${kept} sessions stay; listening after ${(performance.now() - begun).toFixed(0)} ms`)
  const { codes } = await server.mint({ roles: ['guest'] })
  const client = await startClient({ kind: 'wartezimmer', port: server.port, token: server.token }, { pairs: PAIRS })
  await client.open(PAIRS)
  await client.pace(PER_SECOND, 3_000)
  return { dataDir, server, client, code: codes[0] ?? '' }
}
type Side = Awaited<ReturnType<typeof begin>>

/** What is done at a server until somebody says that it has been enough. */
type Act = (side: Side, going: () => boolean) => Promise<unknown>

/** What signals and joins took in one turn, sorted, ms. */
type Turn = { signals: number[]; joins: number[] }
const turns = new Map<string, { small: Turn; large: Turn }[]>()
const sorted = (numbers: number[]) => numbers.sort((a, b) => a - b)

/** Measures for as long as a turn lasts, and until what is done meanwhile is done. */
async function measure(side: Side, act: Act): Promise<Turn> {
  const signals: number[] = []
  const joined = keepJoining(side.server.port, side.code)
  let going = true
  let over = false
  const acted = act(side, () => going).finally(() => {
    over = true
  })
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end || !over; ) {
    if (performance.now() >= end) going = false
    signals.push(...(await side.client.pace(PER_SECOND, 1_000)))
  }
  await acted
  return { signals: sorted(signals), joins: sorted(await joined()) }
}

const small = await begin(SMALL)
const large = await begin(KEPT)

async function turn(name: string, act: Act): Promise<void> {
  const entry = { small: await measure(small, act), large: await measure(large, act) }
  turns.set(name, [...(turns.get(name) ?? []), entry])
}

/** As fast as the limits let one address ask: twenty times a second. */
const again =
  (act: (side: Side) => Promise<unknown>): Act =>
  async (side, going) => {
    while (going()) await Promise.all([act(side), wait(50)])
  }

type Page = { sessions: { id: string }[]; next: string | null }
function reading(query = ''): Act {
  let after = ''
  return again(async ({ server }) => {
    const { next } = await server.rest<Page>(`/v1/sessions?limit=500&after=${after}${query}`)
    after = next ?? ''
  })
}

async function erase({ server }: Side): Promise<void> {
  const { sessions } = await server.rest<Page>(`/v1/sessions?limit=1&from=${Date.now() - 10 * 86_400_000}`)
  await server.call('DELETE', `/v1/sessions/${sessions[0]?.id}`)
  const { minted } = await server.mint({ roles: ['guest'] })
  await server.call('DELETE', `/v1/codes/${minted[0]?.id}?erase=true`)
}

async function nextSweep({ server }: Side): Promise<void> {
  const lastSweep = async () => (await server.rest<{ lastSweep: number | null }>('/readyz')).lastSweep
  const before = await lastSweep()
  while ((await lastSweep()) === before) await wait(100)
}

/** Does something while another program holds the record's lock, or while the disk is full. */
const locked =
  (act: Act): Act =>
  async (side, going) => {
    const other = new Sqlite(join(side.dataDir, 'wartezimmer.db'))
    other.exec('BEGIN IMMEDIATE')
    await act(side, going).finally(() => other.close())
  }
const full =
  (act: Act): Act =>
  async (side, going) => {
    const filler = join(side.dataDir, 'filler')
    const { bavail, bsize } = statfsSync(side.dataDir)
    writeFileSync(filler, Buffer.alloc(bavail * bsize))
    await act(side, going).finally(() => rmSync(filler))
  }
/** What cannot be written is refused, and tried again. */
const troubled = again((side) => Promise.allSettled([erase(side), side.server.mint()]))

for (let round = 0; round < ROUNDS; round++) {
  await turn('quiet', async () => {})
  await turn('read', reading())
  await turn('read, one room', reading('&room=zimmer-7'))
  await turn('erase', again(erase))
  await turn('sweep, nothing due', nextSweep)
  for (const { dataDir } of [small, large]) addSessions(dataDir, DUE, [OLD, OLD])
  await turn(`sweep of ${DUE}`, nextSweep)
  if (!values.adverse) continue
  await turn('locked', locked(troubled))
  await turn('disk full', full(troubled))
  await turn('locked and disk full', locked(full(troubled)))
}

/** The value below which such a share of them lies. */
const at = (numbers: readonly number[], share: number) => numbers[Math.floor(numbers.length * share)] ?? Number.NaN
const median = (numbers: number[]) => at(sorted(numbers), 0.5)
console.log(`Of signals, ms: medians of the rounds, the greatest of all; the ratio is that of ${KEPT} to ${SMALL}.`)
console.log(`| | p99 with ${SMALL} | p99 with ${KEPT} | ratio | at most | join p99 with ${KEPT} | at most |`)
console.log('| --- | --: | --: | --: | --: | --: | --: |')
const p99 = ({ signals }: Turn) => at(signals, 0.99)
const greatest = (lists: number[][]) => Math.max(...lists.map((list) => list.at(-1) ?? Number.NaN)).toFixed(1)
for (const [name, rounds] of turns) {
  const columns = [
    name,
    median(rounds.map(({ small }) => p99(small))).toFixed(2),
    median(rounds.map(({ large }) => p99(large))).toFixed(2),
    median(rounds.map(({ small, large }) => p99(large) / p99(small))).toFixed(2),
    greatest(rounds.map(({ large }) => large.signals)),
    median(rounds.map(({ large }) => at(large.joins, 0.99))).toFixed(1),
    greatest(rounds.map(({ large }) => large.joins)),
  ]
  console.log(`| ${columns.join(' | ')} |`)
}
for (const { client, server, dataDir } of [small, large]) {
  client.stop()
  await server.end('SIGTERM')
  if (values.adverse) execFileSync('umount', ['-l', dataDir])
  await server.stop()
}
