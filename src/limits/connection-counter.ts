/** How many of something are open at the moment: in all, and from each source. */
import type { TokenBucket } from './token-buckets.ts'

/** Where something comes from, see sourceOf, how much of it is open, and how many bytes more all of it may say. */
export type Source = { readonly name: string; open: number; bytes?: TokenBucket }

export class ConnectionCounter {
  #total = 0
  readonly #sources = new Map<string, Source>()

  get total(): number {
    return this.#total
  }

  of(name: string): number {
    return this.#sources.get(name)?.open ?? 0
  }

  /** Counts one more. @returns what to give to `remove` */
  add(name: string): Source {
    const source = this.#sources.get(name) ?? { name, open: 0 }
    this.#sources.set(name, source)
    source.open += 1
    this.#total += 1
    return source
  }

  remove(source: Source): void {
    this.#total -= 1
    source.open -= 1
    if (source.open === 0) this.#sources.delete(source.name)
  }
}
