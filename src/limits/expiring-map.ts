/** A map that forgets: for what is worth knowing only for a while, about sources that an attacker may invent at will. */

/** So many entries at most, of about a hundred bytes; people alone never come near it. */
const MAX = 50_000

/**
 * Keeps what was set less than `ms` ago, for at most twice as long. It forgets by dropping its older half
 * as a whole, so that neither time nor numbers make it slow; where it is flooded, that happens sooner.
 */
export class ExpiringMap<Value> {
  readonly #ms: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  #since = 0

  constructor(ms: number) {
    this.#ms = ms
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set(key: string, value: Value, now: number): void {
    this.forget(now)
    if (this.#young.size >= MAX / 2) this.#turn(now)
    this.#old.delete(key)
    this.#young.set(key, value)
  }

  /** To be called now and then, since addresses of people may not stay for longer than they are needed. */
  forget(now: number): void {
    if (now - this.#since < this.#ms) return
    // After a long pause both halves are out of date.
    if (now - this.#since >= 2 * this.#ms) this.#young = new Map()
    this.#turn(now)
  }

  #turn(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#since = now
  }
}
