/**
 * Makes guessing dial-in codes hopeless. Only wrong codes count: by source, where whoever has tried too
 * many waits longer and longer; and over all, against guessers with many sources. Where that is used up, a practice's own
 * address has a little of its own, for codes of that practice alone: so nobody takes it from the others, and all addresses
 * together are worth no more to a guesser than one.
 */
import { Refusal } from '../protocol/errors.ts'
import { ExpiringMap } from './expiring-map.ts'
import type { LimitName } from './names.ts'
import { networkOf } from './sources.ts'
import { type Rate, TokenBucket } from './token-buckets.ts'

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
const rateOf = (perMinute: number): Rate => ({ burst: perMinute * BURST_MINUTES, perSecond: perMinute / 60 })

/** What is tried at a practice's own address when nothing is left over all, of that. */
const OF_A_PRACTICE = 1 / 10

type Guesser = { failures: number; waitUntil: number }
/** A source that has tried nothing wrong itself, but others of its network have. */
const NEIGHBOUR: Guesser = { failures: 0, waitUntil: 0 }

export class Throttle {
  readonly #limits: ThrottleLimits
  readonly #limited: (by: LimitName) => void
  /** Who has tried wrong codes: sources, and their networks. */
  readonly #guessers = new ExpiringMap<Guesser>(REMEMBER)
  /** What may still be tried wrong: over all, and of practices by what their rooms begin with. */
  readonly #all: TokenBucket
  readonly #own = new Map<string, TokenBucket>()
  readonly #rate: Rate
  readonly #ownRate: Rate

  /** @param limited told of which limit has made somebody wait */
  constructor(limits: ThrottleLimits, limited: (by: LimitName) => void = () => {}) {
    this.#limits = limits
    this.#limited = limited
    this.#rate = rateOf(limits.perMinute)
    this.#ownRate = rateOf(limits.perMinute * OF_A_PRACTICE)
    this.#all = new TokenBucket(this.#rate, 0)
  }

  get size(): number {
    return this.#guessers.size
  }

  /**
   * To be asked before a code is looked at, so that the answer says nothing about the code.
   * Throws a Refusal, throttled, with the seconds to wait. The last half of what may be tried over all is
   * left to those in whose network nobody has tried a wrong one, so that guessers do not lock out people.
   * @param practice whose own address it is asked at, by what its rooms begin with
   * @returns whose codes may be looked at, likewise; empty: everybody's
   */
  check(source: string, now: number, practice = ''): string {
    const guesser = this.#guessers.get(source) ?? this.#guessers.get(networkOf(source))
    if (guesser && now < guesser.waitUntil) {
      this.#limited('wrong_codes_per_address')
      throw throttled((guesser.waitUntil - now) / 1000)
    }
    const wait = this.#all.wait(this.#rate, now, 1 + (guesser ? this.#rate.burst / 2 : 0))
    if (wait === 0) return ''
    if (practice !== '' && !guesser && this.#ofPractice(practice).wait(this.#ownRate, now) === 0) return practice
    this.#limited('wrong_codes_per_minute')
    throw throttled(wait)
  }

  /** Notes that a source has tried a code that does not exist. @param among whose codes were looked at, as `check` said */
  failed(source: string, now: number, among = ''): void {
    const bucket = among === '' ? this.#all : this.#ofPractice(among)
    bucket.spend()
    const failures = (this.#guessers.get(source)?.failures ?? 0) + 1
    const excess = failures - this.#limits.perSource
    const wait = excess < 0 ? 0 : Math.min(1000 * 2 ** excess, LONGEST_WAIT)
    // An address that is a network of its own is noted as what it is.
    this.#guessers.set(networkOf(source), NEIGHBOUR, now)
    this.#guessers.set(source, { failures, waitUntil: now + wait }, now)
  }

  #ofPractice(practice: string): TokenBucket {
    const bucket = this.#own.get(practice) ?? new TokenBucket(this.#ownRate, 0)
    this.#own.set(practice, bucket)
    return bucket
  }

  /** Lets go of sources whose last wrong code is long ago. */
  forget(now: number): void {
    this.#guessers.forget(now)
  }
}

const throttled = (seconds: number): Refusal =>
  new Refusal('throttled', undefined, { retryAfter: Math.max(1, Math.ceil(seconds)) })
