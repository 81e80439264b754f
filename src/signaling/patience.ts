/** Who is away, and for how long that was put up with: in time in which this process could hear, and let somebody back in. */
import type { Channel } from './channel.ts'

export class Patience {
  /** Since when seats are away, the longest ago first; some may be given up meanwhile. */
  readonly #away = new Map<Channel, number>()
  readonly #lived: () => number
  /** The lived time in which nobody could come back, since the disk refused, and until when it is counted; ms. */
  #refusing = 0
  #counted = 0

  /** @param lived the time in which this process could hear, ms */
  constructor(lived: () => number) {
    this.#lived = lived
  }

  /** A seat is away, unless it was before. */
  begin(channel: Channel): void {
    if (!this.#away.has(channel)) this.#away.set(channel, this.#now())
  }

  /** A seat is back, or gone: then it has the whole time again. */
  end(channel: Channel): void {
    this.#away.delete(channel)
  }

  /** To be called every second or so. @param refuses whether the disk lets nobody back in at the moment */
  count(refuses: boolean): void {
    const lived = this.#lived()
    if (refuses) this.#refusing += lived - this.#counted
    this.#counted = lived
  }

  /** Those who have been away for so many ms. */
  *over(ms: number): Iterable<Channel> {
    for (const [channel, since] of this.#away) {
      if (this.#now() - since < ms) return
      yield channel
    }
  }

  #now(): number {
    return this.#lived() - this.#refusing
  }
}
