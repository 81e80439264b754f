/** The course of a consultation: begun by the first admit, ended with its last guest. */

import { type Instant, saidNow } from '../contract/clock.ts'
import type { EndReason, SessionRecord } from '../contract/records.ts'
import type { LeaveReason } from '../protocol/messages.ts'
import type { Draft } from './draft.ts'
import { hostOf, isAdmitted, isGuest, type Room, type Seat, type Session } from './room.ts'

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
    skipped: 0,
  }
  const codes = withNew(session.codes, guest.code)
  draft.session = {
    ...asSeen(session, draft, draft.elapsed),
    codes,
    references: withNew(session.references, guest.reference),
  }
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
 * Ends the session unless a guest is still admitted; the reason is that of the last one's going, or `interrupted`
 * where the two sides have not been there together since a stop of the server.
 * @param host where that is going as well
 */
export function endIfEmpty(draft: Draft, reason: LeaveReason, host = hostOf(draft)): void {
  const { session } = draft
  if (!session || draft.seats.some((seat) => isGuest(seat) && isAdmitted(seat))) return
  draft.session = null
  const until = Math.min(session.guestsUntil, host ? thereUntil(draft, host) : draft.elapsed)
  const why = hasGoneOn(session, until) ? reason : 'interrupted'
  const record = recordOf(draft.name, asSeen(session, draft, until), until, why)
  draft.effects.push({ effect: 'record', session: record })
  const present = hostOf(draft)
  if (present) draft.send(present, { type: 'ended', reason })
}

/** Whether its two sides were there together after the stop of the server, if there was one. */
const hasGoneOn = ({ cutOff }: Session, until: number): boolean => cutOff === null || until > cutOff

/** A session by the wall clock as it is now: where that was set meanwhile, start and end are said by the same clock. */
function asSeen(session: Session, at: Instant, until: number): Session {
  const skipped = hasGoneOn(session, until) ? 0 : session.skipped
  const start = saidNow(session.start, session.began - skipped, at)
  return start === session.start ? session : { ...session, start }
}

/**
 * What a later process cannot know of a running session, if this one dies: that the wall clock was set since it
 * began, or until when both sides were there, where one is away.
 * @param before what was noted of it before
 * @returns undefined where there is nothing of that kind, and never was
 */
export function noteOn({ name, seats, session }: Room, at: Instant, before?: SessionRecord): SessionRecord | undefined {
  if (!session) return undefined
  const there = (one: readonly Seat[]) =>
    Math.max(...one.filter(isAdmitted).map(({ awaySince }) => awaySince ?? at.elapsed))
  const guests = Math.max(session.guestsUntil, there(seats.filter(isGuest)))
  const until = Math.min(guests, there(seats.filter((seat) => !isGuest(seat))))
  const seen = asSeen(session, at, until)
  const goesOn = until === at.elapsed && hasGoneOn(session, until)
  if (seen === session && goesOn && before?.id !== session.id) return undefined
  return { ...recordOf(name, seen), cutOff: goesOn ? null : wallOf(seen, until) }
}

/** An instant of the clock that nobody can set, by the wall clock that a session began with. */
const wallOf = ({ start, began }: Session, instant: number): number => start + Math.max(0, Math.round(instant - began))

/**
 * A running or ended session as the connection record keeps it.
 * @param until when it ended, by the clock that nobody can set
 */
export function recordOf(room: string, session: Session, until?: number, reason?: EndReason): SessionRecord {
  return {
    id: session.id,
    room,
    start: session.start,
    end: until === undefined ? null : wallOf(session, until),
    codes: until === undefined ? session.codes : [],
    cutOff: null,
    participants: 1 + session.codes.length,
    reason: reason ?? null,
    reference: session.references.join(', ') || null,
  }
}
