/** The two clocks of this program. Nothing but process/ reads a clock of its own. */

export type Clock = {
  /** The wall: epoch ms, for windows, records and retention. It may be set, also back. */
  now(): number
  /** What has passed since some instant, in ms, for all that lasts. It never jumps, and nobody can set it. */
  elapsed(): number
}
