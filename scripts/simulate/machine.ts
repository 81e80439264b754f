/** A machine that may stand still: a server whose process is stopped, a laptop that sleeps. */
import type { Timeline } from './timeline.ts'

/** When it wakes, what has waited comes before everything else of that instant. */
const AT_FIRST = 1e9

export class Machine {
  readonly #timeline: Timeline
  #wake: (() => void) | undefined
  #timers: (() => void)[] = []
  #incoming: (() => void)[] = []
  #since = 0
  /** How long it has stood still so far, ms. */
  #stood = 0

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  get stands(): boolean {
    return this.#wake !== undefined
  }

  /** The time in which it did not stand still, ms. */
  get lived(): number {
    return (this.stands ? this.#since : this.#timeline.now) - this.#stood
  }

  /** Nothing happens on it for so long; then late timers run first, and what came in afterwards. */
  stand(ms: number): void {
    if (this.stands) return
    this.#since = this.#timeline.now
    this.#wake = this.#timeline.after(ms, () => this.wake())
  }

  wake(): void {
    if (!this.#wake) return
    this.#wake()
    this.#wake = undefined
    this.#stood += this.#timeline.now - this.#since
    // Each by itself, as an event loop does it: what the one has promised happens before the next.
    for (const task of [...this.#timers.splice(0), ...this.#incoming.splice(0)])
      this.#timeline.at(this.#timeline.now, task, AT_FIRST)
  }

  /** Runs what is due by a timer now, or when it wakes. */
  timer(task: () => void): void {
    if (this.stands) this.#timers.push(task)
    else task()
  }

  /** Takes what comes in from the network now, or when it wakes. */
  incoming(task: () => void): void {
    if (this.stands) this.#incoming.push(task)
    else task()
  }
}
