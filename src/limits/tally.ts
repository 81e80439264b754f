/** How many of something are open at the moment: in all, and from each source. */
export class Tally {
  #total = 0
  readonly #bySource = new Map<string, number>()

  get total(): number {
    return this.#total
  }

  of(source: string): number {
    return this.#bySource.get(source) ?? 0
  }

  add(source: string): void {
    this.#total += 1
    this.#bySource.set(source, this.of(source) + 1)
  }

  remove(source: string): void {
    this.#total -= 1
    const left = this.of(source) - 1
    if (left > 0) this.#bySource.set(source, left)
    else this.#bySource.delete(source)
  }
}
