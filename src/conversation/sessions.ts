/** The course of a consultation: begun by the first admit, ended with its last guest. */

import type { EndReason, SessionRecord } from '../contract/records.ts'
import type { LeaveReason } from '../protocol/messages.ts'
import type { Draft } from './draft.ts'
import { hostOf, isAdmitted, isGuest, type Seat, type Session } from './room.ts'

const withNew = (list: readonly string[], item: string | null | undefined): readonly string[] =>
  item && !list.includes(item) ? list.concat(item) : list

/** Takes a guest into the session, which begins if none is running. */
export function takePart(draft: Draft, guest: Seat, newSession: string): void {
  const session = draft.session ?? {
    id: newSession,
    start: draft.now,
    codes: [],
    references: withNew([], hostOf(draft)?.reference),
    cutOff: null,
  }
  const codes = withNew(session.codes, guest.code)
  draft.session = { ...session, cutOff: null, codes, references: withNew(session.references, guest.reference) }
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, draft.session) })
}

/** Somebody of a session that was cut off has come back: it goes on. */
export function goOn(draft: Draft): void {
  if (!draft.session || draft.session.cutOff === null) return
  draft.session = { ...draft.session, cutOff: null }
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, draft.session) })
}

/** Ends the session unless a guest is still admitted; the reason is that of the last one's going. */
export function endIfEmpty(draft: Draft, reason: LeaveReason): void {
  const { session } = draft
  if (!session || draft.seats.some((seat) => isGuest(seat) && isAdmitted(seat))) return
  draft.session = null
  const { cutOff } = session
  const record =
    cutOff === null
      ? recordOf(draft.name, session, draft.now, reason)
      : recordOf(draft.name, session, cutOff, 'interrupted')
  draft.effects.push({ effect: 'record', session: record })
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
    codes: end === undefined ? session.codes : [],
    cutOff: end === undefined ? session.cutOff : null,
    participants: 1 + session.codes.length,
    reason: reason ?? null,
    reference: session.references.join(', ') || null,
  }
}
