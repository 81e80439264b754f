/** A client process: opens pairs, lets signals go to and fro between them, and says how long they took. */
import { setTimeout as wait } from 'node:timers/promises'
import { dialects, PAYLOAD, type Pair, type Target } from './dialects.ts'
import type { Kind } from './servers.ts'

/** What the bench asks for; the answers are those of `Client` in clients.ts. */
export type Order =
  | { do: 'prepare'; kind: Kind; target: Target; pairs: number }
  | { do: 'open'; pairs: number }
  | { do: 'load'; inFlight: number }
  | { do: 'count' }
  | { do: 'rest' }
  | { do: 'pace'; perSecond: number; ms: number }

/** How many pairs are made at a time. */
const AT_ONCE = 20

let kind: Kind
let target: Target
let keys: unknown[] = []
/** One for each direction of each pair. */
const ways: Way[] = []
let received = 0
let outstanding = 0
let loading = false
/** Milliseconds on the way, of each signal of the paced phase. */
let latencies: number[] = []

type Way = { send: () => void }

function addPair([a, b]: Pair): void {
  for (const [from, to] of [[a, b] as const, [b, a] as const]) {
    // Signals of one direction arrive in order, so that who sent when needs no word in them.
    const sent: number[] = []
    const way = {
      send: () => {
        outstanding += 1
        sent.push(performance.now())
        from.socket.send(from.frame())
      },
    }
    ways.push(way)
    const back = ways.length % 2 === 1 ? ways.length : ways.length - 2
    to.socket.on('message', (data: Buffer) => {
      if (data.length < PAYLOAD.length) throw new Error(`no signal: ${data}`)
      const since = sent.shift()
      if (since === undefined) throw new Error('a signal that nobody sent')
      received += 1
      outstanding -= 1
      if (loading) ways[back]?.send()
      else latencies.push(performance.now() - since)
    })
    from.socket.on('close', (code) => {
      throw new Error(`${kind} closed a connection: ${code}`)
    })
  }
}

async function openPairs(count: number): Promise<void> {
  const left = keys.splice(0, count)
  const worker = async () => {
    for (let key = left.shift(); key !== undefined; key = left.shift()) addPair(await dialects[kind].meet(key, target))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function rest(): Promise<void> {
  loading = false
  for (let patience = 500; outstanding > 0; patience--) {
    if (patience === 0) throw new Error(`${outstanding} signals never arrived`)
    await wait(10)
  }
}

/** Sends at an even rate, far below what the server can do, so that nothing queues but what must. */
async function pace(perSecond: number, ms: number): Promise<number[]> {
  await rest()
  latencies = []
  const start = performance.now()
  for (let sent = 0, elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    for (; sent < (elapsed * perSecond) / 1000; sent++) ways[sent % ways.length]?.send()
    await wait(1)
  }
  await rest()
  return latencies.sort((a, b) => a - b)
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'prepare':
      ;({ kind, target } = order)
      keys = await dialects[kind].prepare(order.pairs, target)
      return
    case 'open':
      return openPairs(order.pairs)
    case 'load':
      loading = true
      for (let sent = 0; sent < (order.inFlight * ways.length) / 2; sent++) ways[sent % ways.length]?.send()
      return
    case 'count':
      return received
    case 'rest':
      return rest()
    case 'pace':
      return pace(order.perSecond, order.ms)
    default:
      return order satisfies never
  }
}

process.on('message', async (order: Order) => process.send?.((await carryOut(order)) ?? null))
process.on('disconnect', () => process.exit())
