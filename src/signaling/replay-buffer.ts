/** What a seat has been sent: frames are numbered here, and kept until they are known to have arrived. */

/** Shared by all idle seats, so that a seat with nothing to repeat costs nothing. Never written to. */
const NOTHING: readonly never[] = []

/** Frames of one seat in one epoch. */
export class ReplayBuffer {
  readonly epoch: number
  /** The number of the last frame. */
  seq = 0
  /** The last frames, up to `seq` and without a gap; bytes, which a garbage collector need not move about. */
  #kept: readonly Buffer[] = NOTHING
  /** Bytes kept. */
  size = 0
  /** Bytes kept at most; beyond that a gap is admitted. */
  readonly #most: number

  constructor(epoch: number, most: number) {
    this.epoch = epoch
    this.#most = most
  }

  /** Keeps the next frame, whose number is one more than the last. */
  push(frame: Buffer): void {
    if (this.size + frame.length > this.#most) this.acknowledge(this.seq)
    this.seq += 1
    if (this.#kept === NOTHING) this.#kept = []
    ;(this.#kept as Buffer[]).push(frame)
    this.size += frame.length
  }

  /** Every frame up to `seq` has arrived, or is given up: none of them will be repeated. */
  acknowledge(seq: number): void {
    const rest = this.after(seq)
    if (!rest) return
    this.#kept = rest.length > 0 ? rest : NOTHING
    this.size = rest.reduce((size, { length }) => size + length, 0)
  }

  /** The frames after `seq`, in order, or undefined where not all of them are left. */
  after(seq: number): readonly Buffer[] | undefined {
    const missing = this.seq - seq
    if (!(missing >= 0 && missing <= this.#kept.length)) return undefined
    return this.#kept.slice(this.#kept.length - missing)
  }
}
