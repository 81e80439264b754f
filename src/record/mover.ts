/** Sessions that have ended, on their way from seats.db into the record: first written there, then forgotten here. */
import type { Change } from '../contract/records.ts'
import type { Cold } from './cold.ts'
import type { Hot } from './hot.ts'
import type { EndedSession } from './sessions.ts'
import type { Remote } from './thread.ts'

/** How many are moved at once. */
const AT_ONCE = 500

const hasEnded = (change: Change): EndedSession[] => {
  if (change.change !== 'session' || change.session.end === null) return []
  const { start, end } = change.session
  return [{ ...change.session, end: Math.max(start, end) }]
}

export function openMover(hot: Remote<Hot>, cold: Remote<Cold>) {
  let waiting: EndedSession[] = []
  let running: Promise<void> | undefined

  async function moveAll(): Promise<void> {
    for (let some = waiting.slice(0, AT_ONCE); some.length > 0; some = waiting.slice(0, AT_ONCE)) {
      await cold.keepSessions(some)
      await hot.forget(some.map(({ id }) => id))
      waiting = waiting.slice(some.length)
    }
  }

  /** Moves all that waits. Rejects where that cannot be: then they are moved by a later try, or after a restart. */
  const move = (): Promise<void> => {
    running ??= moveAll().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    move,

    /** Takes note of what has ended, and moves it; nobody waits for that. */
    add(ended: readonly EndedSession[]): void {
      if (ended.length === 0) return
      waiting.push(...ended)
      move().catch(() => {})
    },

    ended: (changes: readonly Change[]): EndedSession[] => changes.flatMap(hasEnded),
  }
}
