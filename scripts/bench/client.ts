/** A client process: everybody who talks to one server, doing as clients.ts orders. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Dialect, Seat } from './dialect.ts'
import { dialects } from './dialects.ts'
import type { Kind } from './servers.ts'
import { addPair, calls, load, pace } from './ways.ts'
import type { Target } from './wire.ts'

/** Rooms for two that talk, rooms for one who dials in, and guests of one room's lobby. */
export type Rooms = { pairs: number; callers?: number; lobby?: number }

/** How many connect at a time. */
const AT_ONCE = 50

/** Does something with each, so many at a time. @returns how long all took, ms */
async function withEach<Item>(items: readonly Item[], act: (item: Item) => Promise<unknown>): Promise<number> {
  const left = items.values()
  const began = performance.now()
  const worker = async () => {
    for (const item of left) await act(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return performance.now() - began
}

/** Says now and then what keeps each of them from being given up, evenly spread. */
function keepAlive(seats: readonly Seat[], { every, text }: { every: number; text: string }): void {
  const steps = 100
  let step = 0
  const next = () => {
    for (let n = step; n < seats.length; n += steps) seats[n]?.wire.send(text)
    step = (step + 1) % steps
  }
  setInterval(next, every / steps)
}

async function begin(kind: Kind, target: Target, rooms: Rooms) {
  const dialect: Dialect<unknown> = dialects[kind]
  const pairs = await dialect.prepare(rooms.pairs, 1, target)
  const callers = await dialect.prepare(rooms.callers ?? 0, 1, target)
  const [lobby] = await dialect.prepare(rooms.lobby ? 1 : 0, rooms.lobby ?? 0, target)
  /** Those who stay. */
  const seated: Seat[] = []
  let dialled: Seat[] = []
  if (dialect.keepAlive) keepAlive(seated, dialect.keepAlive)
  const leave = async () => {
    await withEach(dialled, (seat) => seat.leave())
    dialled = []
  }
  return {
    open: (count: number) =>
      withEach(pairs.splice(0, count), async (key) => {
        const host = await dialect.enter(key, 0, target)
        const guest = await dialect.enter(key, 1, target)
        await dialect.admit?.(host, guest)
        addPair(host, guest, dialect.prefix)
        seated.push(host, guest)
      }),
    load,
    pace,
    calls,
    /** Guests dial in, each into a room of his own. @returns how long all took, ms */
    dial: () => withEach(callers, async (key) => dialled.push(await dialect.enter(key, 1, target))),
    /** Their lines are cut, and they come back. @returns how long all took, ms */
    comeBack: async () => {
      for (const { wire } of dialled) wire.cut()
      await wait(200)
      const away = dialled.splice(0)
      return withEach(away, async (seat) => dialled.push(await seat.comeBack()))
    },
    leave,
    /** A room's guests come one after the other, and leave. @returns the bytes that all were sent meanwhile */
    visit: async (guests: number): Promise<number> => {
      const host = await dialect.enter(lobby, 0, target)
      const before = host.wire.bytesRead
      for (let who = 1; who <= guests; who++) dialled.push(await dialect.enter(lobby, who, target))
      const wires = dialled.map(({ wire }) => wire)
      await leave()
      await wait(100)
      const bytes = wires.reduce((sum, wire) => sum + wire.bytesRead, host.wire.bytesRead - before)
      await host.leave()
      return bytes
    },
    /** Seconds of CPU of this process. */
    cpu: async () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
  }
}

export type Client = Awaited<ReturnType<typeof begin>>

/** An order is a name and what goes with it. */
export type Order =
  | { name: 'begin'; with: Parameters<typeof begin> }
  | { [Name in keyof Client]: { name: Name; with: Parameters<Client[Name]> } }[keyof Client]

let client: Client | undefined

async function carryOut(order: Order): Promise<unknown> {
  if (order.name === 'begin') {
    client = await begin(...order.with)
    return null
  }
  if (!client) throw new Error(`${order.name} before begin`)
  const act = client[order.name] as (...given: unknown[]) => Promise<unknown>
  return act(...order.with)
}

process.on('message', async (order: Order) => process.send?.((await carryOut(order)) ?? null))
process.on('disconnect', () => process.exit())
