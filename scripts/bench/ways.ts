/** What goes to and fro between the pairs of a client process, and how long it takes. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Seat } from './dialect.ts'
import { ANSWER, CANDIDATE, OFFER, SIGNAL } from './payloads.ts'

/** One direction of a pair. */
export type Way = { send: (data: string) => void; back: Way }

/** Both ways of each pair, the host's first. */
const ways: Way[] = []
let outstanding = 0
/** What is done when a signal has come this way, after so many milliseconds. */
let arrived: (way: Way, ms: number) => void = () => {}

function makeWay(from: Seat, to: Seat, prefix: string): Way {
  // Signals of one direction arrive in order, so that who sent when needs no word in them.
  const sent: number[] = []
  const way = {
    send: (data: string) => {
      outstanding += 1
      sent.push(performance.now())
      from.wire.send(from.signal(to.id, data))
    },
  } as Way
  to.wire.onText = (payload) => {
    if (payload.toString('latin1', 0, prefix.length) !== prefix) return
    const since = sent.shift()
    if (since === undefined) throw new Error('a signal that nobody sent')
    outstanding -= 1
    arrived(way, performance.now() - since)
  }
  to.wire.onClose = (why) => {
    throw new Error(`a server closed a connection: ${why}`)
  }
  return way
}

export function addPair(host: Seat, guest: Seat, prefix: string): void {
  const there = makeWay(host, guest, prefix)
  const back = makeWay(guest, host, prefix)
  there.back = back
  back.back = there
  ways.push(there, back)
}

async function rest(): Promise<void> {
  for (let patience = 1_000; outstanding > 0; patience--) {
    if (patience === 0) throw new Error(`${outstanding} signals never arrived`)
    await wait(10)
  }
}

/** As fast as it goes, with so many in flight in each pair. @returns how many arrived */
export async function load(inFlight: number, ms: number): Promise<number> {
  let count = 0
  let going = true
  arrived = (way) => {
    count += 1
    if (going) way.back.send(SIGNAL)
  }
  for (let sent = 0; sent < (inFlight * ways.length) / 2; sent++) ways[sent % ways.length]?.send(SIGNAL)
  await wait(ms)
  going = false
  await rest()
  return count
}

/** Calls `next` at an even rate. */
async function evenly(perSecond: number, ms: number, next: (nth: number) => void): Promise<void> {
  const start = performance.now()
  for (let done = 0, elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    for (; done < (elapsed * perSecond) / 1000; done++) next(done)
    await wait(1)
  }
  await rest()
}

/**
 * At an even rate, far below what the server can do, so that nothing queues but what must.
 * @param burst how many go at once in a pair
 * @param rooms in how many of the rooms
 * @returns how long each took, sorted, ms
 */
export async function pace(perSecond: number, ms: number, burst = 1, rooms = ways.length / 2): Promise<number[]> {
  const latencies: number[] = []
  arrived = (_, took) => latencies.push(took)
  await evenly(perSecond / burst, ms, (nth) => {
    for (let n = 0; n < burst; n++) ways[nth % (2 * rooms)]?.send(SIGNAL)
  })
  return latencies.sort((a, b) => a - b)
}

/** How many candidates each side has. */
const CANDIDATES = 10

/**
 * Sets up calls at an even rate: an offer and its candidates, an answer and its candidates.
 * @returns how long each took until all of it had arrived, sorted, ms
 */
export async function calls(perSecond: number, ms: number): Promise<number[]> {
  const took: number[] = []
  const running = new Map<Way, { since: number; there: number; back: number }>()
  const speak = (way: Way, description: string) => {
    way.send(description)
    for (let n = 0; n < CANDIDATES; n++) way.send(CANDIDATE)
  }
  arrived = (way) => {
    const there = running.get(way)
    if (there) {
      there.there += 1
      if (there.there === 1) speak(way.back, ANSWER)
    }
    const back = running.get(way.back)
    if (back) back.back += 1
    const call = there ?? back
    if (!call || call.there + call.back < 2 * (1 + CANDIDATES)) return
    running.delete(there ? way : way.back)
    took.push(performance.now() - call.since)
  }
  await evenly(perSecond, ms, (nth) => {
    const way = ways[(2 * nth) % ways.length] as Way
    if (running.has(way)) throw new Error('a call was not set up before the next began')
    running.set(way, { since: performance.now(), there: 0, back: 0 })
    speak(way, OFFER)
  })
  return took.sort((a, b) => a - b)
}
