/** What a page shows: the typed states, and how each frame of the server changes them. Pure. */
import type { CloseReason } from '../protocol/errors.ts'
import type { HostPresence, LobbyPeer, Role, ServerMessage } from '../protocol/messages.ts'
import type { Over } from './over.ts'

/** Where the seat is, as the server last told. */
export type SeatedState =
  /** Guest: in the waiting room; `host` tells whether the practice is there. */
  | { at: 'waiting'; host: HostPresence }
  /** In a session: the guest is admitted, or the host has somebody in. */
  | { at: 'session' }
  /** Host: the room is open, nobody is admitted. */
  | { at: 'open' }
  /** Staff: beside the waiting room; whether the host is there, and whether a session is running. */
  | { at: 'attending'; host: HostPresence; session: boolean }

/** The one thing that a page's layout depends on. */
export type State =
  /** Dialling in. `failures`: attempts in vain so far; `because`: how the last one ended. */
  | { at: 'connecting'; failures: number; because: CloseReason | undefined }
  | SeatedState
  /** The connection is lost, the seat is not: go on showing `was`; running media keep running. */
  | { at: 'reconnecting'; was: SeatedState; because: CloseReason | undefined }
  | { at: 'over'; over: Over }

/** Somebody else in the session. */
export type Participant = { peer: string; role: Role; name: string; polite: boolean; present: boolean }

/** Everything the server has told, as one value. */
export type View = {
  role: Role | undefined
  state: State
  /** All guests, longest wait first; only for hosts and staff. */
  lobby: readonly LobbyPeer[]
  /** How many of the staff watch the waiting room; only for hosts and staff. */
  staff: number
  peers: readonly Participant[]
}

/** The view before the first frame. */
export const emptyView: View = {
  role: undefined,
  state: { at: 'connecting', failures: 0, because: undefined },
  lobby: [],
  staff: 0,
  peers: [],
}

const without = <Item extends { peer: string }>(items: readonly Item[], peer: string) =>
  items.filter((item) => item.peer !== peer)

const changed = <Item extends { peer: string }>(items: readonly Item[], peer: string, change: Partial<Item>) =>
  items.map((item) => (item.peer === peer ? { ...item, ...change } : item))

/** The host's state follows from whether somebody is in, staff's from where it sits. */
function placed(view: View): View {
  if (view.role === 'staff' && view.state.at === 'connecting') {
    return { ...view, state: { at: 'attending', host: 'absent', session: false } }
  }
  if (view.role !== 'host' || view.state.at === 'over') return view
  return { ...view, state: { at: view.peers.length > 0 ? 'session' : 'open' } }
}

/**
 * The view without a connection: the same place, shown as reconnecting.
 * @param failures attempts in vain so far
 * @param because what the server closed with; undefined where the connection just broke
 */
export function disconnected(view: View, failures: number, because: CloseReason | undefined): View {
  const { state } = view
  if (state.at === 'reconnecting' || state.at === 'over') return view
  if (state.at === 'connecting') return { ...view, state: { ...state, failures, because } }
  return { ...view, state: { at: 'reconnecting', was: state, because } }
}

/** The view after a frame of the server. */
export function nextView(view: View, frame: ServerMessage): View {
  switch (frame.type) {
    case 'joined':
      return placed({ ...emptyView, role: frame.role })
    case 'resumed': {
      const { state } = view
      // A lossless resume is followed by what was missed only, so what was shown still holds.
      return placed({ ...view, role: frame.role, state: state.at === 'reconnecting' ? state.was : state })
    }
    case 'lobby': {
      // The whole truth: who is not admitted in it is no longer in the session.
      const admitted = new Set(frame.peers.filter(({ state }) => state === 'admitted').map(({ peer }) => peer))
      const { peers: lobby, staff } = frame
      return placed({ ...view, lobby, staff, peers: view.peers.filter(({ peer }) => admitted.has(peer)) })
    }
    case 'host':
      return { ...view, state: { at: 'attending', host: frame.host, session: frame.session } }
    case 'knock': {
      const { peer, name, since } = frame
      const guest: LobbyPeer = { peer, name, since, state: 'waiting', present: true }
      return { ...view, lobby: [...without(view.lobby, peer), guest] }
    }
    case 'waiting':
      return { ...view, state: { at: 'waiting', host: frame.host }, peers: [] }
    case 'held':
      return { ...view, state: { at: 'waiting', host: 'present' }, peers: [] }
    case 'admitted':
      return { ...view, state: { at: 'session' }, peers: frame.peers.map((peer) => ({ ...peer, present: true })) }
    case 'peer-joined': {
      const { peer, role, name, polite } = frame
      const peers = [...without(view.peers, peer), { peer, role, name, polite, present: true }]
      return placed({ ...view, peers, lobby: changed(view.lobby, peer, { state: 'admitted' }) })
    }
    case 'peer-away':
    case 'peer-back': {
      const present = frame.type === 'peer-back'
      const { peer } = frame
      // After a restart of the server names come back with their owners.
      const named = 'name' in frame && frame.name !== undefined ? { name: frame.name } : {}
      const change = { present, ...named }
      return { ...view, peers: changed(view.peers, peer, change), lobby: changed(view.lobby, peer, change) }
    }
    case 'peer-left': {
      const { peer, reason } = frame
      const lobby = reason === 'held' ? changed(view.lobby, peer, { state: 'waiting' }) : without(view.lobby, peer)
      return placed({ ...view, lobby, peers: without(view.peers, peer) })
    }
    case 'ended':
      return placed({ ...view, peers: [], lobby: view.lobby.filter(({ state }) => state === 'waiting') })
    case 'signal':
    case 'notice':
    case 'denied':
    case 'ice':
    case 'pong':
    case 'error':
      return view
    default:
      // A later server may say more.
      frame satisfies never
      return view
  }
}

/** The peers that a frame says are in the session. */
export function named(frame: ServerMessage): string[] {
  if (frame.type === 'admitted') return frame.peers.map(({ peer }) => peer)
  return frame.type === 'peer-joined' ? [frame.peer] : []
}
