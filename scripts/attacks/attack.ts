/** What an attack is: what it holds in its hands, what it does, and what must have become of it. */
import { setTimeout as wait } from 'node:timers/promises'
import { limits } from '../../src/config/limits.ts'

/** What was counted by the attacker itself. */
export type Counts = Record<string, number>

export type Target = {
  port: number
  /** Of an admin: not of the one who mints for the practice meanwhile. */
  token: string
  seconds: number
  /** The attacker's codes, by rooms: the host's first, where it has one. */
  codes: string[][]
  counts: Counts
}

export type Outcome = {
  seconds: number
  counts: Counts
  /** What the server counted meanwhile: refusals by code and limits by name. */
  met: Counts
}

export type Attack = {
  name: string
  /** What is thrown at the server: the word of a count. */
  thrown: string
  settings?: Record<string, string>
  /** Codes that the attacker has rightly; `beside` the honest consultation is its own room. */
  codes?: { rooms: number; hosts: 0 | 1; guests: number; beside?: true }
  /** Fills the data folder before the server starts. */
  prepare?: (dataDir: string) => Promise<void>
  /** Seconds below which it would show nothing. */
  least?: number
  /** The attacker has all there is: whoever is in stays in, but who comes later may be turned away. */
  full?: true
  /** Runs in a process of its own; ends by itself, and leaves open what it holds. */
  run: (target: Target) => Promise<void>
  /** Broken promises, in words. */
  judge?: (outcome: Outcome) => string[]
}

/** What the server allows by default. */
export const limit = (name: keyof typeof limits): number => Number(limits[name].default)

export function count(counts: Counts, what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by
}

/** Does something again and again, so many at a time, until time is up; what is under way then is left alone. */
export async function hurry(seconds: number, atOnce: number, act: (worker: number) => Promise<unknown>): Promise<void> {
  let over = false
  const worker = async (_: unknown, index: number): Promise<void> => {
    while (!over) await act(index)
  }
  void Promise.all(Array.from({ length: atOnce }, worker))
  await wait(seconds * 1000)
  over = true
}
