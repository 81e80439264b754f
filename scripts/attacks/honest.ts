/**
 * The process of those who mean no harm: a consultation in session, a patient who dials in every second,
 * an admin who mints every other. It says what they felt, and whatever was not as it should be.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'

export type Task = { port: number; token: string; host: string; guest: string; patient: string }

/** What was felt since the last time that somebody asked. Latencies in ms. */
export type Felt = { signals: number[]; dialIns: number[]; mints: number[]; errors: string[]; turnedAway: string[] }

const SAY_EVERY = 20
const DIAL_IN_EVERY = 1000
const MINT_EVERY = 2000
/** What takes longer has failed. */
const PATIENCE = 5000
/** As long as an offer. */
const DATA = 'x'.repeat(900)

const FROM = { host: '127.0.1.1', guest: '127.0.1.2', patient: '127.0.1.3', admin: '127.0.1.4' }

const nothing = (): Felt => ({ signals: [], dialIns: [], mints: [], errors: [], turnedAway: [] })
let felt = nothing()
let underWay = 0

function connect(port: number, localAddress: string): WebSocket {
  const options = { localAddress, handshakeTimeout: PATIENCE }
  return new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1', options)
}

/** One of the two who are in session. */
class Party {
  readonly #socket: WebSocket
  readonly #hears = new Map<string, (frame: ServerFrame) => void>()
  #seq = 0
  #said = 0
  #heard = 0
  other = ''

  constructor(port: number, who: 'host' | 'guest', code: string) {
    this.#socket = connect(port, FROM[who])
    this.#socket.on('open', () => this.say({ type: 'join', code, name: who }))
    this.#socket.on('error', (error) => felt.errors.push(`the ${who}'s connection failed: ${error.message}`))
    this.#socket.on('close', (code) => felt.errors.push(`the ${who}'s connection was closed: ${code}`))
    this.#socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as ServerFrame))
  }

  async expect<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    return new Promise((resolve) => this.#hears.set(type, (frame) => resolve(frame as never)))
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  signal(): void {
    this.#said += 1
    underWay += 1
    this.say({ type: 'signal', to: this.other, data: { n: this.#said, at: performance.now(), DATA } })
  }

  #hear(frame: ServerFrame): void {
    if (frame.seq !== undefined && frame.seq !== ++this.#seq) felt.errors.push('a frame is missing, or came twice')
    this.#hears.get(frame.type)?.(frame)
    this.#hears.delete(frame.type)
    if (frame.type === 'error' || frame.type === 'held' || frame.type === 'ended')
      felt.errors.push(`heard ${frame.type}`)
    if (frame.type === 'peer-away' && frame.peer === this.other) felt.errors.push('the other one was called away')
    if (frame.type !== 'signal') return
    const { n, at } = frame.data as { n: number; at: number }
    this.#heard += 1
    underWay -= 1
    if (n !== this.#heard) felt.errors.push('a signal is missing, came twice, or out of order')
    felt.signals.push(performance.now() - at)
  }
}

/** Dials in with a right code, from the first packet to the seat, and leaves again. */
async function dialIn({ port, patient: code }: Task): Promise<void> {
  const started = performance.now()
  const socket = connect(port, FROM.patient)
  const met = await new Promise<string>((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'join', code, name: 'Patientin' })))
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      if (frame.type === 'error') resolve(frame.code)
      if (frame.type === 'waiting') resolve('waiting')
    })
    socket.on('error', (error) => resolve(error.message))
    socket.on('close', (close) => resolve(`closed with ${close}`))
    setTimeout(() => resolve('no answer'), PATIENCE).unref()
  })
  if (met === 'waiting') felt.dialIns.push(performance.now() - started)
  else felt.turnedAway.push(met)
  if (socket.readyState !== WebSocket.OPEN) return socket.terminate()
  socket.send('{"type":"leave"}')
  await Promise.race([once(socket, 'close'), wait(PATIENCE)])
  socket.terminate()
}

async function mint({ port, token }: Task): Promise<void> {
  const started = performance.now()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const options = { host: '127.0.0.1', port, path: '/v1/codes', method: 'POST', headers, agent: false }
  try {
    const asked = request({ ...options, localAddress: FROM.admin, timeout: PATIENCE }).end('{}')
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    await response.resume().toArray()
    if (response.statusCode === 201) felt.mints.push(performance.now() - started)
    else felt.turnedAway.push(`an admin: ${response.statusCode}`)
  } catch (error) {
    felt.turnedAway.push(`an admin: ${(error as Error).message}`)
  }
}

async function forEver(every: number, act: () => Promise<void>): Promise<never> {
  for (;;) await Promise.all([wait(every), act()])
}

async function run(task: Task): Promise<void> {
  const host = new Party(task.port, 'host', task.host)
  const { peer: hostPeer } = await host.expect('joined')
  const guest = new Party(task.port, 'guest', task.guest)
  const { peer } = await host.expect('knock')
  host.say({ type: 'admit', peer })
  await Promise.all([guest.expect('admitted'), host.expect('peer-joined')])
  host.other = peer
  guest.other = hostPeer
  setInterval(() => {
    host.signal()
    guest.signal()
  }, SAY_EVERY)
  void forEver(DIAL_IN_EVERY, () => dialIn(task))
  void forEver(MINT_EVERY, () => mint(task))
  process.on('message', async () => {
    // What was said just now has not arrived yet; what has not by then is late, or lost.
    if (underWay > (2 * PATIENCE) / SAY_EVERY) felt.errors.push(`${underWay} signals are under way`)
    const told = felt
    felt = nothing()
    process.send?.(told)
  })
  process.send?.(nothing())
}

process.once('message', (task: Task) => void run(task))
process.on('disconnect', () => process.exit())
process.send?.('ready')
