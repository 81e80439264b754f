/** What each peer may see of a room: every message that describes others is made here. */
import { saidNow } from '../contract/clock.ts'
import type { AdmittedPeer, LobbyPeer, ServerMessage } from '../protocol/messages.ts'
import type { Draft } from './draft.ts'
import { hostOf, hostPresence, isAdmitted, isGuest, isStaff, type Room, type Seat } from './room.ts'

/** `other` as `seat` sees it: whoever was admitted later is polite, the other makes the first offer. */
export function asSeenBy(seat: Seat, other: Seat): AdmittedPeer {
  return {
    peer: other.peer,
    role: other.role as AdmittedPeer['role'],
    name: other.name,
    polite: seat.turn > other.turn,
  }
}

/** Those who hear of an admitted seat: the other admitted ones. */
export function admittedBeside(draft: Draft, seat: Seat): Seat[] {
  return draft.seats.filter((other) => isAdmitted(other) && other.peer !== seat.peer)
}

/** Those who may know of a seat at all. A waiting guest is known to host and staff alone, staff to nobody. */
export function observers(draft: Draft, seat: Seat): Seat[] {
  if (isStaff(seat)) return []
  const staff = isGuest(seat) ? draft.seats.filter(isStaff) : []
  if (isAdmitted(seat)) return [...admittedBeside(draft, seat), ...staff]
  return [hostOf(draft) ?? [], staff].flat()
}

/** All that a seat must know to start from nothing, after a join or a resume with a gap. */
export function wholeState(draft: Draft, seat: Seat): ServerMessage[] {
  if (seat.role === 'host') return [...hostView(draft, seat), ...peersOf(draft, seat), ...awayBeside(draft, seat)]
  if (seat.role === 'staff') return [lobby(draft), hostState(draft)]
  return seat.state === 'waiting' ? [waitingRoom(draft)] : [session(draft, seat), ...awayBeside(draft, seat)]
}

/** To somebody who was just told who is in the session: who of them is not there at the moment. */
function awayBeside(draft: Draft, seat: Seat): ServerMessage[] {
  return admittedBeside(draft, seat)
    .filter(({ awaySince }) => awaySince !== null)
    .map(({ peer }) => ({ type: 'peer-away', peer }))
}

/** What a seat hears after a resume without a gap, beside what it has missed. */
export function news(draft: Draft, seat: Seat): ServerMessage[] {
  if (seat.role === 'host') return hostView(draft, seat)
  return isStaff(seat) ? [lobby(draft)] : []
}

/** What a host hears after every join and resume: the waiting room as it is, and its ICE servers. */
function hostView(draft: Draft, host: Seat): ServerMessage[] {
  return [lobby(draft), { type: 'ice', ...draft.rules.iceFor(host.peer, draft.now) }]
}

/** What staff hears of the host. */
export function hostState(room: Pick<Room, 'seats' | 'session'>): Extract<ServerMessage, { type: 'host' }> {
  return { type: 'host', host: hostPresence(room), session: room.session !== null }
}

/** When a peer dialled in, by the clock of this lobby: how long that is ago is true whatever clock was set meanwhile. */
export const sinceOf = (draft: Draft, { since, came }: Seat): number => saidNow(since, came, draft)

/** All guests of the room, as host and staff see them. */
export function lobby(draft: Draft): ServerMessage {
  const peers = draft.seats.filter(isGuest).map((seat) => {
    const { peer, name, state, awaySince } = seat
    return { peer, name, state: state as LobbyPeer['state'], present: awaySince === null, since: sinceOf(draft, seat) }
  })
  return { type: 'lobby', now: draft.now, peers, staff: draft.seats.filter(isStaff).length }
}

/** A guest's whole view while it waits: nothing of anybody else. */
export function waitingRoom(draft: Draft): ServerMessage {
  return { type: 'waiting', host: hostPresence(draft) }
}

function peersOf(draft: Draft, seat: Seat): ServerMessage[] {
  return admittedBeside(draft, seat).map((other) => ({ type: 'peer-joined', ...asSeenBy(seat, other) }))
}

function session(draft: Draft, seat: Seat): ServerMessage {
  const peers = admittedBeside(draft, seat).map((other) => asSeenBy(seat, other))
  const ice = draft.rules.iceFor(seat.peer, draft.now)
  return { type: 'admitted', session: draft.session?.id ?? '', peers, ice }
}
