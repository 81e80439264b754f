/** One WebSocket from its upgrade to its close: who it is, whether it lives, and what it may cost. */
import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { type CloseReason, closeCodes, Refusal } from '../protocol/errors.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { refusalOf } from '../protocol/states.ts'
import { decode } from './frames.ts'
import type { House } from './house.ts'
import type { Line, Place } from './place.ts'

const JOIN_WITHIN = 10_000
/** With the time for the pong and the heartbeat's own grain, a dead connection is found within 35 s. */
const PING_EVERY = 23_000
const PONG_WITHIN = 10_000
/** Bytes that may wait for a slow reader before it is cut; it can resume. */
const MAX_QUEUED = 1024 * 1024
/** Characters kept to be sent again, from which on the peer is asked at once how far it has come. */
const MAX_UNCONFIRMED = 16 * 1024
/** Refused frames per minute; a frontend that errs more often is broken or hostile. */
const MAX_REFUSALS = 30
const REFUSALS_WINDOW = 60_000

const uncork = (stream: Duplex): void => stream.uncork()

/** What a connection needs of the server. */
export type Surroundings = {
  /** Told when the connection is closed, on whichever side. */
  gone: (connection: Connection) => void
  house: House
  now: () => number
  /** Hears of errors that are this program's own. */
  failed: (error: unknown) => void
}

/** A WebSocket that knows its connection. */
type Wired = WebSocket & { connection: Connection }

export class Connection implements Line {
  /** One of each for all connections: made for every one, they would weigh more than all that it knows. */
  static readonly #listeners = Object.entries({
    message(this: Wired, data: Buffer, isBinary: boolean): void {
      this.connection.#hear(data, isBinary)
    },
    ping(this: Wired, payload: Buffer): void {
      this.connection.#answer(payload)
    },
    pong(this: Wired, payload: Buffer): void {
      this.connection.#pong(payload)
    },
    close(this: Wired): void {
      this.connection.#gone()
      this.connection.#around.gone(this.connection)
    },
    /** `close` follows; what went wrong is the peer's affair. */
    error(): void {},
  })

  readonly #socket: WebSocket
  /** What the WebSocket writes to. */
  readonly #stream: Duplex
  readonly #around: Surroundings
  #place: Place | undefined
  /** Set once it is closed from here: from then on it can say nothing more. */
  #closed = false
  /** When the next thing is due: joining, the next ping, or the pong. Epoch ms. */
  #due: number
  #pinged = false
  #refusals = 0
  #refusalsSince = 0

  /** Attaches all listeners at once, so that no frame that came with the upgrade is missed. */
  constructor(socket: WebSocket, stream: Duplex, around: Surroundings) {
    this.#socket = socket
    this.#stream = stream
    this.#around = around
    this.#due = around.now() + JOIN_WITHIN
    const wired: EventEmitter = Object.assign(socket, { connection: this })
    for (const [event, listener] of Connection.#listeners) wired.on(event, listener)
  }

  get open(): boolean {
    return !this.#closed
  }

  send(text: string): void {
    if (!this.#ready()) return
    this.#socket.send(text)
    if (!this.#pinged && this.#place && this.#place.outbox.size > MAX_UNCONFIRMED) this.#ping(this.#place)
  }

  /** Whether anything may be sent; who reads too slowly is cut. */
  #ready(): boolean {
    if (this.#closed) return false
    if (this.#socket.bufferedAmount > MAX_QUEUED) {
      this.#cut('too_slow')
      return false
    }
    // What is said in one go is written in one go: the system call is most of what a frame costs.
    if (this.#stream.writableCorked === 0) {
      this.#stream.cork()
      process.nextTick(uncork, this.#stream)
    }
    return true
  }

  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    const { code, meaning } = closeCodes[reason]
    this.#socket.close(code, meaning)
  }

  /** Called every second or so: cuts who did not join or does not answer, pings who is idle. */
  tick(now: number): void {
    if (this.#closed || now < this.#due) return
    if (!this.#place) return this.close('join_timeout')
    if (this.#pinged) return this.#socket.terminate()
    this.#ping(this.#place)
  }

  #ping({ outbox }: Place): void {
    this.#pinged = true
    this.#due = this.#around.now() + PONG_WITHIN
    this.#socket.ping(String(outbox.seq))
  }

  /** ws would answer by itself, with a closure kept for each socket; here the answer counts like all that is sent. */
  #answer(payload: Buffer): void {
    if (this.#ready()) this.#socket.pong(payload)
  }

  /** The pong repeats the ping's payload: every frame up to that number has arrived. */
  #pong(payload: Buffer): void {
    if (!this.#pinged) return
    this.#pinged = false
    this.#due = this.#around.now() + PING_EVERY
    this.#place?.outbox.acknowledge(Number(payload.toString()))
  }

  #gone(): void {
    this.#closed = true
    if (this.#place) this.#around.house.lost(this.#place, this, this.#around.now())
  }

  /** Closes and lets the seat go at once: the others need not wait for a slow reader to hang up. */
  #cut(reason: CloseReason): void {
    this.close(reason)
    // Not now: whoever is being told of something at this moment shall be told in order.
    setImmediate(() => this.#gone())
  }

  /** Nothing thrown here may reach the event loop: one bad frame costs at most its own connection. */
  #hear(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return
    const now = this.#around.now()
    const decoded = decode(data, isBinary)
    if ('refusal' in decoded) return this.#refuse(decoded.refusal, decoded.re, now)
    const { message } = decoded
    try {
      if (this.#place) this.#around.house.say(this.#place, message, now)
      else this.#enter(message, now)
    } catch (error) {
      this.#refuse(this.#asRefusal(error), message.id, now)
      if (!this.#place && (message.type === 'join' || message.type === 'resume')) this.close(closeFor(error))
    }
  }

  #enter(message: ClientMessage, now: number): void {
    const { house } = this.#around
    const refusal = refusalOf('nobody', 'none', message.type)
    if (refusal) throw new Refusal(refusal)
    if (message.type === 'join') this.#place = house.join(this, message, now)
    if (message.type === 'resume') this.#place = house.resume(this, message, now)
    this.#due = now + PING_EVERY
  }

  #asRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error
    this.#around.failed(error)
    return new Refusal('internal')
  }

  #refuse({ code, message, facts }: Refusal, re: number | undefined, now: number): void {
    const error = { type: 'error', code, message, ...facts, ...(re !== undefined && { re }) } as ServerMessage
    if (this.#place) this.#around.house.tell(this.#place, error)
    else this.send(JSON.stringify(error))
    if (now - this.#refusalsSince > REFUSALS_WINDOW) {
      this.#refusals = 0
      this.#refusalsSince = now
    }
    this.#refusals += 1
    if (this.#refusals > MAX_REFUSALS) this.close('too_many_refusals')
  }
}

/** How a connection ends whose join or resume was refused. */
function closeFor(error: unknown): CloseReason {
  if (!(error instanceof Refusal)) return 'refused'
  if (error.code === 'seat_expired') return 'seat_expired'
  if (error.code === 'throttled') return 'throttled'
  if (error.code === 'server_busy') return 'restarting'
  return 'refused'
}
