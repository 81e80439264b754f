/**
 * Makes guessing dial-in codes hopeless. Only wrong codes count: by source, where whoever has tried too
 * many waits longer and longer; and over all, against guessers with many sources.
 */
import { Refusal } from '../protocol/errors.ts'
import { ExpiringMap } from './expiring-map.ts'
import type { LimitName } from './names.ts'
import { networkOf } from './sources.ts'

export type ThrottleLimits = {
  /** Wrong codes that one source may try before it has to wait. */
  perSource: number
  /** Wrong codes per minute, over all. */
  perMinute: number
}

/** The longest wait: by then there is another try for whoever comes first from that address, guesser or patient. */
const LONGEST_WAIT = 60_000
/** How long a source is remembered after its last wrong code, at least. */
const REMEMBER = 3_600_000
/** Over all, so many minutes' worth may be tried at once. */
const BURST_MINUTES = 2

type Guesser = { failures: number; waitUntil: number }
/** A source that has tried nothing wrong itself, but others of its network have. */
const NEIGHBOUR: Guesser = { failures: 0, waitUntil: 0 }

export class Throttle {
  readonly #limits: ThrottleLimits
  readonly #limited: (by: LimitName) => void
  /** Who has tried wrong codes: sources, and their networks. */
  readonly #guessers = new ExpiringMap<Guesser>(REMEMBER)
  /** What may still be tried wrong, over all. */
  #left: number
  #at = 0

  /** @param limited told of which limit has made somebody wait */
  constructor(limits: ThrottleLimits, limited: (by: LimitName) => void = () => {}) {
    this.#limits = limits
    this.#limited = limited
    this.#left = limits.perMinute * BURST_MINUTES
  }

  get size(): number {
    return this.#guessers.size
  }

  /**
   * To be asked before a code is looked at, so that the answer says nothing about the code.
   * Throws a Refusal, throttled, with the seconds to wait. The last half of what may be tried over all is
   * left to those in whose network nobody has tried a wrong one, so that guessers do not lock out people.
   */
  check(source: string, now: number): void {
    const guesser = this.#guessers.get(source) ?? this.#guessers.get(networkOf(source))
    if (guesser && now < guesser.waitUntil) {
      this.#limited('wrong_codes_per_address')
      throw throttled(guesser.waitUntil - now)
    }
    const burst = this.#limits.perMinute * BURST_MINUTES
    const perMs = this.#limits.perMinute / 60_000
    this.#left = Math.min(burst, this.#left + (now - this.#at) * perMs)
    this.#at = now
    const needed = 1 + (guesser ? burst / 2 : 0)
    if (this.#left >= needed) return
    this.#limited('wrong_codes_per_minute')
    throw throttled((needed - this.#left) / perMs)
  }

  /** Notes that a source has tried a code that does not exist. */
  failed(source: string, now: number): void {
    this.#left -= 1
    const failures = (this.#guessers.get(source)?.failures ?? 0) + 1
    const excess = failures - this.#limits.perSource
    const wait = excess < 0 ? 0 : Math.min(1000 * 2 ** excess, LONGEST_WAIT)
    // An address that is a network of its own is noted as what it is.
    this.#guessers.set(networkOf(source), NEIGHBOUR, now)
    this.#guessers.set(source, { failures, waitUntil: now + wait }, now)
  }

  /** Lets go of sources whose last wrong code is long ago. */
  forget(now: number): void {
    this.#guessers.forget(now)
  }
}

const throttled = (ms: number): Refusal =>
  new Refusal('throttled', undefined, { retryAfter: Math.max(1, Math.ceil(ms / 1000)) })
