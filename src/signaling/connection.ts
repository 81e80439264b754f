/** One WebSocket from its upgrade to its close: who it is, whether it lives, and what it may cost. */
import type { Duplex } from 'node:stream'
import type { Source } from '../limits/connection-counter.ts'
import { PRACTICE_FULL } from '../limits/practice-seats.ts'
import { type CloseReason, closeCodes, type ErrorCode, Refusal } from '../protocol/errors.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import { Budget } from './budget.ts'
import type { Channel } from './channel.ts'
import type { ConnectionContext, OpenConnection } from './context.ts'
import { decode, decodeEntry } from './frames.ts'
import type { Join } from './hub.ts'
import { type SocketListener, stopReading, type TellingWebSocket, writeInOneGo } from './socket.ts'

/** With the time for the pong and the heartbeat's own grain, a dead connection is found within 35 s. */
const PING_EVERY = 23_000
const PONG_WITHIN = 10_000
/** Bytes kept to be sent again, from which on the peer is asked at once how far it has come. */
const MAX_UNCONFIRMED = 64 * 1024

const AS_TEXT = { binary: false }

/** What is refused for what a room is like at the moment. */
const RESTS_ON_ROOMS: ReadonlySet<ErrorCode> = new Set([
  'no_such_peer',
  'wrong_state',
  'room_full',
  'code_in_use',
  'seat_expired',
])

type ErrorMessage = Extract<ServerMessage, { type: 'error' }>

export class Connection implements OpenConnection, SocketListener {
  readonly #socket: TellingWebSocket
  /** What the WebSocket writes to. */
  readonly #stream: Duplex
  readonly source: Source
  readonly #practice: string
  readonly #context: ConnectionContext
  #channel: Channel | undefined
  /** Set once it is closed from here: from then on it can say nothing more. */
  #closed = false
  /** Set while a refusal waits for the disk. */
  #declined = false
  /** When the next thing is due, in lived time, ms: joining, the next ping, or the pong. */
  #due: number
  #pinged = false
  /** Its own, until it takes a seat: then the seat's. */
  #budget = new Budget()

  /**
   * Listens at once, so that no frame that came with the upgrade is missed.
   * @param practice at whose own address it was opened, by what the names of its rooms begin with
   */
  constructor(socket: TellingWebSocket, stream: Duplex, source: Source, context: ConnectionContext, practice = '') {
    this.#socket = socket
    this.#stream = stream
    this.source = source
    this.#practice = practice
    this.#context = context
    this.#due = context.lived() + context.limits.joinWithin
    socket.listener = this
  }

  get open(): boolean {
    return !this.#closed
  }

  send(frame: string | Buffer): void {
    if (!this.#ready()) return
    this.#socket.send(frame, AS_TEXT)
    if (!this.#pinged && this.#channel && this.#channel.buffer.size > MAX_UNCONFIRMED) this.#ping(this.#channel)
  }

  /** Whether anything may be sent; who reads too slowly is cut. */
  #ready(): boolean {
    if (this.#closed) return false
    if (this.#socket.bufferedAmount > this.#context.limits.queue) {
      this.#context.count({ what: 'limited', by: 'queue_kib' })
      this.#cut('too_slow')
      return false
    }
    writeInOneGo(this.#stream)
    return true
  }

  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    const { code, meaning } = closeCodes[reason]
    this.#socket.close(code, meaning)
  }

  /** Closes on whoever was refused: nothing that still comes is worth to be read. */
  #hangUp(reason: CloseReason): void {
    if (this.#closed) return
    this.close(reason)
    stopReading(this.#stream)
  }

  /** Called every second or so, when all that has come was read: cuts who did not join or does not answer, pings who is idle. */
  tick(lived: number): void {
    if (this.#closed || lived < this.#due) return
    if (!this.#channel) {
      this.#context.count({ what: 'limited', by: 'join_seconds' })
      return this.close('join_timeout')
    }
    if (this.#pinged) return this.#socket.terminate()
    this.#ping(this.#channel)
  }

  #ping({ buffer }: Channel): void {
    this.#pinged = true
    this.#due = this.#context.lived() + PONG_WITHIN
    this.#socket.ping(String(buffer.seq))
  }

  /** Answers a ping; that counts like all that is said and sent. */
  pinged(payload: Buffer): void {
    if (!this.#closed && this.#mayTalk(payload.length) && this.#ready()) this.#socket.pong(payload)
  }

  /** The pong repeats the ping's payload: every frame up to that number has arrived. Unasked, it counts as talk. */
  ponged(payload: Buffer): void {
    if (!this.#pinged) return void (this.#closed || this.#mayTalk(payload.length))
    this.#pinged = false
    this.#due = this.#context.lived() + PING_EVERY
    this.#channel?.buffer.acknowledge(Number(payload.toString()))
  }

  /** A frame was too large, and the WebSocket is being closed with 1009, or in too many parts, with 1008. */
  overflowed(): void {
    this.#context.count({ what: 'limited', by: 'frame_size' })
  }

  /** The WebSocket is closed, on whichever side. */
  gone(): void {
    this.#lose()
    this.#context.gone(this)
  }

  #lose(): void {
    this.#closed = true
    if (this.#channel) this.#context.hub.lost(this.#channel, this)
  }

  /** Closes and lets the seat go at once: the others need not wait for a slow reader to hang up. */
  #cut(reason: CloseReason): void {
    this.close(reason)
    // Not now: whoever is being told of something at this moment shall be told in order.
    setImmediate(() => this.#lose())
  }

  /** Nothing thrown here may reach the event loop: one bad frame costs at most its own connection. */
  hear(data: Buffer, isBinary: boolean): void {
    if (this.#closed || this.#declined || !this.#mayTalk(data.length)) return
    if (!this.#channel) return this.#enter(data, isBinary)
    const decoded = decode(data, isBinary)
    if ('refusal' in decoded) return this.#refuse(decoded.refusal, decoded.re)
    try {
      this.#context.hub.say(this.#channel, decoded.message)
    } catch (error) {
      this.#refuse(this.#asRefusal(error), decoded.message.id)
    }
  }

  /** Takes a seat with a first frame. Whoever is refused one is closed. */
  #enter(data: Buffer, isBinary: boolean): void {
    const decoded = decodeEntry(data, isBinary)
    if ('refusal' in decoded) {
      this.#refuse(decoded.refusal, decoded.re)
      return void (decoded.ends && this.#hangUp('refused'))
    }
    const { message } = decoded
    try {
      this.#channel = message.type === 'join' ? this.#join(message) : this.#context.hub.resume(this, message)
      // Whoever comes back goes on with what is left.
      this.#channel.budget ??= this.#budget
      this.#budget = this.#channel.budget
      this.#due = this.#context.lived() + this.#context.untilFirstPing(PING_EVERY)
    } catch (error) {
      this.#decline(this.#asRefusal(error), message.id)
    }
  }

  /** Only a code that does not exist is a guess. */
  #join(message: Join): Channel {
    const { hub, throttle, count, clock } = this.#context
    const now = clock.elapsed()
    const among = throttle.check(this.source.name, now, this.#practice)
    try {
      return hub.join(this, message, among)
    } catch (error) {
      if (error instanceof Refusal && error.code === 'code_unknown') throttle.failed(this.source.name, now, among)
      if (error instanceof Refusal && error.code === 'room_full')
        count({ what: 'limited', by: error.message === PRACTICE_FULL ? 'practice_seats' : 'waiting_guests' })
      throw error
    }
  }

  /** Who talks too much is cut; nothing is lost, since it may resume and say again what was not heard. */
  #mayTalk(bytes: number): boolean {
    const excess = this.#budget.spend(bytes, this.source, this.#context.clock.elapsed(), this.#context.limits)
    if (!excess) return true
    const { by, retryAfter } = excess
    this.#context.count({ what: 'limited', by })
    this.#refuse(new Refusal('throttled', undefined, { retryAfter }), undefined)
    this.#hangUp('throttled')
    return false
  }

  #asRefusal(error: unknown): Refusal<ErrorCode> {
    if (error instanceof Refusal) return error as Refusal<ErrorCode>
    this.#context.failed(error)
    return new Refusal('internal')
  }

  /** Refuses to give a seat, and closes. Where that rests on what is not on disk yet, it waits for it. */
  #decline(refusal: Refusal<ErrorCode>, re: number | undefined): void {
    const say = () => {
      this.#refuse(refusal, re)
      this.#hangUp(closeFor(refusal))
    }
    if (!RESTS_ON_ROOMS.has(refusal.code)) return say()
    this.#declined = true
    this.#context.hub.decline(this, say, re)
  }

  #refuse({ code, message, facts }: Refusal<ErrorCode>, re: number | undefined): void {
    const error = { type: 'error', code, message, ...facts, ...(re !== undefined && { re }) } as ErrorMessage
    if (!this.#channel) this.send(JSON.stringify(error))
    else if (RESTS_ON_ROOMS.has(code)) this.#context.hub.refuse(this.#channel, error)
    else this.#context.hub.answer(this.#channel, error)
    this.#context.count({ what: 'refused', door: 'signaling', code })
    if (!this.#budget.err(this.#context.clock.elapsed(), this.#context.limits)) return
    this.#context.count({ what: 'limited', by: 'refusals_per_minute' })
    this.#hangUp('too_many_refusals')
  }
}

/** How a connection ends whose join or resume was refused. */
function closeFor(error: Refusal<ErrorCode>): CloseReason {
  if (error.code === 'seat_expired') return 'seat_expired'
  if (error.code === 'throttled') return 'throttled'
  // Nothing is wrong with what was said: it may be said again.
  if (error.code === 'server_busy' || error.code === 'internal') return 'restarting'
  return 'refused'
}
