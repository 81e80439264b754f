/** A frontend without a page: it keeps its seat through cuts and kills, and notes what it was told. */
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { ClientMessage, ServerFrame } from '../../src/protocol/messages.ts'

export const CUTS = ['close', 'reset', 'silent', 'mid-frame'] as const
export type Cut = (typeof CUTS)[number]

export type Counts = {
  resumes: number
  lossless: number
  seatsLost: number
  wrongSeq: number
  /** Whatever no server should ever say to a frontend that does everything right. */
  unexpected: string[]
}

/** Refusals that come of two people acting at the same time. */
const RACES = new Set(['no_such_peer', 'wrong_state'])

type Unnumbered = ClientMessage extends infer Message ? (Message extends unknown ? Omit<Message, 'id'> : never) : never

export class Participant {
  readonly #url: () => string
  readonly #join: { code: string; name: string }
  readonly #counts: Counts
  readonly #hear: (frame: ServerFrame) => void
  #socket: WebSocket | undefined
  #seat: { token: string; epoch: number; seq: number | 'anything' } | undefined
  #takeover = false
  #id = 0
  /** Frames that the server has not confirmed yet; sent again after a resume. */
  #unconfirmed: { id: number; type: string; text: string }[] = []
  #stopped = false
  /** Seated and connected. */
  ready = false
  /** Set where the seat may rightly be gone: somebody ended the session while this one was cut off. */
  dismissed = false

  constructor(
    url: () => string,
    join: { code: string; name: string },
    counts: Counts,
    hear: (frame: ServerFrame) => void,
  ) {
    this.#url = url
    this.#join = join
    this.#counts = counts
    this.#hear = hear
    this.#connect()
  }

  say(message: Unnumbered): void {
    this.#id += 1
    const text = JSON.stringify({ ...message, id: this.#id })
    this.#unconfirmed.push({ id: this.#id, type: message.type, text })
    if (this.ready) this.#socket?.send(text)
  }

  /** The connection breaks in one of the ways in which connections break. */
  cut(how: Cut): void {
    const socket = this.#socket
    if (!socket || socket.readyState !== WebSocket.OPEN) return
    const tcp = (socket as unknown as { _socket: Socket })._socket
    this.ready = false
    socket.removeAllListeners('message')
    switch (how) {
      case 'close':
        return socket.close()
      case 'reset':
        tcp.resetAndDestroy()
        return
      case 'mid-frame':
        // The head of a masked text frame of 100 bytes, and then only a few of them.
        tcp.write(Buffer.from([0x81, 0x80 | 100, 1, 2, 3, 4, 5, 6, 7]))
        tcp.destroy()
        return
      case 'silent':
        // Nothing is read or answered any more, but nobody says so; the seat is resumed beside it.
        this.#socket = undefined
        tcp.pause()
        setTimeout(() => tcp.destroy(), 20_000).unref()
        this.#again()
        return
      default:
        how satisfies never
    }
  }

  /** Gives the seat up, and does not come back. */
  leave(): void {
    this.#stopped = true
    this.say({ type: 'leave' })
  }

  #connect(): void {
    if (this.#stopped) return
    const socket = new WebSocket(this.#url(), 'wartezimmer.v1')
    this.#socket = socket
    socket.on('open', () => {
      const { name } = this.#join
      const first = this.#seat
        ? { type: 'resume', name, ...this.#seat }
        : { type: 'join', ...this.#join, takeover: this.#takeover }
      socket.send(JSON.stringify(first))
    })
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ServerFrame))
    socket.on('error', () => {})
    socket.on('close', (code) => {
      if (socket !== this.#socket) return
      this.ready = false
      if (code === 4503 || code === 4502) this.#forget()
      this.#again()
    })
  }

  #again(): void {
    setTimeout(() => this.#connect(), 20 + Math.random() * 200)
  }

  /** The seat is gone as it should be: the next connection dials in anew. */
  #forget(): void {
    this.#seat = undefined
    this.#unconfirmed = []
    this.#id = 0
  }

  #receive(frame: ServerFrame): void {
    if (frame.seq !== undefined && this.#seat) {
      const { seq } = this.#seat
      if (seq !== 'anything' && frame.seq !== seq + 1) this.#counts.wrongSeq += 1
      this.#seat.seq = frame.seq
    }
    switch (frame.type) {
      case 'joined':
        this.dismissed = false
        this.#seat = { token: frame.resume.token, epoch: frame.epoch, seq: 0 }
        this.#unconfirmed = []
        this.#id = 0
        this.ready = true
        break
      case 'resumed':
        this.#resumed(frame)
        break
      case 'error':
        this.#refused(frame)
        return
    }
    this.#hear(frame)
  }

  #resumed({ epoch, id, lossless }: Extract<ServerFrame, { type: 'resumed' }>): void {
    this.#counts.resumes += 1
    if (lossless) this.#counts.lossless += 1
    // Where there is a gap, the numbers go on behind it.
    if (this.#seat && !lossless) this.#seat = { ...this.#seat, epoch, seq: 'anything' }
    // After a gap signals are worthless, since ICE is restarted; commands still count.
    this.#unconfirmed = this.#unconfirmed.filter((frame) => frame.id > id && (lossless || frame.type !== 'signal'))
    this.ready = true
    for (const { text } of this.#unconfirmed) this.#socket?.send(text)
  }

  #refused({ code, re }: Extract<ServerFrame, { type: 'error' }>): void {
    if (code === 'seat_expired') {
      if (!this.dismissed) this.#counts.seatsLost += 1
      this.#forget()
    } else if (code === 'code_in_use') this.#takeover = true
    else if (!RACES.has(code) || re === undefined) this.#counts.unexpected.push(code)
  }
}
