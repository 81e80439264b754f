/**
 * Hears the operator's signals from the first moment on: unheard, SIGTERM does nothing to the first process of a
 * container, and SIGHUP ends any other. To be imported before what takes its time.
 */

/** The one that came while it starts: to exit then and there, while a thread loads SQLite, would end it with SIGABRT. */
let asked: NodeJS.Signals | undefined
let stop = (signal: NodeJS.Signals): void => {
  asked = signal
}

let hungUp = false
let readAgain = (): void => {
  hungUp = true
}

process.on('SIGTERM', (signal) => stop(signal)).on('SIGINT', (signal) => stop(signal))
process.on('SIGHUP', () => readAgain())

/** From now on SIGTERM and SIGINT do this, and at once where one has come before. */
export function onStop(act: (signal: NodeJS.Signals) => void): void {
  stop = act
  if (asked) act(asked)
}

/** From now on SIGHUP does this, and at once where it has come before. */
export function onHangUp(act: () => void): void {
  readAgain = act
  if (hungUp) act()
}
