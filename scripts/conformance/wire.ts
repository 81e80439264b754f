/** A plain connection to a server that is judged. */
import { setTimeout as wait } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'

/** How long anything may take, ms. */
const SOON = 10_000

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }> & { seq?: number }

/** A connection that says what it is told to, and keeps what it hears. */
export class Wire {
  readonly heard: ServerFrame[] = []
  /** As they came. */
  readonly texts: string[] = []
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  #read = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('message', (data) => {
      this.texts.push(String(data))
      this.heard.push(JSON.parse(String(data)))
    })
    socket.on('error', () => {})
  }

  say(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next frame of a type that was not asked for before; those in between are passed over. */
  async next<Type extends ServerFrame['type']>(type: Type): Promise<Frame<Type>> {
    for (const end = performance.now() + SOON; performance.now() < end; await wait(5)) {
      for (; this.#read < this.heard.length; this.#read++) {
        const frame = this.heard[this.#read]
        if (frame?.type !== type) continue
        this.#read += 1
        return frame as Frame<Type>
      }
    }
    throw new Error(`no ${type} has come`)
  }

  cut(): void {
    this.#socket.terminate()
  }
}
