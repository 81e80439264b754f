/** Judges whatever a client says, frame by frame, against what it was told before. */

import { faultOf } from '../../src/protocol/fault.ts'
import {
  type ClientMessage,
  clientMessages,
  MAX_DEPTH,
  MAX_FIRST_FRAME,
  MAX_FRAME,
  type ServerFrame,
  SUBPROTOCOL,
} from '../../src/protocol/messages.ts'
import type { Line, Observer } from './middle.ts'
import type { ClientRule, Verdict } from './rules.ts'

const size = (data: unknown): number => Buffer.byteLength(String(data))

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depth))
}

/** What a client knows of its seat, if it has listened. */
type Seat = { token: string; epoch: number; seq: number }

export class Watch implements Observer {
  readonly #note: Verdict<ClientRule>['note']
  readonly #named: boolean
  #seat: Seat | undefined
  /** The greatest id on the present connection. */
  #lastId = 0
  /** Signals of earlier connections, and whether they are still of use: not once there was a gap. */
  #signals = new Set<string>()
  #stale = new Set<string>()
  /** Whether a resume has to say exactly the last seq: nothing was under way when the line was lost. */
  exact = false
  /** The close code after which nothing more may come. */
  #over: number | undefined

  /** @param named whether the client is one that must give a name */
  constructor(verdict: Verdict<ClientRule>, named: boolean) {
    this.#note = verdict.note.bind(verdict)
    this.#named = named
  }

  opened({ address, headers }: Line): void {
    this.#lastId = 0
    this.#note(
      'subprotocol',
      headers['sec-websocket-protocol'] !== SUBPROTOCOL && `offered ${headers['sec-websocket-protocol']}`,
    )
    this.#note('address', address !== '/v1/signal' && 'the address has more in it than the path')
    const secret = this.#seat?.token
    const sent = address + JSON.stringify(headers)
    if (secret) this.#note('token', sent.includes(secret) && 'the token is in the address or the headers')
    if (this.#over !== undefined) this.#note('stop', `it has come again after ${this.#over}`)
  }

  said(line: Line, data: unknown, isBinary: boolean): void {
    this.#note('text', isBinary ? 'a binary frame' : size(data) > MAX_FRAME && 'a frame of more than 64 KiB')
    let message: ClientMessage
    try {
      message = JSON.parse(String(data)) as ClientMessage
    } catch {
      return this.#note('text', 'not JSON')
    }
    this.#note('text', depth(message) > MAX_DEPTH && 'nested too deep')
    const schema = clientMessages[message.type]
    const fault = schema ? faultOf(schema, message) : { field: 'type', message: 'is not known' }
    this.#note('schema', fault && `${message.type ?? 'a frame'}: ${fault.field} ${fault.message}`)
    if (!fault) this.#judge(line, message, size(data))
  }

  #judge(line: Line, message: ClientMessage, bytes: number): void {
    const { type, id } = message
    if (!line.told.includes('joined') && !line.told.includes('resumed')) {
      const isFirst = type === 'join' || type === 'resume'
      this.#note(
        'first',
        isFirst ? bytes > MAX_FIRST_FRAME && 'more than 4 KiB' : `${type} before the seat was confirmed`,
      )
    }
    if (type === 'resume') return this.#resumes(message)
    if (id !== undefined) {
      this.#note('ids', id <= this.#lastId && `${id} after ${this.#lastId}`)
      this.#lastId = id
    }
    if (type !== 'signal') return
    // An offer may well be said once more, as it may be lost, but then it is a frame of its own.
    const text = JSON.stringify([id, message.data])
    this.#note('signals', this.#stale.has(text) && 'a signal from before the gap was said again')
    this.#signals.add(text)
  }

  #resumes({ token, epoch, seq, name }: Extract<ClientMessage, { type: 'resume' }>): void {
    const seat = this.#seat
    if (!seat) return this.#note('resume', 'without a seat')
    const wrong =
      (token !== seat.token && 'another token') ||
      (epoch !== seat.epoch && `epoch ${epoch}, but ${seat.epoch} was said`) ||
      (seq > seat.seq && `seq ${seq}, but only ${seat.seq} was sent`) ||
      (this.exact && seq !== seat.seq && `seq ${seq}, but ${seat.seq} has come`)
    this.#note('resume', wrong)
    if (this.#named) this.#note('named', name === undefined && 'no name')
  }

  told(_line: Line, frame: ServerFrame): void {
    if (frame.type === 'joined') {
      this.#seat = { token: frame.resume.token, epoch: frame.epoch, seq: 0 }
      this.#over = undefined
    }
    if (!this.#seat) return
    if (frame.type === 'resumed') {
      if (frame.epoch !== this.#seat.epoch) this.#seat.seq = 0
      this.#seat.epoch = frame.epoch
      if (!frame.lossless) this.#stale = new Set([...this.#stale, ...this.#signals])
    }
    if (frame.seq !== undefined) this.#seat.seq = frame.seq
  }

  closed(_line: Line, code: number): void {
    this.#over = code === 1000 || code >= 4500 ? code : undefined
  }
}
