/** Everything that may go wrong, each kind with a random stream of its own, so that each can be left out alone. */
import { type Random, random } from '../fuzz/random.ts'

/** Milliseconds between two of a kind while a storm lasts, on average. */
export const FAULTS = {
  cut: 25_000,
  'half-open': 60_000,
  'half-told': 60_000,
  stall: 25_000,
  offline: 60_000,
  sleep: 90_000,
  standstill: 120_000,
  clock: 150_000,
  crash: 150_000,
  'crash-at-commit': 150_000,
  restart: 200_000,
  'disk-slow': 120_000,
  'disk-full': 150_000,
  'disk-locked': 150_000,
} as const

/** How likely somebody does the wrong thing whenever there is an occasion. */
export const WHIMS = {
  reload: 0.01,
  duplicate: 0.005,
  background: 0.01,
  'close-tab': 0.004,
  'wrong-code': 0.15,
  'double-click': 0.15,
  'say-again': 0.02,
  'deny-away': 0.03,
  'admit-gone': 0.1,
  takeover: 0.004,
  deny: 0.004,
  revoke: 0.001,
  eager: 0.9,
  early: 0.05,
  'short-code': 0.05,
  hold: 0.01,
  notice: 0.03,
  'end-early': 0.003,
  'leave-early': 0.002,
} as const

export type Fault = keyof typeof FAULTS
export type Whim = keyof typeof WHIMS
export type Trouble = Fault | Whim

/** What of a seed's story is left out. */
export type Cut = {
  /** Kinds of troubles. */
  without: ReadonlySet<string>
  /** Single troubles and appointments, by their names. */
  skip: ReadonlySet<string>
}

export class Troubles {
  readonly counts: Partial<Record<Trouble, number>> = {}
  /** Those that happened, in their order. */
  readonly happened: { name: string; at: number; whom: string }[] = []
  readonly #streams = new Map<string, { random: Random; count: number }>()
  readonly #seed: string
  readonly #cut: Cut
  readonly #now: () => number

  constructor(seed: string, cut: Cut, now: () => number) {
    this.#seed = seed
    this.#cut = cut
    this.#now = now
  }

  /** Whether somebody gives in to a whim now: the chance of how exactly, or undefined. */
  whim(kind: Whim, whom: string): Random | undefined {
    const stream = this.#stream(`${kind}-${whom}`)
    return stream.random.chance(WHIMS[kind]) ? this.#happens(kind, `${kind}-${whom}`, whom) : undefined
  }

  /** A fault befalls one of these people, or nobody where none are given. */
  fault<Someone extends { name: string }>(
    kind: Fault,
    storm: number,
    people: readonly Someone[],
  ): { victim: Someone; chance: Random } | undefined {
    const group = `${kind}-${storm}`
    const victim = people[Math.floor(this.#stream(group).random.next() * people.length)]
    const chance = this.#happens(kind, group, victim?.name)
    return victim && chance && { victim, chance }
  }

  /** How long until the next of a kind in a storm: anything, but this on average. */
  wait(kind: Fault, storm: number): number {
    return -Math.log(1 - this.#stream(`${kind}-${storm}`).random.next()) * FAULTS[kind]
  }

  /** Counts a trouble, unless it is left out. Each has a name, and chance of its own: leaving it out changes no other. */
  #happens(kind: Trouble, group: string, whom: string | undefined): Random | undefined {
    const stream = this.#stream(group)
    stream.count += 1
    const name = `${group}-${stream.count}`
    if (whom === undefined || this.#cut.without.has(kind) || this.#cut.skip.has(name)) return undefined
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    this.happened.push({ name, at: this.#now(), whom })
    return random(this.#seed, name)
  }

  /** Nothing more will befall these people, or in this storm. */
  forget(whomOrStorm: string | number): void {
    for (const kind of [...Object.keys(FAULTS), ...Object.keys(WHIMS)]) this.#streams.delete(`${kind}-${whomOrStorm}`)
  }

  #stream(group: string) {
    const known = this.#streams.get(group)
    if (known) return known
    const stream = { random: random(this.#seed, 'trouble', group), count: 0 }
    this.#streams.set(group, stream)
    return stream
  }
}
