/** The two clocks of this program. Nothing but process/ reads a clock of its own. */

export type Clock = {
  /** The wall: epoch ms, for windows, records and retention. It may be set, also back. */
  now(): number
  /** What has passed since some instant, in whole ms, for all that lasts. It never jumps, and nobody can set it. */
  elapsed(): number
}

/** The present, by both clocks: epoch ms for what is shown and recorded, ms that nobody can set for what lasts. */
export type Instant = { readonly now: number; readonly elapsed: number }

/** By how much the wall clock may be slewed while somebody is there, in ms; by more, it was set. */
const DRIFT = 10_000

/**
 * An instant that has passed, by the wall clock as it is now: as it was said then, unless that clock was set meanwhile.
 * @param said what it was by the wall clock then, epoch ms
 * @param mark the same instant by the clock that nobody can set
 */
export function saidNow(said: number, mark: number, { now, elapsed }: Instant): number {
  const seen = Math.round(now - (elapsed - mark))
  return Math.abs(seen - said) > DRIFT ? seen : said
}
