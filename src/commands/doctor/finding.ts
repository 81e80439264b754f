/** What a doctor says: one line about one thing. */

/** `wrong` says what, and after a colon what to do about it. */
export type Finding = { state: 'ok' | 'wrong'; about: string; said: string }

/** Looks at one thing, and at nothing else. */
export type Examination = {
  ok: (said: string) => Finding
  wrong: (said: string) => Finding
  /** The faults, or where there are none what is well. */
  faultsOr: (faults: readonly string[], said: string) => Finding[]
}

export function findingsAbout(about: string): Examination {
  const ok = (said: string): Finding => ({ state: 'ok', about, said })
  const wrong = (said: string): Finding => ({ state: 'wrong', about, said })
  return { ok, wrong, faultsOr: (faults, said) => (faults.length > 0 ? faults.map(wrong) : [ok(said)]) }
}

/** What the system says of why something failed, on one line; of a connection that was tried in several ways, the first. */
export function reasonOf(fault: unknown): string {
  const { errors, reason, message } = fault as { errors?: unknown[]; reason?: string; message?: string }
  if (errors?.[0] !== undefined) return reasonOf(errors[0])
  return (reason || message || String(fault)).split('\n', 1)[0] ?? ''
}
