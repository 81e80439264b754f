/** Time for the whole process: its clocks, and one way to do things again and again. */
import type { Clock } from '../contract/clock.ts'

/** Up to this difference, in ms, the machine's clock is believed at once: it drifts, and NTP slews it. */
const AGREES_WITHIN = 2_000
/** A larger one is believed when it has stayed the same for so long, in ms. */
const CONFIRMED_AFTER = 30_000
/** What one look can confirm of that, at most: what the machine's clock said long before, nobody has seen. */
const SEEN_IN_A_LOOK = 2_000

/** A clock that keeps time by itself and does not believe the machine's every reading. */
export type WallClock = Clock & {
  /** Compares the two; to be called every second or so. @returns what it has changed */
  look(): 'doubted' | 'agreed' | 'followed' | undefined
  /** By how many ms the machine's clock is ahead, negative where it is behind; 0 where the two agree. */
  doubt(): number
}

/**
 * The machine's wall clock at the beginning, and from then on what has passed since: a small difference is made up for
 * by running faster or slower by half, never back; a large one, on either side, is followed in one step once it is
 * confirmed. One wrong reading would lock out everybody, and delete for good what is not due.
 */
export function wallClock({ wall = Date.now, elapsed = () => Math.floor(performance.now()) } = {}): WallClock {
  let time = wall()
  let mark = elapsed()
  /** What is being made up for, and what is not believed. */
  let small = 0
  let large = 0
  let confirmed = 0

  const timeAt = (instant: number): number => {
    const passed = instant - mark
    return time + passed + Math.min(Math.max(small, -passed / 2), passed / 2)
  }

  function look() {
    const instant = elapsed()
    const passed = instant - mark
    time = timeAt(instant)
    mark = instant
    const ahead = wall() - time
    const before = large
    small = 0
    if (Math.abs(ahead) <= AGREES_WITHIN) {
      small = ahead
      large = 0
      return before === 0 ? undefined : 'agreed'
    }
    confirmed += Math.min(passed, SEEN_IN_A_LOOK)
    if (Math.abs(ahead - before) > AGREES_WITHIN) {
      large = ahead
      confirmed = 0
      return before === 0 ? 'doubted' : undefined
    }
    if (confirmed < CONFIRMED_AFTER) return undefined
    time += ahead
    large = 0
    return 'followed'
  }

  return { now: () => Math.floor(timeAt(elapsed())), elapsed, look, doubt: () => large }
}

/** Runs a task every so many ms, without keeping the process alive for it. @returns what stops it */
export function every(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms)
  timer.unref()
  return () => clearInterval(timer)
}
