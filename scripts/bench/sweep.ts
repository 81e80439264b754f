/**
 * npm run bench:sweep: what those who are in a call, and those who dial in, notice of a large record: signals at an
 * even rate, and somebody who joins again and again, while nothing is done to it, and while it is read, erased from
 * and swept. All in one run of one server, in several rounds; a quiet turn lies before each other one. What is read and erased "elsewhere" is
 * so from another server with a small record: what that costs is the machine's cores and this program's asking, not
 * the record.
 *
 * --kept ROWS that stay   --due ROWS of one day that a sweep deletes   --lock another program holds its lock
 * --full on a disk that is full (needs root: a tmpfs)   --seconds of each turn   --rounds
 */
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
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
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    lock: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
})
const { kept, due, seconds, rounds, lock, full } = values
const [KEPT, DUE, SECONDS, ROUNDS] = [Number(kept), Number(due), Number(seconds), Number(rounds)]
const PAIRS = 50
const PER_SECOND = 1_000
/** Days before yesterday: one in which everything is due. */
const OLD = 40

const dataDir = newFolder()
if (full) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', dataDir])
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

/** What signals and joins took in one turn, sorted, ms. */
type Turn = { signals: number[]; joins: number[] }
const turns = new Map<string, { turn: Turn; before: Turn }[]>()
const sorted = (numbers: number[]) => numbers.sort((a, b) => a - b)

/** Measures for as long as a turn lasts, and until what is done meanwhile is done. */
async function measure(act: (going: () => boolean) => Promise<unknown>): Promise<Turn> {
  const signals: number[] = []
  const joined = keepJoining(server.port, codes[0] ?? '')
  let going = true
  let over = false
  const acted = act(() => going).finally(() => {
    over = true
  })
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end || !over; ) {
    if (performance.now() >= end) going = false
    signals.push(...(await client.pace(PER_SECOND, 1_000)))
  }
  await acted
  return { signals: sorted(signals), joins: sorted(await joined()) }
}

/** Measures something, and just before that nothing. */
async function turn(name: string, act: (going: () => boolean) => Promise<unknown>): Promise<void> {
  const before = await measure(async () => {})
  const entry = { turn: await measure(act), before }
  turns.set(name, [...(turns.get(name) ?? []), entry])
}

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

for (let round = 0; round < ROUNDS; round++) {
  await turn('read elsewhere', reading(elsewhere))
  await turn('read', reading(server))
  await turn('read, one room', reading(server, '&room=zimmer-7'))
  await turn('erase elsewhere', erasing(elsewhere))
  await turn('erase', erasing(server))
  await turn('sweep, nothing due', nextSweep)
  addSessions(dataDir, DUE, [OLD, OLD])
  await turn(`sweep of ${DUE}`, nextSweep)
  const minting = again(() => server.mint().catch(() => {}))
  if (lock) {
    const other = new Sqlite(join(dataDir, 'wartezimmer.db'))
    other.exec('BEGIN IMMEDIATE')
    await turn('foreign lock', minting)
    other.close()
  }
  if (full) {
    const { bavail, bsize } = statfsSync(dataDir)
    writeFileSync(join(dataDir, 'filler'), Buffer.alloc(bavail * bsize))
    await turn('full disk', minting)
    rmSync(join(dataDir, 'filler'))
  }
}

/** The value below which such a share of them lies. */
const at = (numbers: readonly number[], share: number) => numbers[Math.floor(numbers.length * share)] ?? Number.NaN
const median = (numbers: number[]) => at(sorted(numbers), 0.5)
console.log('Medians of the rounds, the greatest of all; "to quiet" is the ratio to the turn just before.')
console.log('| | signal p50, ms | p99 | to quiet | at most | join p50, ms | p99 | at most |')
console.log('| --- | --: | --: | --: | --: | --: | --: | --: |')
const quiet = [...turns.values()].flat().map(({ before }) => ({ turn: before, before }))
for (const [name, rounds] of [['quiet', quiet] as const, ...turns]) {
  const columns = (['signals', 'joins'] as const).flatMap((what) => [
    median(rounds.map(({ turn }) => at(turn[what], 0.5))).toFixed(2),
    median(rounds.map(({ turn }) => at(turn[what], 0.99))).toFixed(2),
    ...(what === 'joins'
      ? []
      : [median(rounds.map(({ turn, before }) => at(turn[what], 0.99) / at(before[what], 0.99))).toFixed(2)]),
    Math.max(...rounds.map(({ turn }) => turn[what].at(-1) ?? Number.NaN)).toFixed(1),
  ])
  console.log(`| ${[name, ...columns].join(' | ')} |`)
}
client.stop()
await server.end('SIGTERM')
if (full) execFileSync('umount', ['-l', dataDir])
await server.stop()
await elsewhere.stop()
