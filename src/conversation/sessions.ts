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
    began: draft.elapsed,
    guestsUntil: draft.elapsed,
    codes: [],
    references: withNew([], hostOf(draft)?.reference),
    cutOff: null,
  }
  const codes = withNew(session.codes, guest.code)
  draft.session = { ...session, cutOff: null, codes, references: withNew(session.references, guest.reference) }
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, draft.session) })
}

/** A session that was cut off goes on when its host and one of its guests are both back. */
export function goOn(draft: Draft): void {
  if (!draft.session || draft.session.cutOff === null) return
  const back = draft.seats.filter((seat) => isAdmitted(seat) && seat.awaySince === null)
  if (!back.some(isGuest) || back.every(isGuest)) return
  draft.session = { ...draft.session, cutOff: null }
  draft.effects.push({ effect: 'record', session: recordOf(draft.name, draft.session) })
}

/** Until when somebody was there: whoever is given up was there last when the connection was lost. */
const thereUntil = ({ elapsed }: Draft, seat: Seat): number => seat.awaySince ?? elapsed

/** An admitted guest stops taking part. */
export function stopTakingPart(draft: Draft, guest: Seat): void {
  if (!draft.session || !isAdmitted(guest)) return
  draft.session = { ...draft.session, guestsUntil: Math.max(draft.session.guestsUntil, thereUntil(draft, guest)) }
}

/**
 * Ends the session unless a guest is still admitted; the reason is that of the last one's going. It ended when
 * its last guest, or its host, was last there: time in which nobody was is nobody's consultation.
 * @param host where that is going as well
 */
export function endIfEmpty(draft: Draft, reason: LeaveReason, host = hostOf(draft)): void {
  const { session } = draft
  if (!session || draft.seats.some((seat) => isGuest(seat) && isAdmitted(seat))) return
  draft.session = null
  const { cutOff, start, began, guestsUntil } = session
  const until = Math.min(guestsUntil, host ? thereUntil(draft, host) : draft.elapsed)
  const record =
    cutOff === null
      ? recordOf(draft.name, session, start + Math.round(until - began), reason)
      : recordOf(draft.name, session, cutOff, 'interrupted')
  draft.effects.push({ effect: 'record', session: record })
  const present = hostOf(draft)
  if (present) draft.send(present, { type: 'ended', reason })
}

/**
 * A running or ended session as the connection record keeps it.
 * The end is never before the start, even if the clock was set back while the server was down.
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
