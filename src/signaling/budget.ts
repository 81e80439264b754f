/** What a seat may say, over one connection after another: frames, bytes and mistakes in a window of time. */
import type { Source } from '../limits/connection-counter.ts'
import type { LimitName } from '../limits/names.ts'
import { type Rate, TokenBucket } from '../limits/token-buckets.ts'
import { MAX_FRAME } from '../protocol/messages.ts'

/** Counted over some seconds, since people who exchange candidates talk in bursts. */
const TALK_SECONDS = 4
const TALK_WINDOW = TALK_SECONDS * 1000
const REFUSAL_WINDOW = 60_000

export type BudgetLimits = {
  framesPerSecond: number
  bytesPerSecond: number
  /** Bytes of all connections of one address. */
  bytesOfAddress: Rate
  refusalsPerMinute: number
}

/** A limit that was exceeded, and the seconds until more may be said. */
export type Excess = { by: LimitName; retryAfter: number }

export class Budget {
  /** What was said and refused in the present window, by its number: integers weigh next to nothing. */
  #talkWindow = 0
  #frames = 0
  #bytes = 0
  #refusalWindow = 0
  #refusals = 0

  /**
   * Notes a frame. Where an address has said too much, who has said no more than one frame's worth of it is left
   * alone: that is enough for a call to be set up beside a flood.
   */
  spend(bytes: number, source: Source, now: number, limits: BudgetLimits): Excess | undefined {
    const window = Math.floor(now / TALK_WINDOW)
    if (window !== this.#talkWindow) {
      this.#talkWindow = window
      this.#frames = 0
      this.#bytes = 0
    }
    this.#frames += 1
    this.#bytes += bytes
    source.bytes ??= new TokenBucket(limits.bytesOfAddress, now)
    const waits = source.bytes.take(limits.bytesOfAddress, now, bytes)
    const retryAfter = Math.ceil(((window + 1) * TALK_WINDOW - now) / 1000)
    if (this.#frames > limits.framesPerSecond * TALK_SECONDS) return { by: 'frames_per_second', retryAfter }
    if (this.#bytes > limits.bytesPerSecond * TALK_SECONDS) return { by: 'kib_per_second', retryAfter }
    if (waits === 0 || this.#bytes <= MAX_FRAME) return undefined
    return { by: 'kib_per_second_per_address', retryAfter: waits }
  }

  /** Notes a frame that was refused. @returns whether it was one too many */
  err(now: number, { refusalsPerMinute }: BudgetLimits): boolean {
    const window = Math.floor(now / REFUSAL_WINDOW)
    this.#refusals = window === this.#refusalWindow ? this.#refusals + 1 : 1
    this.#refusalWindow = window
    return this.#refusals > refusalsPerMinute
  }
}
