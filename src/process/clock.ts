/** Time for the whole process: one clock, and one way to do things again and again. */

/**
 * The wall clock in epoch ms, but never going back: where the machine's clock is set back, this one
 * runs at half speed until the other has caught up. So nothing that is over comes to life again, no
 * duration is negative, and timeouts still come to pass.
 */
export function steadyClock(wall: () => number = Date.now, elapsed: () => number = () => performance.now()) {
  let time = wall()
  let mark = elapsed()
  return (): number => {
    const passed = elapsed() - mark
    mark += passed
    time = Math.max(wall(), time + passed / 2)
    return Math.floor(time)
  }
}

/** Runs a task every so many ms, without keeping the process alive for it. @returns what stops it */
export function every(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms)
  timer.unref()
  return () => clearInterval(timer)
}
