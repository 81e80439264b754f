/** Requests take turns, so that nobody in a consultation waits behind a queue of them. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Makes the onRequest hook that lets one request through in each turn of the event loop, in their order. HTTP
 * lets a client ask for many things at once, and each of them may take milliseconds: one after another without
 * a pause they would be a second in which no signal is relayed.
 */
export function takeTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => nextTurn())
    return last
  }
}
