/** What is measured: each scenario is one turn at one server, and has a figure for each of its rows. */
import type { Client } from './clients.ts'
import type { Effort } from './efforts.ts'
import type { Kind, Server } from './servers.ts'

/** A row of the table. */
export type Row = {
  title: string
  unit: string
  digits: number
  /** Of rates: the more, the better. */
  more?: true
  /** The bare relay does nothing of the kind: there is nothing to compare with. */
  alone?: true
}

/** A server, and the process of those who talk to it. */
export type Side = { server: Server; client: Client }

export type Scenario = {
  rows: readonly Row[]
  turn: (side: Side, effort: Effort) => Promise<number[]>
  /** Who has nothing of that kind. */
  without?: Kind
}

export const PAIRS = 100
export const GUESTS = 50
const PER_SECOND = 1_000
const CALLS_PER_SECOND = 100

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN

/** @returns µs of the server's CPU for each of what was done so often */
async function cpuPer({ server }: Side, act: () => Promise<number>): Promise<number> {
  const before = await server.cpu()
  const count = await act()
  return (((await server.cpu()) - before) * 1e6) / count
}

/** CPU as fast as it goes; latencies at an even rate of few. */
const inFlight = (count: number, name: string): Scenario => ({
  rows: [
    { title: `${name}: CPU per signal`, unit: 'µs', digits: 1 },
    { title: `${name}: p50`, unit: 'ms', digits: 3 },
    { title: `${name}: p99`, unit: 'ms', digits: 2 },
  ],
  turn: async (side, { load, pace }) => {
    const cpu = await cpuPer(side, () => side.client.load(count, load))
    const latencies = await side.client.pace(PER_SECOND, pace, count)
    return [cpu, at(latencies, 0.5), at(latencies, 0.99)]
  },
})

const call: Scenario = {
  rows: [
    { title: 'a call is set up: CPU', unit: 'ms', digits: 2 },
    { title: 'a call is set up: p50', unit: 'ms', digits: 2 },
  ],
  turn: async (side, { calls }) => {
    let took: number[] = []
    const cpu = await cpuPer(side, async () => {
      took = await side.client.calls(CALLS_PER_SECOND, calls)
      return took.length
    })
    return [cpu / 1000, at(took, 0.5)]
  },
}

const dialIn: Scenario = {
  rows: [
    { title: 'dial in', unit: '1/s', digits: 0, more: true },
    { title: 'come back after a cut', unit: '1/s', digits: 0, more: true },
  ],
  turn: async ({ client }, { callers }) => {
    const dialled = await client.dial()
    const back = await client.comeBack()
    await client.leave()
    return [(callers / dialled) * 1000, (callers / back) * 1000]
  },
}

const lobby: Scenario = {
  rows: [
    { title: `a guest comes into a room of ${GUESTS}, and goes: CPU`, unit: 'ms', digits: 2, alone: true },
    { title: 'the same: sent to all there', unit: 'KB', digits: 1, alone: true },
  ],
  turn: async (side) => {
    let bytes = 0
    const cpu = await cpuPer(side, async () => {
      bytes = await side.client.visit(GUESTS)
      return GUESTS
    })
    return [cpu / 1000, bytes / GUESTS / 1000]
  },
  // Whoever knows an id may send to it; there are no rooms.
  without: 'peerjs',
}

/** At each server. */
export const everywhere = [
  inFlight(1, 'one signal in flight'),
  inFlight(10, 'ten in flight'),
  call,
  dialIn,
  lobby,
] as const

/** At those that speak TLS themselves. */
export const overTls = inFlight(1, 'one in flight, TLS')

/** The same signals, spread over so many rooms. */
export const inRooms = (rooms: number): Scenario => ({
  rows: [{ title: `${rooms.toLocaleString('en')} rooms: CPU per signal`, unit: 'µs', digits: 1 }],
  turn: async (side, { roomsPerSecond, load }) => {
    const act = async () => (await side.client.pace(roomsPerSecond, load, 1, rooms)).length
    return [await cpuPer(side, act)]
  },
})

/** Of those who only wait. */
export const idleRows: readonly Row[] = [
  { title: 'idle: heap per connection', unit: 'KB', digits: 1 },
  { title: 'idle: RSS per connection', unit: 'KB', digits: 1 },
  { title: 'idle: RSS with all connected', unit: 'MB', digits: 0 },
  { title: 'idle: CPU per connection and hour', unit: 's', digits: 3, alone: true },
]
