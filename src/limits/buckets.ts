/** Token buckets: what a source may do now and then, and what it may do for long. */
import { Recent } from './recent.ts'

export type Rate = {
  /** How much may be done at once after a pause. */
  burst: number
  /** How much may be done for as long as one likes. */
  perSecond: number
}

type Bucket = { tokens: number; at: number }

/** A bucket for each source; one that is full again is forgotten. */
export class Buckets {
  readonly #rate: Rate
  readonly #buckets: Recent<Bucket>

  constructor(rate: Rate) {
    this.#rate = rate
    this.#buckets = new Recent((rate.burst / rate.perSecond) * 1000)
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token. @returns 0, or how many seconds there is none */
  take(source: string, now: number): number {
    const { burst, perSecond } = this.#rate
    const { tokens: left, at } = this.#buckets.get(source) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, left + ((now - at) / 1000) * perSecond)
    const taken = tokens >= 1
    this.#buckets.set(source, { tokens: taken ? tokens - 1 : tokens, at: now }, now)
    return taken ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond))
  }

  /** Lets go of sources that have done nothing for a while. */
  forget(now: number): void {
    this.#buckets.forget(now)
  }
}
