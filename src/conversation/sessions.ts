/** The course of a consultation: begun by the first admit, ended with its last guest. */
import type { LeaveReason } from '../protocol/messages.ts'
import type { Draft } from './draft.ts'
import type { EndReason, SessionRecord } from './ports.ts'
import { hostOf, isAdmitted, isGuest, type Seat, type Session } from './room.ts'

const withNew = (list: readonly string[], item: string | null | undefined): readonly string[] =>
  item && !list.includes(item) ? [...list, item] : list

/** Takes a guest into the session, which begins if none is running. */
export function takePart(draft: Draft, guest: Seat, newSession: string): void {
  const { id, start, codes, references } = draft.session ?? {
    id: newSession,
    start: draft.now,
    codes: [],
    references: withNew([], hostOf(draft)?.reference),
  }
  draft.session = { id, start, codes: withNew(codes, guest.code), references: withNew(references, guest.reference) }
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, draft.session) })
}

/** Ends the session unless a guest is still admitted; the reason is that of the last one's going. */
export function endIfEmpty(draft: Draft, reason: LeaveReason): void {
  const { session } = draft
  if (!session || draft.seats.some((seat) => isGuest(seat) && isAdmitted(seat))) return
  draft.session = null
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, session, draft.now, reason) })
  const host = hostOf(draft)
  if (host) draft.send(host, { type: 'ended', reason })
}

/**
 * A running or ended session as the connection record keeps it.
 * The end is never before the start, even if the clock was set back in between.
 */
export function recordOf(room: string, session: Session, end?: number, reason?: EndReason): SessionRecord {
  return {
    id: session.id,
    room,
    start: session.start,
    end: end === undefined ? null : Math.max(end, session.start),
    participants: 1 + session.codes.length,
    reason: reason ?? null,
    reference: session.references.join(', ') || null,
  }
}
