/**
 * A consultation that has nothing to do with all this: a host and a guest say something to each other
 * at an even pace, in a process of their own, and note whatever is not as it should be.
 */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import type { Codes } from './players.ts'
import { type Counts, count } from './tally.ts'

export type Task = { port: number; token: string; room: string; codes: Codes }
export type Report = { sent: number; heard: number; looks: number; latencies: number[]; faults: [string, number][] }

const SAY_EVERY = 20
const LOOK_EVERY = 250
/** What was said last has that long to arrive. */
const LAST_WORDS = 3000

/** Nobody else says this, so nobody else may ever hear it. */
const MARK = 'only-the-bystanders-know'
const NAMES = { host: 'Praxis am Rande', guest: 'Patientin am Rande' }
/** Unchanged means: to the last character. */
const TEXT = `${MARK} ä\u{1f600}\u2028"\\\n`

const faults: Counts = new Map()
const fault = (what: string): void => count(faults, what)
const latencies: number[] = []
let sent = 0
let heard = 0
let looks = 0

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Live = {
  host: string
  waiting: number
  admitted: number
  session: { id: string } | null
  peers: { role: string; state: string; present: boolean }[]
}

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

/** One of the two. Whatever it is told without having been expected is a fault. */
class Party {
  readonly #socket: WebSocket
  #expected: { type: string; hear: (frame: ServerFrame) => void } | undefined
  #seq = 0
  #said = 0
  #heard = 0
  other = ''

  constructor(port: number, { role, code }: Codes[number]) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1')
    this.#socket.on('open', () => this.say({ type: 'join', code, name: NAMES[role] }))
    this.#socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as ServerFrame))
    this.#socket.on('error', () => fault('a connection failed'))
    this.#socket.on('close', () => fault('a connection was closed'))
  }

  /** The next frame of a type, by which all that came before it has been heard. */
  expect<Type extends ServerFrame['type']>(type: Type): Promise<Frame<Type>> {
    return new Promise((resolve) => {
      this.#expected = { type, hear: (frame) => resolve(frame as Frame<Type>) }
    })
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  signal(): void {
    this.#said += 1
    sent += 1
    this.say({ type: 'signal', to: this.other, data: { n: this.#said, at: performance.now(), text: TEXT } })
  }

  #hear(frame: ServerFrame): void {
    if (frame.seq !== undefined) {
      this.#seq += 1
      if (frame.seq !== this.#seq) fault('a frame is missing, or came twice')
    }
    if (frame.type === this.#expected?.type) {
      const { hear } = this.#expected
      this.#expected = undefined
      return hear(frame)
    }
    // While the two are getting together, there is more than what is waited for.
    if (this.other === '') return
    if (frame.type !== 'signal') return fault(`heard ${frame.type}`)
    const { n, at, text } = frame.data as { n: number; at: number; text: string }
    this.#heard += 1
    heard += 1
    if (n !== this.#heard) fault('a signal is missing, came twice, or out of order')
    if (text !== TEXT || frame.from !== this.other) fault('a signal was changed')
    latencies.push(performance.now() - at)
  }
}

/** What REST says of the room must be the truth. */
async function look({ port, token, room }: Task, session: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const [response] = await once(
    get({ host: '127.0.0.1', port, path: `/v1/rooms/${room}`, headers, agent: false }),
    'response',
  )
  const { statusCode } = response as IncomingMessage
  const said = JSON.parse(Buffer.concat(await (response as IncomingMessage).toArray()).toString()) as Live
  looks += 1
  const peers = said.peers?.map(({ role, state, present }) => `${role} ${state} ${present}`).join()
  const truth =
    said.host === 'present' &&
    said.waiting === 0 &&
    said.admitted === 1 &&
    said.session?.id === session &&
    peers === 'host admitted true,guest admitted true'
  if (statusCode !== 200 || !truth) fault('REST did not tell the truth')
}

async function run(task: Task): Promise<void> {
  const { port, codes } = task
  const [first, second] = codes
  if (!first || !second) throw new Error('two codes are needed')
  const host = new Party(port, first)
  const { peer: hostPeer } = await host.expect('joined')
  const guest = new Party(port, second)
  const { peer } = await host.expect('knock')
  host.say({ type: 'admit', peer })
  const [{ session }] = await Promise.all([guest.expect('admitted'), host.expect('peer-joined')])
  host.other = peer
  guest.other = hostPeer
  const timers = [
    setInterval(() => {
      host.signal()
      guest.signal()
    }, SAY_EVERY),
    setInterval(() => look(task, session).catch(() => fault('REST did not answer')), LOOK_EVERY),
  ]
  process.send?.([MARK, ...Object.values(NAMES), hostPeer, peer, ...codes.map(({ code }) => code)])
  process.once('message', async () => {
    timers.forEach(clearInterval)
    for (let left = LAST_WORDS; heard < sent && left > 0; left -= 50) await wait(50)
    if (heard !== sent) fault(`of ${sent} signals ${heard} arrived`)
    process.send?.({ sent, heard, looks, latencies, faults: [...faults] } satisfies Report, () => process.exit(0))
  })
}

process.once('message', (task: Task) => void run(task))
