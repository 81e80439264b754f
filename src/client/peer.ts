/**
 * One other person in the session: which RTCPeerConnection with them is the present one, and how
 * the two sides find together again when one of them has lost track.
 *
 * A page that was reloaded has no RTCPeerConnection any more, while the other side still holds one
 * that will never hear an answer. The server cannot help (what we say is opaque to it), and the other
 * side may be of somebody else's making and know perfect negotiation only. So what settles it is in every description:
 * the name of the connection, and where none is said, the fingerprint of its certificate.
 *
 * - The impolite side begins, and so does a page that was reloaded. Offers that cross are the business of perfect
 *   negotiation.
 * - A description of another connection than those before it is that of a new connection at the other side; it is
 *   answered with a new one on ours.
 *
 * The server delivers in order, so the newest connection always wins, and neither clocks nor counters
 * have to survive a reload.
 */
import type { Candidate, Described, SignalData } from '../protocol/data.ts'
import { keep, type Negotiation, negotiate, type Problem } from './negotiation.ts'
import { attach, limit, type OwnTracks } from './tracks.ts'
import type { World } from './world.ts'

/** However often the other side begins anew, we follow once in so many milliseconds. */
const PAUSE = 3_000

/** So many milliseconds who is polite lets the other side go first with an ICE restart, so that they seldom cross. */
const YIELD = 1_500

/** How the media with somebody are doing. */
export type Link = 'connecting' | 'connected' | 'interrupted'

export type PeerOptions = {
  /** Our part, as the server said: true, we yield and wait for the offer. */
  polite: boolean
  world: Pick<World, 'now' | 'after' | 'every'>
  /** Whether what we say reaches the other side at the moment. */
  reaches(): boolean
  config(): RTCConfiguration
  /** For the next connection; undefined: the browser makes one. */
  certificate(): RTCCertificate | undefined
  /** Our own tracks, as they are now. */
  tracks(): OwnTracks
  say(data: SignalData): void
  /** The stream or the link has changed. */
  changed(): void
  /** Something that the other side said could not be used. */
  problem(problem: Problem): void
}

export type Peer = ReturnType<typeof openPeer>

/** One RTCPeerConnection with what belongs to it. */
type Current = {
  pc: RTCPeerConnection
  stream: MediaStream
  negotiation: Negotiation
  /** The certificate as the browser wants it said again with each change of the configuration. */
  certificates: { certificates?: RTCCertificate[] }
  end(): void
}

/**
 * Starts with a peer that the server has named.
 * @param lost the peer may be in the middle of a call with an earlier page of ours
 */
export function openPeer(options: PeerOptions, lost: boolean) {
  const { polite, world } = options
  const early: Candidate[] = []
  let current: Current | undefined
  /** When we may follow the other side into a new connection again, and what lets go of one that waits for it. */
  let mayFollow = 0
  let stopWaiting = () => {}
  let stopYielding = () => {}
  let closed = false
  let idle = false
  let restarted = false
  let others = 1

  /** A new connection; `theirs`: with what the other side has offered, so it is not for us to ask for media. */
  function begin(theirs?: Described) {
    stopWaiting()
    stopYielding()
    current?.end()
    const certificate = options.certificate()
    const certificates = certificate ? { certificates: [certificate] } : {}
    const pc = new RTCPeerConnection({ ...options.config(), ...certificates })
    const stream = new MediaStream()
    const { say, problem } = options
    const negotiation = negotiate(pc, { polite, early, say, problem, renewed: follow, pass: receive })
    pc.ontrack = ({ track }) => {
      stream.addTrack(track)
      options.changed()
    }
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') {
        restarted = false
        ration()
      }
      options.changed()
    }
    pc.oniceconnectionstatechange = () => {
      const { iceConnectionState: state } = pc
      if (state === 'disconnected' || state === 'failed') recover()
    }
    const end = () => {
      pc.ontrack = pc.onconnectionstatechange = pc.oniceconnectionstatechange = null
      pc.close()
    }
    current = { pc, stream, negotiation, certificates, end }
    void attach(pc, options.tracks(), theirs === undefined)
    if (theirs) negotiation.receive(theirs)
    options.changed()
  }

  const linked = () => current?.pc.connectionState === 'connected'

  /** Our picture gets its share of the line; a screen gets another than a camera. */
  const ration = () => {
    if (current && linked()) limit(current.pc, others)
  }

  /** The other side has a new connection: so have we, on its offer or, where it has answered an old one, on our own. */
  function follow(data: Described) {
    stopWaiting()
    const wait = mayFollow - world.now()
    if (wait > 0) {
      stopWaiting = world.after(wait, () => follow(data))
      return
    }
    mayFollow = world.now() + PAUSE
    begin(data.description.type === 'offer' ? data : undefined)
  }

  function receive(data: SignalData): void {
    if (closed) return
    if ('description' in data) stopYielding()
    if (current) current.negotiation.receive(data)
    else if ('candidate' in data) keep(early, data.candidate)
    else if (data.description.type === 'offer') follow(data)
  }

  /** Frames may be lost in both directions: agree anew, and keep the media if they still run. */
  function recover(): void {
    stopYielding()
    if (!polite) return current?.negotiation.restart()
    stopYielding = world.every(YIELD, () => {
      if (!options.reaches()) return
      stopYielding()
      current?.negotiation.restart()
    })
  }

  if (!polite || lost) begin()

  return {
    get link(): Link {
      const state = current?.pc.connectionState ?? 'new'
      if (state === 'connected') return 'connected'
      return state === 'new' || state === 'connecting' ? 'connecting' : 'interrupted'
    },
    /** What the other side sends; undefined until something comes. A new call brings a new stream. */
    get stream(): MediaStream | undefined {
      return current?.stream
    },
    /** The present connection, for its statistics. */
    get pc(): RTCPeerConnection | undefined {
      return current?.pc
    },
    receive,
    recover,
    /** Looks whether a connection that should stand by now does, and otherwise tries again. */
    check(): void {
      // Two looks in a row, so that a call that has only just begun is left alone.
      const stuck = idle && !linked()
      idle = !stuck && !linked()
      if (!stuck) return
      // An ICE restart keeps the last picture; if it did not help either, everything anew.
      if (restarted) begin()
      else recover()
      restarted = !restarted
    },
    /** Our own tracks have changed. */
    retrack(): void {
      if (current) void attach(current.pc, options.tracks(), false).then(ration)
    },
    /** So many others share what our line can send. */
    share(count: number): void {
      if (count === others) return
      others = count
      ration()
    },
    /** New ICE servers, or fresh credentials. */
    reconfigure(): void {
      current?.pc.setConfiguration({ ...options.config(), ...current.certificates })
    },
    close(): void {
      closed = true
      stopWaiting()
      stopYielding()
      current?.end()
      current = undefined
    },
  }
}
