/**
 * One other person in the session: which RTCPeerConnection with them is the present one, and how
 * the two sides find together again when one of them has lost track.
 *
 * A page that was reloaded has no RTCPeerConnection any more while the other side still holds one
 * that will never hear an answer. The server cannot help (what we say is opaque to it), so the two
 * pages settle it between them, with the `polite` flag of the protocol:
 *
 * - The impolite side names each RTCPeerConnection with a random `call`, and every description and
 *   candidate carries it. It alone begins calls.
 * - The polite side follows: an offer of an unknown call means a new RTCPeerConnection. Anything
 *   else of a call that is not the present one is too late and is ignored, by both sides.
 * - Every message carries the random `page` of its sender. A polite page that has lost track says
 *   `hello`. To a page that it knows, the impolite side offers again, with an ICE restart, and the
 *   media go on; to one that it does not know, it begins a new call.
 *
 * The server delivers in order, so the newest call always wins, and neither clocks nor counters
 * have to survive a reload.
 */
import { type Negotiation, negotiate, type Part } from './negotiation.ts'
import { randomId } from './random.ts'

/** What one's camera may send to all others together (bit/s): in a group, everybody sends to everybody. */
const UPLINK = 3_000_000
/** From so many others on, the pictures are small on the screen anyway, so half the size is sent. */
const CROWD = 4

/** What two of these clients say to each other in `data` of `signal`. */
export type PeerMessage = ({ call: string } & Part & { page: string }) | { hello: true; page: string }

/** How the media with somebody are doing. */
export type Link = 'connecting' | 'connected' | 'interrupted'

export type PeerOptions = {
  /** Our part, as the server said: true, we yield and wait for the offer. */
  polite: boolean
  /** The random id of this page. */
  page: string
  config(): RTCConfiguration
  /** Our own tracks, as they are now. */
  tracks(): { tracks: MediaStreamTrack[]; stream: MediaStream }
  say(message: PeerMessage): void
  /** The stream or the link has changed. */
  changed(): void
}

export type Peer = {
  readonly link: Link
  /** What the other side sends; undefined until something comes. A new call brings a new stream. */
  readonly stream: MediaStream | undefined
  /** The present connection, for its statistics. */
  readonly pc: RTCPeerConnection | undefined
  receive(message: PeerMessage): void
  /** Frames may be lost in both directions: agree anew, and keep the media if they still run. */
  recover(): void
  /** Looks whether a connection that should stand by now does, and otherwise tries again. */
  check(): void
  /** Our own tracks have changed. */
  retrack(): void
  /** So many others share what our line can send. */
  share(others: number): void
  /** New ICE servers, or fresh credentials. */
  reconfigure(): void
  close(): void
}

/** One RTCPeerConnection with what belongs to it. */
type Current = { call: string; pc: RTCPeerConnection; stream: MediaStream; negotiation: Negotiation; end(): void }

/** A narrow look at what came in, because it was written by somebody else's page. */
export function isPeerMessage(data: unknown): data is PeerMessage {
  if (typeof data !== 'object' || data === null) return false
  const { page, call, hello, sdp, offer, answer, candidate } = data as Record<string, unknown>
  if (typeof page !== 'string') return false
  if (hello === true) return true
  const described = typeof sdp === 'string' && (typeof offer === 'number' || typeof answer === 'number')
  return typeof call === 'string' && (described || (typeof candidate === 'object' && candidate !== null))
}

/**
 * Starts with a peer that the server has named.
 * @param lost the peer may be in the middle of a call with an earlier page of ours
 */
export function openPeer(options: PeerOptions, lost: boolean): Peer {
  const { polite, page } = options
  let current: Current | undefined
  let theirPage: string | undefined
  let idle = false
  let restarted = false
  let others = 1

  function begin(call: string) {
    current?.end()
    const pc = new RTCPeerConnection(options.config())
    const stream = new MediaStream()
    const negotiation = negotiate(pc, polite, (part) => options.say({ ...part, call, page }))
    pc.ontrack = ({ track }) => {
      stream.addTrack(track)
      options.changed()
    }
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') {
        restarted = false
        limit(pc)
      }
      options.changed()
    }
    pc.oniceconnectionstatechange = () => {
      const { iceConnectionState: state } = pc
      if (state === 'disconnected' || state === 'failed') negotiation.restart()
    }
    const end = () => {
      pc.ontrack = pc.onconnectionstatechange = pc.oniceconnectionstatechange = null
      pc.close()
    }
    current = { call, pc, stream, negotiation, end }
    attach(pc, !polite)
    options.changed()
  }

  /** Puts our tracks into the connection; the side that offers asks for sound and picture even without any. */
  function attach(pc: RTCPeerConnection, offers: boolean) {
    const { tracks, stream } = options.tracks()
    const senders = pc.getSenders()
    for (const kind of ['audio', 'video'] as const) {
      const track = tracks.find((track) => track.kind === kind)
      const sender = senders.find((sender) => sender.track?.kind === kind)
      if (sender) sender.replaceTrack(track ?? null).catch(() => {})
      else if (track) pc.addTrack(track, stream)
      else if (offers && pc.getTransceivers().every(({ receiver }) => receiver.track.kind !== kind)) {
        pc.addTransceiver(kind, { direction: 'recvonly' })
      }
    }
  }

  function limit(pc: RTCPeerConnection) {
    for (const sender of pc.getSenders().filter(({ track }) => track?.kind === 'video')) {
      const parameters = sender.getParameters()
      for (const encoding of parameters.encodings) {
        encoding.maxBitrate = Math.floor(UPLINK / others)
        encoding.scaleResolutionDownBy = others < CROWD ? 1 : 2
      }
      // Not every browser knows both limits; without them the call is heavier, and works.
      sender.setParameters(parameters).catch(() => {})
    }
  }

  const hello = () => options.say({ hello: true, page })
  const linked = () => current?.pc.connectionState === 'connected'

  function receive(message: PeerMessage) {
    if ('hello' in message) {
      if (polite) return
      if (theirPage === message.page) recover()
      else begin(randomId())
      theirPage = message.page
      return
    }
    if (polite && 'offer' in message && message.call !== current?.call) begin(message.call)
    if (message.call !== current?.call) return
    theirPage = message.page
    current.negotiation.receive(message)
  }

  function recover() {
    if (polite) hello()
    // A first offer that was taken back leaves nothing to build on: the next one numbers its media
    // anew, and whoever has answered the first one cannot take it.
    else if (current?.pc.currentRemoteDescription) current.negotiation.restart()
    else begin(randomId())
  }

  if (!polite) begin(randomId())
  else if (lost) hello()

  return {
    get link() {
      const state = current?.pc.connectionState ?? 'new'
      if (state === 'connected') return 'connected'
      return state === 'new' || state === 'connecting' ? 'connecting' : 'interrupted'
    },
    get stream() {
      return current?.stream
    },
    get pc() {
      return current?.pc
    },
    receive,
    recover,
    check() {
      // Two looks in a row, so that a call that has only just begun is left alone.
      const stuck = idle && !linked()
      idle = !stuck && !linked()
      if (!stuck) return
      // An ICE restart keeps the last picture; if it did not help either, everything anew.
      if (!polite && restarted) begin(randomId())
      else recover()
      restarted = !restarted
    },
    retrack() {
      if (current) attach(current.pc, !polite)
    },
    share(count) {
      if (count === others) return
      others = count
      if (current && linked()) limit(current.pc)
    },
    reconfigure() {
      current?.pc.setConfiguration(options.config())
    },
    close() {
      current?.end()
      current = undefined
    },
  }
}
