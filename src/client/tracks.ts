/** Our own picture and sound in a connection: which tracks it sends, and how much of the line they may have. */

/** What one's camera may send to all others together (bit/s): in a group, everybody sends to everybody. */
const UPLINK = 3_000_000
/** From so many others on, the pictures are small on the screen anyway, so half the size is sent. */
const CROWD = 4

/** The `contentHint` of a track that shows a screen: it is told to the others, and never made smaller. */
export const SCREEN = 'detail'

export type OwnTracks = { tracks: MediaStreamTrack[]; stream: MediaStream }

/**
 * Puts our tracks into the connection. A track that goes leaves its place, and the next of its kind takes that: with
 * another place the other side would have two pictures, and show the one that stands still.
 * @param asks for sound and picture of the other side, even without any of ours
 * @returns when all are in their places
 */
export function attach(pc: RTCPeerConnection, { tracks, stream }: OwnTracks, asks: boolean): Promise<unknown> {
  const placed: Promise<void>[] = []
  for (const kind of ['audio', 'video'] as const) {
    const track = tracks.find((track) => track.kind === kind)
    const place = pc.getTransceivers().find((each) => each.receiver.track.kind === kind && each.direction !== 'stopped')
    if (place) {
      placed.push(place.sender.replaceTrack(track ?? null).catch(() => {}))
      if (!track || place.direction === 'sendrecv' || place.direction === 'sendonly') continue
      // This says it to the other side, with the stream that plain pages show; that nothing is sent need not be said.
      place.sender.setStreams?.(stream)
      place.direction = place.direction === 'recvonly' ? 'sendrecv' : 'sendonly'
    } else if (track) pc.addTrack(track, stream)
    else if (asks) pc.addTransceiver(kind, { direction: 'recvonly' })
  }
  return Promise.all(placed)
}

/** Gives our picture its share of the line. @param others so many get it */
export function limit(pc: RTCPeerConnection, others: number): void {
  for (const sender of pc.getSenders().filter(({ track }) => track?.kind === 'video')) {
    const parameters = sender.getParameters()
    for (const encoding of parameters.encodings) {
      encoding.maxBitrate = Math.floor(UPLINK / others)
      encoding.scaleResolutionDownBy = others < CROWD || sender.track?.contentHint === SCREEN ? 1 : 2
    }
    // Not every browser knows both limits; without them the call is heavier, and works.
    sender.setParameters(parameters).catch(() => {})
  }
}
