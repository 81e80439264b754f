/** Two who are in session and say something to each other at an even pace; whatever is amiss is a fault. */
import type { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'

/** How often each of them says something, ms. */
export const SAY_EVERY = 20

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

type Watching = {
  /** What both say; unchanged means: to the last character. */
  text: string
  fault: (what: string) => void
  /** A signal has arrived, after so many ms. */
  heard: (latency: number) => void
  /** Whether a frame, once they are in session, should never have come. */
  isFault: (frame: ServerFrame, other: string) => boolean
}

export class Party {
  readonly #socket: WebSocket
  readonly #watching: Watching
  readonly #hears = new Map<string, (frame: ServerFrame) => void>()
  #seq = 0
  said = 0
  heard = 0
  other = ''

  constructor(socket: WebSocket, join: { code: string; name: string }, watching: Watching) {
    this.#socket = socket
    this.#watching = watching
    socket.on('open', () => this.say({ type: 'join', ...join }))
    socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as ServerFrame))
    socket.on('error', ({ message }) => watching.fault(`a connection failed: ${message}`))
    socket.on('close', (code) => watching.fault(`a connection was closed: ${code}`))
  }

  /** The next frame of a type, by which all that came before it has been heard. */
  expect<Type extends ServerFrame['type']>(type: Type): Promise<Frame<Type>> {
    return new Promise((resolve) => this.#hears.set(type, (frame) => resolve(frame as Frame<Type>)))
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  signal(): void {
    this.said += 1
    const { text } = this.#watching
    this.say({ type: 'signal', to: this.other, data: { n: this.said, at: performance.now(), text } })
  }

  #hear(frame: ServerFrame): void {
    const { text, fault, heard, isFault } = this.#watching
    if (frame.seq !== undefined && frame.seq !== ++this.#seq) fault('a frame is missing, or came twice')
    this.#hears.get(frame.type)?.(frame)
    this.#hears.delete(frame.type)
    // While the two are getting together, there is more than what is waited for.
    if (this.other !== '' && isFault(frame, this.other)) fault(`heard ${frame.type}`)
    if (frame.type !== 'signal') return
    const data = frame.data as { n: number; at: number; text: string }
    this.heard += 1
    if (data.n !== this.heard) fault('a signal is missing, came twice, or out of order')
    if (data.text !== text || frame.from !== this.other) fault('a signal was changed')
    heard(performance.now() - data.at)
  }
}

/** A host has opened the room, and a guest comes; from then on they talk. @returns the session, and what ends that */
export async function talk(host: Party, comes: () => Party) {
  const { peer: hostPeer } = await host.expect('joined')
  const guest = comes()
  const { peer } = await host.expect('knock')
  host.say({ type: 'admit', peer })
  const [{ session }] = await Promise.all([guest.expect('admitted'), host.expect('peer-joined')])
  host.other = peer
  guest.other = hostPeer
  const timer = setInterval(() => {
    host.signal()
    guest.signal()
  }, SAY_EVERY)
  return {
    session,
    peers: [hostPeer, peer],
    /** Signals that were said, and that have arrived. */
    count: () => ({ sent: host.said + guest.said, heard: host.heard + guest.heard }),
    stop: () => clearInterval(timer),
  }
}
