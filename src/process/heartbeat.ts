/** A heartbeat that knows when it is late, and a clock of the time in which this process could hear anybody. */

/** How late a beat may come, in intervals; what is beyond that nobody is blamed for. */
const PATIENCE = 1.5

export type Heartbeat = {
  /** For how long this process has lived, in ms, as of the latest beat. What patience with others is measured with. */
  lived(): number
  stop(): void
}

type HeartbeatOptions = {
  /** In ms. */
  interval: number
  /** Runs a task every so many ms. @returns what stops it */
  every: (ms: number, task: () => void) => () => void
  /** Ms of a clock that nobody can set. */
  elapsed: () => number
  /**
   * @param late set where the process stood still before this beat: what waits in the sockets is not read yet, so
   * that nobody may be given up for what has not been heard. By the next beat it is.
   */
  beat: (lived: number, late: boolean) => void
}

/**
 * Beats until it is stopped. A beat adds at most 1.5 intervals to what was lived, so that a standstill of the process
 * (a paused machine, a closed lid) takes nothing from anybody.
 */
export function startHeartbeat({ interval, every, elapsed, beat }: HeartbeatOptions): Heartbeat {
  let lived = 0
  let last = elapsed()
  const stop = every(interval, () => {
    const passed = elapsed() - last
    last += passed
    lived += Math.min(passed, PATIENCE * interval)
    beat(lived, passed > PATIENCE * interval)
  })
  return { lived: () => lived, stop }
}
