/** The time in which this process could hear: what patience is measured with. */

/** Milliseconds between two beats. */
export const INTERVAL = 1_000
/** A beat that comes later than this after the one before means that the process, or the whole machine, stood still. */
const LATE = 1.5 * INTERVAL

export type Heartbeat = ReturnType<typeof createHeartbeat>

/** @param elapsed ms of a clock that nobody can set */
export function createHeartbeat(elapsed: () => number) {
  let before = 0
  let last = elapsed()
  const passed = () => elapsed() - last
  return {
    /** Ms in which this process could hear; a standstill counts for nothing. It never goes back. */
    lived: (): number => before + Math.min(passed(), INTERVAL),
    /**
     * To be called at every interval.
     * @returns whether it came in time: otherwise what waits in the sockets was not read yet, and nobody may be given up
     */
    beat(): boolean {
      const inTime = passed() <= LATE
      before += Math.min(passed(), INTERVAL)
      last = elapsed()
      return inTime
    },
  }
}
