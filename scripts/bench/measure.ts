/** The two measurements: what a relayed signal costs and takes, and what an idle connection weighs. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, startClient } from './clients.ts'
import { type Kind, type Server, startServer, type Usage } from './servers.ts'

export type Effort = {
  /** How often the servers are started for the relay; and how often, each time, each of them is measured. */
  starts: number
  turns: number
  /** Before anything is measured, so that what runs is compiled. ms */
  warmUp: number
  load: number
  pace: number
  memoryRounds: number
  /** Connections at the two points between which the slope is taken. */
  counts: readonly [number, number]
  /** Longer than the 25 s between two pings, so that nothing is kept to be sent again. ms */
  idle: number
}

export const full: Effort = {
  starts: 2,
  turns: 9,
  warmUp: 3_000,
  load: 1_000,
  pace: 500,
  memoryRounds: 2,
  counts: [1_000, 9_000],
  idle: 28_000,
}
export const quick: Effort = {
  starts: 1,
  turns: 2,
  warmUp: 500,
  load: 500,
  pace: 500,
  memoryRounds: 1,
  counts: [100, 500],
  idle: 0,
}

const PAIRS = 100
const IN_FLIGHT = 10
const PER_SECOND = 1_000
const MEMORY_CLIENTS = 4

export type Relay = { cpu: number; p50: number; p99: number }

/**
 * CPU in µs per signal with many in flight; latencies in ms at an even rate of few. All servers run all
 * the time and take short turns, so that what else the machine does meets them all alike.
 * @returns one measurement of each kind per turn
 */
export async function measureRelay(kinds: readonly Kind[], effort: Effort): Promise<Record<Kind, Relay>[]> {
  const servers = await Promise.all(kinds.map((kind) => startServer(kind)))
  const clients = await Promise.all(servers.map((server) => startClient(server, PAIRS)))
  await Promise.all(clients.map((client) => client.open(PAIRS)))
  const turns: Record<Kind, Relay>[] = []
  for (let turn = 0; turn < effort.turns; turn++) {
    const relays: [Kind, Relay][] = []
    for (const [index, server] of servers.entries()) {
      relays.push([server.kind, await takeTurn(server, clients[index] as Client, effort, turn === 0)])
    }
    turns.push(Object.fromEntries(relays) as Record<Kind, Relay>)
  }
  for (const client of clients) client.stop()
  await Promise.all(servers.map((server) => server.stop()))
  return turns
}

async function takeTurn(server: Server, client: Client, effort: Effort, first: boolean): Promise<Relay> {
  await client.load(IN_FLIGHT)
  await wait(first ? effort.warmUp : effort.load / 4)
  const point = async () => ({ usage: await server.usage('cpu'), count: await client.count() })
  const from = await point()
  await wait(effort.load)
  const to = await point()
  await client.rest()
  const latencies = await client.pace(PER_SECOND, effort.pace)
  return {
    cpu: (to.usage.cpu - from.usage.cpu) / (to.count - from.count),
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  }
}

export type Memory = { heap: number; rss: number }

/** Bytes per idle connection of each kind; all kinds at once, as most of the time is waiting. */
export async function measureMemory(
  kinds: readonly Kind[],
  { counts: [few, many], idle }: Effort,
): Promise<Record<Kind, Memory>> {
  const share = many / 2 / MEMORY_CLIENTS
  const servers = await Promise.all(kinds.map((kind) => startServer(kind)))
  const clients = await Promise.all(
    servers.flatMap((server, index) =>
      Array.from({ length: MEMORY_CLIENTS }, (_, n) => startClient(server, share, `127.0.${index + 1}.${n + 1}`)),
    ),
  )
  const measure = async (pairs: number): Promise<Usage[]> => {
    await Promise.all(clients.map((client) => client.open(pairs)))
    await wait(idle)
    return Promise.all(servers.map((server: Server) => server.usage('memory')))
  }
  const before = await measure(few / 2 / MEMORY_CLIENTS)
  const after = await measure((many - few) / 2 / MEMORY_CLIENTS)
  for (const client of clients) client.stop()
  await Promise.all(servers.map((server) => server.stop()))
  const slopes = kinds.map((kind, index): [Kind, Memory] => {
    const slope = (of: 'heap' | 'rss') => ((after[index]?.[of] ?? 0) - (before[index]?.[of] ?? 0)) / (many - few)
    return [kind, { heap: slope('heap'), rss: slope('rss') }]
  })
  return Object.fromEntries(slopes) as Record<Kind, Memory>
}
