/**
 * Hears the operator's signals from the first moment on: unheard, SIGTERM does nothing to the first process of a
 * container, and SIGHUP ends any other. To be imported before what takes its time.
 */

/** While it starts nobody is there yet, and what is on disk may be left at any moment. */
let stop: (signal: NodeJS.Signals) => unknown = () => process.exit(0)

let hungUp = false
let readAgain = (): void => {
  hungUp = true
}

process.on('SIGTERM', (signal) => stop(signal)).on('SIGINT', (signal) => stop(signal))
process.on('SIGHUP', () => readAgain())

/** From now on SIGTERM and SIGINT do this; until then they end the process with 0. */
export function onStop(act: (signal: NodeJS.Signals) => unknown): void {
  stop = act
}

/** From now on SIGHUP does this, and at once where it has come before. */
export function onHangUp(act: () => void): void {
  readAgain = act
  if (hungUp) act()
}
