/** Our own picture and sound in a connection: which tracks it sends, and how much of the line they may have. */

/** What one's camera may send to all others together (bit/s): in a group, everybody sends to everybody. */
const UPLINK = 3_000_000
/** From so many others on, the pictures are small on the screen anyway, so half the size is sent. */
const CROWD = 4

export type OwnTracks = { tracks: MediaStreamTrack[]; stream: MediaStream }

/** Puts our tracks into the connection. @param asks for sound and picture of the other side, even without any of ours */
export function attach(pc: RTCPeerConnection, { tracks, stream }: OwnTracks, asks: boolean): void {
  const senders = pc.getSenders()
  for (const kind of ['audio', 'video'] as const) {
    const track = tracks.find((track) => track.kind === kind)
    const sender = senders.find((sender) => sender.track?.kind === kind)
    if (sender) sender.replaceTrack(track ?? null).catch(() => {})
    else if (track) pc.addTrack(track, stream)
    else if (asks && pc.getTransceivers().every(({ receiver }) => receiver.track.kind !== kind)) {
      pc.addTransceiver(kind, { direction: 'recvonly' })
    }
  }
}

/** Gives our picture its share of the line. @param others so many get it */
export function limit(pc: RTCPeerConnection, others: number): void {
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
