/** What a doctor says: one line about one thing. */

/** `wrong` says what, and after a colon what to do about it. */
export type Finding = { state: 'ok' | 'wrong'; about: string; said: string }

/** What is found of one thing. */
export function findingsAbout(about: string) {
  const ok = (said: string): Finding => ({ state: 'ok', about, said })
  const wrong = (said: string): Finding => ({ state: 'wrong', about, said })
  /** The faults, or where there are none what is well. */
  const faultsOr = (faults: readonly string[], said: string) => (faults.length > 0 ? faults.map(wrong) : [ok(said)])
  return { ok, wrong, faultsOr }
}

/** What the system says of why something failed, on one line; of a connection that was tried in several ways, the first. */
export function reasonOf(fault: unknown): string {
  const { errors, reason, message } = fault as { errors?: unknown[]; reason?: string; message?: string }
  if (errors?.[0] !== undefined) return reasonOf(errors[0])
  return (reason || message || String(fault)).split('\n', 1)[0] ?? ''
}
