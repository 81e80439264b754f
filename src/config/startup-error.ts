/** Why a program of this project cannot start, in words for the operator. */

/** Each fault is one line that says what to mend; none quotes a secret. */
export class StartupError extends Error {
  readonly faults: readonly string[]

  constructor(...faults: string[]) {
    super(faults.join('\n'))
    this.name = 'StartupError'
    this.faults = faults
  }
}
