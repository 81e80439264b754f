/** Group commit: what happens while the disk writes is written together next, and told once it is safe. */
import type { Change, Persist } from '../contract/records.ts'

/** How long to wait before a commit that has failed is tried again, in ms, and how often it is tried at most: for 5 s. */
const RETRY_AFTER = 250
const TRIES = 20

export type Operation = {
  /** What it has to do with: nobody elsewhere waits for it. Undefined: it waits for everything. */
  room: string | undefined
  /** What must be on disk first; may be nothing. */
  changes: readonly Change[]
  /** Says what was done, once it is certain. */
  tell: () => void
  /** Takes it back, where the disk refused; called for the latest first. */
  undo?: () => void
  /** Says that it was taken back, once all is. */
  refuse?: (() => void) | undefined
}

/** When to go on: at the end of this turn of the event loop, and after a while. */
export type Timers = { soon: (task: () => void) => void; after: (ms: number, task: () => void) => void }

/**
 * All that happens in a room passes through here in its order: while something of it waits for the disk, what
 * comes after it waits as well, so nobody hears of a thing before it is certain, or in the wrong order. A commit
 * that fails is tried again together with what came since; what cannot be written in time is taken back as a whole.
 */
export class GroupCommit {
  readonly #persist: Persist
  readonly #timers: Timers
  readonly #failed: (error: unknown) => void
  #writing: readonly Operation[] = []
  #waiting: Operation[] = []
  /** How many operations of each room are not settled. */
  readonly #open = new Map<string, number>()
  #scheduled = false
  #idle: (() => void)[] = []
  /** How many tries in a row to write something have failed. */
  failures = 0

  constructor(persist: Persist, timers: Timers, failed: (error: unknown) => void) {
    this.#persist = persist
    this.#timers = timers
    this.#failed = failed
  }

  /** Whether something of a room, or anything at all, still waits for the disk. */
  pending(room: string | undefined): boolean {
    return room === undefined ? this.#open.size > 0 : this.#open.has(room)
  }

  /** Tells at once what needs no writing, unless something before it still waits. */
  add(operation: Operation): void {
    const { room, changes, tell } = operation
    if (changes.length === 0 && !this.pending(room)) return this.#each(tell)
    const key = room ?? ''
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1)
    this.#waiting.push(operation)
    if (this.#scheduled || this.#writing.length > 0) return
    this.#scheduled = true
    this.#timers.soon(() => void this.#commit())
  }

  /** Resolves once all that waits now has been told, or taken back. */
  settled(): Promise<void> {
    if (!this.pending(undefined)) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Something was written all the same: the disk works again. */
  recovered(): void {
    this.failures = 0
  }

  async #commit(): Promise<void> {
    this.#scheduled = false
    this.#writing = [...this.#writing, ...this.#waiting]
    this.#waiting = []
    const changes = this.#writing.flatMap((operation) => operation.changes)
    try {
      if (changes.length > 0) await this.#persist(changes)
      this.failures = 0
    } catch (error) {
      this.#failed(error)
      this.failures += 1
      if (this.failures % TRIES > 0) return this.#timers.after(RETRY_AFTER, () => void this.#commit())
      return this.#settle(this.#takeBack())
    }
    const written = this.#writing
    this.#settle(() => {
      for (const { tell } of written) this.#each(tell)
    })
  }

  /** What was written and what came since stands on what could not be written. @returns what says so */
  #takeBack(): () => void {
    const refused = [...this.#writing, ...this.#waiting]
    this.#writing = refused
    this.#waiting = []
    for (const { undo } of refused.toReversed()) this.#each(undo)
    return () => {
      for (const { refuse } of refused) this.#each(refuse)
    }
  }

  /** Lets go of what was being written, says so, and goes on with what came since. */
  #settle(say: () => void): void {
    // Until all is said, what somebody adds to it has to wait for its turn.
    say()
    for (const { room = '' } of this.#writing) {
      const left = (this.#open.get(room) ?? 0) - 1
      if (left > 0) this.#open.set(room, left)
      else this.#open.delete(room)
    }
    this.#writing = []
    if (this.#waiting.length > 0) {
      this.#scheduled = true
      this.#timers.soon(() => void this.#commit())
    } else if (!this.pending(undefined)) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** One that fails must not keep the others from being told. */
  #each(act: (() => void) | undefined): void {
    try {
      act?.()
    } catch (error) {
      this.#failed(error)
    }
  }
}
