/**
 * Attacks on the compiled server with its default limits, one after another, and what an honest
 * consultation beside each of them felt. The client of an attack takes most of a small machine, which is
 * none of the server's fault: so honest latencies are measured three times, while all is quiet, while the
 * same attack hits a twin of the server on the same machine, and while it hits the server itself.
 *
 * npm run attacks -- [NAME…] [--seconds 10]
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Attack, Counts } from './attack.ts'
import { attacks } from './list.ts'
import { begin, type Codes, mintFor } from './processes.ts'
import { type Samples, type Server, startServer } from './server.ts'
import { header, type Row, row } from './table.ts'

/** MiB by which an attack may make the server grow: 10,000 connections, their seats, and full queues. */
const GROWTH = 256
/** ms after which nothing may be left of an attack: a WebSocket's close takes 5 s where nobody answers it. */
const SETTLED_WITHIN = 20_000
/** The honest ones' seats: host and guest. A patient comes and goes. */
const SEATS = 2

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '10' } },
  allowPositionals: true,
})
const SECONDS = Number(values.seconds)
const unknown = positionals.filter((name) => !attacks.some((attack) => attack.name === name))
if (unknown.length > 0) throw new Error(`there is no ${unknown}, but ${attacks.map(({ name }) => name).join(', ')}`)

const seats = (samples: Samples): number =>
  [...samples].reduce((sum, [name, value]) => (name.startsWith('wartezimmer_seats{') ? sum + value : sum), 0)

/** What was counted in between: refusals by code, limits by name. */
function between(before: Samples, after: Samples): Counts {
  const met: Counts = {}
  for (const [name, value] of after) {
    const [, what] = /^wartezimmer_(?:refusals|limited)_total\{.*(?:code|limit)="(\w+)"/.exec(name) ?? []
    const more = value - (before.get(name) ?? 0)
    if (what !== undefined && more > 0) met[what] = (met[what] ?? 0) + more
  }
  return met
}

/** Waits until nothing is left of the attack. @returns what is left all the same */
async function settle(server: Server, codes: Codes, sockets: number): Promise<string[]> {
  // Seats of those who vanished are kept for a while, as they should be: a practice would revoke their codes.
  await Promise.all(codes.flat().map(({ id }) => server.revoke(id)))
  const end = Date.now() + SETTLED_WITHIN
  for (;;) {
    const left = [server.sockets() - sockets, seats(await server.metrics()) - SEATS] as const
    // The patient comes and goes.
    if (left[0] <= 0 && left[1] <= 0) return []
    if (Date.now() > end) return [`${left[0]} sockets and ${left[1]} seats are left of it`]
    await wait(50)
  }
}

async function run(attack: Attack): Promise<Row> {
  const seconds = Math.max(SECONDS, attack.least ?? 0)
  const [server, twin] = await Promise.all([1, 2].map(() => startServer(attack.settings ?? {}, attack.prepare)))
  if (!server || !twin) throw new Error('two servers are needed')
  const { felt, attackOn, stop } = await begin(server)

  await felt() // while code is still being compiled
  const sockets: number[] = []
  const idle = setInterval(() => sockets.push(server.sockets()), 50)
  await wait(Math.min(SECONDS, 5) * 1000)
  clearInterval(idle)
  const quiet = await felt()
  const codesOfTwin = await mintFor(twin, attack)
  await attackOn(twin, attack, codesOfTwin, seconds, async () => void (await felt()))
  const beside = await felt()
  await twin.stop()

  const codes = await mintFor(server, attack)
  let before: Samples = new Map()
  const rss = { before: 0, peak: 0, after: 0 }
  const watching = setInterval(() => {
    if (server.running()) rss.peak = Math.max(rss.peak, server.rss())
  }, 100)
  const { counts, took } = await attackOn(server, attack, codes, seconds, async () => {
    await felt()
    before = await server.metrics()
    rss.before = server.rss()
  })
  const during = await felt()
  if (!server.running()) throw new Error(`${attack.name}: the server died: ${server.complaints.join('\n')}`)
  const after = await server.metrics()
  const left = await settle(server, codes, Math.max(...sockets))
  clearInterval(watching)
  rss.after = server.rss()
  const afterwards = await felt()
  await stop()
  const met = between(before, after)
  const ended = await server.stop()

  const errors = [...beside.errors, ...during.errors, ...afterwards.errors]
  if (!attack.full) errors.push(...during.turnedAway, ...afterwards.turnedAway)
  const faults = [
    ...new Set(errors.map((error) => `honest people: ${error}`)),
    ...(during.dialIns.length === 0 && !attack.full ? ['honest people: nobody could dial in'] : []),
    ...(attack.judge?.({ seconds: took, counts, met }) ?? []),
    ...left,
    ...(rss.peak - rss.before > GROWTH ? [`it grew by ${Math.round(rss.peak - rss.before)} MiB`] : []),
    ...server.complaints.map((line) => `the server said: ${line}`),
    ...(ended === 0 ? [] : [`the server ended with ${ended}`]),
  ]
  const loop = (after.get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1000
  const thrown = (counts[attack.thrown] ?? 0) / took
  return { attack, thrown, counts, quiet, beside, during, met, rss, loop, faults }
}

let faults = 0
console.log(header)
for (const attack of attacks) {
  if (positionals.length > 0 && !positionals.includes(attack.name)) continue
  const one = await run(attack)
  faults += one.faults.length
  console.log(row(one))
}
console.log(faults === 0 ? 'nobody was hindered' : `${faults} promises were broken`)
process.exit(faults === 0 ? 0 : 1)
