/** Where log lines go: written at once or kept for a moment, lost where nobody takes them, never waited for. */
import type { Writable } from 'node:stream'

/** Characters that may wait for a slow reader: about 2,000 lines. */
const MAX_WAITING = 256 * 1024

/**
 * Standard output as Node has it writes to pipes and sockets without waiting, at once as far as they take it, and keeps
 * the rest; here with a bound. pino's own asynchronous destination would write from a thread of the pool: in a
 * pipe that is full such a thread stands still, and the process cannot exit without it.
 */
export function openOutput(stream: Writable = process.stdout) {
  let lost = 0
  const count = (error?: Error | null): void => {
    if (error) lost += 1
  }
  // Each line's own callback hears of it as well: nobody reads it any more, or the disk is full.
  stream.on('error', () => {})
  neverBlock(stream)
  return {
    write(line: string): void {
      if (stream.writableLength + line.length > MAX_WAITING) lost += 1
      else stream.write(line, count)
    },
    /** How many lines were lost. */
    lost: (): number => lost,
  }
}

/** Node has terminals block, so that a Ctrl-S would stop the server. There is no public way to tell it otherwise. */
function neverBlock(stream: Writable & { isTTY?: boolean; _handle?: { setBlocking?: (on: boolean) => void } }): void {
  if (stream.isTTY) stream._handle?.setBlocking?.(false)
}
