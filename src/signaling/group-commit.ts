/** Group commit: what one turn of the event loop changes is written to disk once, and told afterwards. */
import type { Change, Persist } from '../contract/records.ts'

export type Operation = {
  /** What must be on disk first; may be nothing. */
  changes: readonly Change[]
  /** Says what was done, once it is certain. */
  tell: () => void
  /** Takes it back, where the disk refused; called for the latest first. */
  undo?: () => void
  /** Says that it was taken back, once all is. */
  refuse?: () => void
}

/**
 * Everything passes through here in its order: while something waits for the disk, what comes after
 * it waits as well, so nobody hears of a thing before it is certain, or in the wrong order.
 */
export class GroupCommit {
  readonly #persist: Persist
  readonly #failed: (error: unknown) => void
  #pending: Operation[] = []
  #writing: Promise<boolean> | undefined

  constructor(persist: Persist, failed: (error: unknown) => void) {
    this.#persist = persist
    this.#failed = failed
  }

  /** Tells at once what needs no writing, unless something before it still waits. */
  add(item: Operation): void {
    if (item.changes.length === 0 && this.#pending.length === 0 && !this.#writing) return item.tell()
    if (this.#pending.length === 0) setImmediate(() => void this.flush())
    this.#pending.push(item)
  }

  /** Commits all that waits and tells it; or else takes all of it back. @returns whether it was committed */
  async flush(): Promise<boolean> {
    while (this.#writing) await this.#writing
    this.#writing = this.#commit()
    try {
      return await this.#writing
    } finally {
      this.#writing = undefined
    }
  }

  async #commit(): Promise<boolean> {
    const pending = this.#pending
    this.#pending = []
    const changes = pending.flatMap((item) => item.changes)
    try {
      if (changes.length > 0) await this.#persist(changes)
    } catch (error) {
      this.#failed(error)
      for (const item of pending.toReversed()) this.#each(item.undo)
      for (const item of pending) this.#each(item.refuse)
      return false
    }
    for (const item of pending) this.#each(item.tell)
    return true
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
