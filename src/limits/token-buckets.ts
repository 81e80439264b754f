/** Token buckets by source: what each may do now and then, and what for long. */
import { ExpiringMap } from './expiring-map.ts'

export type Rate = {
  /** How much may be done at once after a pause. */
  burst: number
  /** How much may be done for as long as one likes. */
  perSecond: number
}

/** What one source has left. */
export class TokenBucket {
  #tokens: number
  #at: number

  constructor({ burst }: Rate, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  /** @returns 0, or in how many seconds there are so many tokens */
  wait({ burst, perSecond }: Rate, now: number, needed = 1): number {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    return Math.max(0, (needed - this.#tokens) / perSecond)
  }

  spend(amount = 1): void {
    this.#tokens -= amount
  }

  /** Takes tokens, the last of them on credit. @returns 0, or how many whole seconds there is none */
  take(rate: Rate, now: number, amount = 1): number {
    const wait = this.wait(rate, now)
    if (wait === 0) this.spend(amount)
    return Math.ceil(wait)
  }
}

/** A bucket for each source. */
export class TokenBuckets {
  readonly #rate: Rate
  /** One that is full again is as good as a new one, so it may be forgotten. */
  readonly #buckets: ExpiringMap<TokenBucket>

  constructor(rate: Rate) {
    this.#rate = rate
    this.#buckets = new ExpiringMap((rate.burst / rate.perSecond) * 1000)
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token. @returns 0, or how many seconds there is none */
  take(source: string, now: number): number {
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#rate, now)
    this.#buckets.set(source, bucket, now)
    return bucket.take(this.#rate, now)
  }

  /** Lets go of sources that have done nothing for a while. */
  forget(now: number): void {
    this.#buckets.forget(now)
  }
}
