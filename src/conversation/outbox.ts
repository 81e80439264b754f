/** What a seat has been sent: frames are numbered here, and kept until they are known to have arrived. */
import type { ServerMessage } from '../protocol/messages.ts'

/** Bytes (UTF-16 units, times one for our mostly ASCII frames) kept for a seat; more, and a gap is admitted. */
const MAX_KEPT = 256 * 1024

type Kept = { seq: number; text: string }

/** Shared by all idle seats, so that a seat with nothing to repeat costs nothing. Never written to. */
const NOTHING: readonly Kept[] = []

/** Frames of one seat in one epoch. `seq` is the number of the last one. */
export class Outbox {
  readonly epoch: number
  seq = 0
  #kept: readonly Kept[] = NOTHING
  #size = 0
  /** The last frame that can no longer be repeated. */
  #floor = 0

  constructor(epoch: number) {
    this.epoch = epoch
  }

  /** Numbers a message and keeps it. @returns the frame to send */
  push(message: ServerMessage): string {
    this.seq += 1
    const text = JSON.stringify({ ...message, seq: this.seq })
    if (this.#size + text.length > MAX_KEPT) this.acknowledge(this.seq - 1)
    if (this.#kept === NOTHING) this.#kept = []
    ;(this.#kept as Kept[]).push({ seq: this.seq, text })
    this.#size += text.length
    return text
  }

  /** Every frame up to `seq` has arrived, or is given up: none of them will be repeated. */
  acknowledge(seq: number): void {
    if (!(seq > this.#floor) || seq > this.seq) return
    this.#floor = seq
    const rest = this.#kept.filter((frame) => frame.seq > seq)
    this.#kept = rest.length > 0 ? rest : NOTHING
    this.#size = rest.reduce((size, frame) => size + frame.text.length, 0)
  }

  /** The frames after `seq`, in order, or undefined where not all of them are left. */
  after(seq: number): string[] | undefined {
    if (seq < this.#floor || seq > this.seq) return undefined
    return this.#kept.filter((frame) => frame.seq > seq).map((frame) => frame.text)
  }
}
