/** A token bucket: what somebody may do now and then, and what for long. */

export type Rate = {
  /** How much may be done at once after a pause. */
  burst: number
  /** How much may be done for as long as one likes. */
  perSecond: number
}

export class Allowance {
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
