/** An allowance for each source. */
import { Allowance, type Rate } from './allowance.ts'
import { Recent } from './recent.ts'

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
