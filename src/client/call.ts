/** The media side of a session: our own stream, the ICE servers, and one peer for everybody who is in. */
import { readData, type SignalData } from '../protocol/data.ts'
import type { Ice } from '../protocol/messages.ts'
import type { Problem } from './negotiation.ts'
import { type Link, openPeer, type Peer } from './peer.ts'
import type { Participant } from './view.ts'
import type { World } from './world.ts'

/** Every so many milliseconds each peer looks whether its connection stands. */
const CHECK = 6000

export type Media = { stream: MediaStream | undefined; link: Link; pc: RTCPeerConnection | undefined }

export type CallOptions = {
  world: World
  /** Hands `data` to the server for this peer. */
  say(peer: string, data: SignalData): void
  /** Whether what we say reaches this peer at the moment. */
  reaches(peer: string): boolean
  /** The media of somebody have changed. */
  changed(): void
  /** Something that this peer said could not be used. */
  problem(peer: string, problem: Problem): void
}

export type Call = {
  /** Our own camera and microphone from now on; undefined: none. May change at any time. */
  setStream(stream: MediaStream | undefined): void
  setIce(ice: Ice): void
  /**
   * Brings the peers in line with what the server says.
   * @param told those that the server named just now; somebody we know already is named again only
   *   after frames were lost, so the two sides agree anew
   * @param lost the page was reloaded: those we do not know may know an earlier page of ours
   */
  update(peers: readonly Participant[], told: readonly string[], lost: boolean): void
  /** Takes `data` of a `signal`. What it does not understand is a problem, and changes nothing. */
  receive(from: string, data: unknown): void
  /** Agrees anew with this peer, or with all. */
  recover(peer?: string): void
  media(peer: string): Media
  /** Ends all media; the call can be used again. */
  clear(): void
  /** Ends all media for good. */
  close(): void
}

/** Prepares the media side; nothing is connected before `update` names a peer. */
export function createCall(options: CallOptions): Call {
  const { world } = options
  const peers = new Map<string, Peer>()
  let own: MediaStream | undefined
  let config: RTCConfiguration = {}
  const stopChecking = world.every(CHECK, () => {
    for (const [id, peer] of peers) if (options.reaches(id)) peer.check()
  })

  function drop(id: string) {
    peers.get(id)?.close()
    peers.delete(id)
  }

  function clear() {
    for (const id of [...peers.keys()]) drop(id)
  }

  function open({ peer, polite }: Participant, lost: boolean) {
    const silence = new MediaStream()
    return openPeer(
      {
        polite,
        world,
        reaches: () => options.reaches(peer),
        config: () => config,
        tracks: () => ({ tracks: own?.getTracks() ?? [], stream: own ?? silence }),
        say: (data) => options.say(peer, data),
        changed: options.changed,
        problem: (problem) => options.problem(peer, problem),
      },
      lost,
    )
  }

  return {
    setStream(stream) {
      own = stream
      for (const peer of peers.values()) peer.retrack()
    },
    setIce({ servers, policy }) {
      config = { iceServers: servers, iceTransportPolicy: policy }
      for (const peer of peers.values()) peer.reconfigure()
    },
    update(present, told, lost) {
      const wanted = new Set(present.map(({ peer }) => peer))
      for (const id of [...peers.keys()]) if (!wanted.has(id)) drop(id)
      for (const participant of present) {
        const known = peers.get(participant.peer)
        if (!known) peers.set(participant.peer, open(participant, lost))
        else if (told.includes(participant.peer)) known.recover()
      }
      for (const peer of peers.values()) peer.share(peers.size)
    },
    receive(from, data) {
      const read = readData(data)
      if (read) peers.get(from)?.receive(read)
      else options.problem(from, { problem: 'not_understood' })
    },
    recover(id) {
      for (const [each, peer] of peers) if (id === undefined || each === id) peer.recover()
    },
    media(id) {
      const peer = peers.get(id)
      return { stream: peer?.stream, link: peer?.link ?? 'connecting', pc: peer?.pc }
    },
    clear,
    close() {
      stopChecking()
      clear()
    },
  }
}
