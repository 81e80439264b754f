/** Token buckets by source: what each may do now and then, and what for long. */
import { Recent } from './recent.ts'

export type Rate = {
  /** How much may be done at once after a pause. */
  burst: number
  /** How much may be done for as long as one likes. */
  perSecond: number
}

/** What one source has left. */
class Allowance {
  #tokens: number
  #at: number

  constructor({ burst }: Rate, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  /** Takes a token. @returns 0, or how many seconds there is none */
  take({ burst, perSecond }: Rate, now: number): number {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / perSecond))
    this.#tokens -= 1
    return 0
  }
}

/** An allowance for each source. */
export class Buckets {
  readonly #rate: Rate
  /** One that is full again is as good as a new one, so it may be forgotten. */
  readonly #allowances: Recent<Allowance>

  constructor(rate: Rate) {
    this.#rate = rate
    this.#allowances = new Recent((rate.burst / rate.perSecond) * 1000)
  }

  get size(): number {
    return this.#allowances.size
  }

  /** Takes a token. @returns 0, or how many seconds there is none */
  take(source: string, now: number): number {
    const allowance = this.#allowances.get(source) ?? new Allowance(this.#rate, now)
    this.#allowances.set(source, allowance, now)
    return allowance.take(this.#rate, now)
  }

  /** Lets go of sources that have done nothing for a while. */
  forget(now: number): void {
    this.#allowances.forget(now)
  }
}
