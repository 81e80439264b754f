/** The window of time in which a code works: its defaults and its limits, all in milliseconds. */
import { Refusal } from '../protocol/errors.ts'

const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** How long anything may be kept. The shortest three months have 89 days; a day is left for whatever delays a sweep. */
export const LONGEST_STAY = 88 * DAY

/** How long after it was made a code's row may exist, so that the next sweep is in time. */
export const codeCap = (sweepMinutes: number): number => LONGEST_STAY - sweepMinutes * 60_000

export type Window = { notBefore: number; expiresAt: number }

/** What was asked for at minting, completed: from now, for 24 hours. */
export function defaultWindow(asked: { [K in keyof Window]?: number | undefined }, now: number): Window {
  const notBefore = asked.notBefore ?? now
  return { notBefore, expiresAt: asked.expiresAt ?? notBefore + DAY }
}

/**
 * Lets a possible window through.
 * @param latest the last instant at which the code may expire
 * @throws Refusal window_invalid, saying which rule is broken
 */
export function checkWindow({ notBefore, expiresAt }: Window, latest: number, now: number): void {
  if (expiresAt <= notBefore) throw new Refusal('window_invalid', 'expiresAt must be after notBefore.')
  if (expiresAt <= now) throw new Refusal('window_invalid', 'expiresAt must be in the future.')
  if (expiresAt > latest) {
    const readable = new Date(latest).toISOString()
    throw new Refusal('window_invalid', `expiresAt may be ${latest} (${readable}) at the latest.`)
  }
}
