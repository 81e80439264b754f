/**
 * npm run bench:sweep: what those who are in a call notice while the server deletes a million rows that
 * are due. Signals at an even rate before, during and after one sweep, in one run of one process.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openRecord } from '../../src/record/record.ts'
import { newFolder } from '../support/server.ts'
import { startClient } from './clients.ts'
import { type Server, startServer } from './servers.ts'

const { values } = parseArgs({
  options: { due: { type: 'string', default: '1000000' }, kept: { type: 'string', default: '10000' } },
})
const [DUE, KEPT] = [Number(values.due), Number(values.kept)]
const DAY = 86_400_000
/** The interval of sweeps is a minute; before, there is time to measure without one. */
const SWEEP_AFTER = 55_000
const PAIRS = 50
const PER_SECOND = 1_000

/** Ended sessions that are due a minute from now, and others that stay. */
function fill(dataDir: string): void {
  const record = openRecord({ dataDir, retentionDays: 1, sweepMinutes: 1 })
  const due = Date.now() - DAY + SWEEP_AFTER
  for (let made = 0; made < DUE + KEPT; made += 10_000) {
    const start = made < DUE ? due : Date.now()
    const sessions = Array.from({ length: Math.min(10_000, DUE + KEPT - made) }, (_, index) => ({
      change: 'session' as const,
      session: {
        id: record.newId(start),
        room: `zimmer-${index % 20}`,
        start,
        end: start + 3_000_000,
        codes: [],
        cutOff: null,
        participants: 2,
        reason: 'ended' as const,
        reference: `T-${made + index}`,
      },
    }))
    record.persist(sessions)
  }
  record.close()
}

async function lastSweep({ port }: Server): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
  return ((await answer.json()) as { lastSweep: number | null }).lastSweep ?? 0
}

const dataDir = newFolder()
fill(dataDir)
const settings = { WZ_RETENTION_DAYS: '1', WZ_SWEEP_MINUTES: '1' }
const server = await startServer('wartezimmer', dataDir, settings)
const started = performance.now()
const client = await startClient(server, PAIRS)
await client.open(PAIRS)
await client.pace(PER_SECOND, 3_000)

const at = (latencies: number[], share: number) =>
  latencies.sort((a, b) => a - b)[Math.floor(latencies.length * share)] ?? Number.NaN
const show = (phase: string, latencies: number[]) => {
  const [p50, p99] = [at(latencies, 0.5), at(latencies, 0.99)]
  const figures = [p50, p99, at(latencies, 0.999), latencies.at(-1) ?? Number.NaN].map((ms) => ms.toFixed(2))
  console.log(`${phase.padEnd(8)} p50 ${figures[0]} ms, p99 ${figures[1]}, p99.9 ${figures[2]}, at most ${figures[3]}`)
  return p99
}

const quiet: number[] = []
const busy: number[] = []
const first = await lastSweep(server)
while (performance.now() - started < 57_000) quiet.push(...(await client.pace(PER_SECOND, 1_000)))
while (performance.now() - started < 60_000) await wait(50)
const begun = performance.now()
while ((await lastSweep(server)) === first) busy.push(...(await client.pace(PER_SECOND, 1_000)))
const seconds = (performance.now() - begun) / 1000
const after: number[] = []
for (let round = 0; round < 20; round++) after.push(...(await client.pace(PER_SECOND, 1_000)))

console.log(`swept ${DUE} sessions in ${seconds.toFixed(0)} s, ${KEPT} stay; ${PER_SECOND} signals a second meanwhile`)
const without = show('before', quiet)
const during = show('during', busy)
show('after', after)
console.log(`p99 during the sweep ${(during / without).toFixed(2)} times that before`)
client.stop()
await server.stop()
