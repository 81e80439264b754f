/** What a seat has been sent: frames are numbered here, and kept until they are known to have arrived. */
import type { ServerMessage } from '../protocol/messages.ts'
import { RawJson } from '../protocol/raw-json.ts'

/** Shared by all idle seats, so that a seat with nothing to repeat costs nothing. Never written to. */
const NOTHING: readonly string[] = []

/** Frames of one seat in one epoch. */
export class ReplayBuffer {
  readonly epoch: number
  /** The number of the last frame. */
  seq = 0
  /** The last frames, up to `seq` and without a gap. */
  #kept: readonly string[] = NOTHING
  /** Characters kept. */
  size = 0

  /** Characters kept at most; beyond that a gap is admitted. */
  readonly #most: number

  constructor(epoch: number, most: number) {
    this.epoch = epoch
    this.#most = most
  }

  /** Numbers a message and keeps it. @returns the frame to send */
  push(message: ServerMessage): string {
    const text = write(message, this.seq + 1)
    if (this.size + text.length > this.#most) this.acknowledge(this.seq)
    this.seq += 1
    if (this.#kept === NOTHING) this.#kept = []
    ;(this.#kept as string[]).push(text)
    this.size += text.length
    return text
  }

  /** Every frame up to `seq` has arrived, or is given up: none of them will be repeated. */
  acknowledge(seq: number): void {
    const rest = this.after(seq)
    if (!rest) return
    this.#kept = rest.length > 0 ? rest : NOTHING
    this.size = rest.reduce((size, text) => size + text.length, 0)
  }

  /** The frames after `seq`, in order, or undefined where not all of them are left. */
  after(seq: number): readonly string[] | undefined {
    const missing = this.seq - seq
    if (!(missing >= 0 && missing <= this.#kept.length)) return undefined
    return this.#kept.slice(this.#kept.length - missing)
  }
}

function write(message: ServerMessage, seq: number): string {
  if (message.type === 'signal' && message.data instanceof RawJson) {
    return `{"type":"signal","from":"${message.from}","data":${message.data.json},"seq":${seq}}`
  }
  return JSON.stringify({ ...message, seq })
}
