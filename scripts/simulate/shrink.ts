/** Finds a shorter story with the same end: leaves out kinds of troubles, then single ones. */
import { type Outcome, tell } from './story.ts'
import type { Cut } from './troubles.ts'

/** What of two failures must be the same: who and how long differ. */
const kindOf = (outcome: Outcome): string | undefined =>
  outcome.failure?.why
    .replace(/\b(?:Gast|Praxis)-\S+/g, 'somebody')
    .replace(/\d+/g, 'n')
    .slice(0, 80)

export async function shrink(seed: string, hours: number, cut: Cut, traced: number): Promise<Outcome> {
  let story = await tell(seed, hours, cut, traced)
  let left = cut
  const wanted = kindOf(story)

  /** Tries with less, and goes on from there where that fails in the same way. */
  async function without(less: Partial<Cut>): Promise<boolean> {
    const shorter = await tell(seed, (story.failure?.at ?? 0) / 3_600_000 + 0.01, { ...left, ...less }, traced)
    if (kindOf(shorter) !== wanted) return false
    story = shorter
    left = { ...left, ...less }
    return true
  }

  /** Leaves out as many as possible: halves, quarters and so on, the earliest first. */
  async function thin(names: () => readonly string[]): Promise<void> {
    for (let size = names().length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < names().length; ) {
        const some = names().slice(from, from + size)
        if (!(await without({ skip: new Set([...left.skip, ...some]) }))) from += size
      }
    }
  }

  await thin(() => story.appointments)
  for (const kind of Object.keys(story.troubles.counts)) await without({ without: new Set([...left.without, kind]) })
  await thin(() => story.troubles.happened.map(({ name }) => name))
  await thin(() => story.appointments)
  return story
}
