/** WebRTC in Node, so that our own client runs without a browser; and what a camera and a microphone would give it. */
import wrtc from '@roamhq/wrtc'

const { nonstandard } = wrtc

/** As in browsers, which know themselves whether to make an offer or an answer, and take back an offer that yields. */
class PeerConnection extends wrtc.RTCPeerConnection {
  override async setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
    const answers = this.signalingState === 'have-remote-offer'
    await super.setLocalDescription(description ?? (await (answers ? this.createAnswer() : this.createOffer())))
  }

  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const yields = description.type === 'offer' && this.signalingState === 'have-local-offer'
    if (yields) await super.setLocalDescription({ type: 'rollback', sdp: '' })
    await super.setRemoteDescription(description)
  }
}

Object.assign(globalThis, { RTCPeerConnection: PeerConnection, MediaStream: wrtc.MediaStream })

const WIDTH = 160
const HEIGHT = 120
/** What this stack wants to have of sound at a time: ten milliseconds. */
const SAMPLES = 480

/** A bright bar that moves over a dark picture, ten times a second, and a quiet tone of 440 Hz. */
export function openCamera(): { stream: MediaStream; close: () => void } {
  const picture = new nonstandard.RTCVideoSource()
  const sound = new nonstandard.RTCAudioSource()
  const tracks = [picture.createTrack(), sound.createTrack()]
  let frame = 0
  let sample = 0
  const drawing = setInterval(() => {
    frame += 1
    const data = new Uint8Array(WIDTH * HEIGHT * 1.5).fill(40, 0, WIDTH * HEIGHT).fill(128, WIDTH * HEIGHT)
    const left = (frame * 4) % (WIDTH - 16)
    for (let row = 0; row < HEIGHT; row++) data.fill(220, row * WIDTH + left, row * WIDTH + left + 16)
    picture.onFrame({ width: WIDTH, height: HEIGHT, data })
  }, 100)
  const playing = setInterval(() => {
    const samples = Int16Array.from(
      { length: SAMPLES },
      (_, n) => 1000 * Math.sin((2 * Math.PI * 440 * (sample + n)) / 48_000),
    )
    sample += SAMPLES
    sound.onData({ samples, sampleRate: 48_000 })
  }, 10)
  return {
    stream: new wrtc.MediaStream(tracks),
    close() {
      clearInterval(drawing)
      clearInterval(playing)
      for (const track of tracks) track.stop()
    },
  }
}

/** What has come of each kind: pictures, and pieces of sound with anything to hear in them. */
export type Received = { video: number; audio: number }

/** Counts what comes, until it is closed. */
export function watch(track: MediaStreamTrack, received: Received): () => void {
  if (track.kind === 'video') {
    const sink = new nonstandard.RTCVideoSink(track)
    sink.onframe = () => {
      received.video += 1
    }
    return () => sink.stop()
  }
  const sink = new nonstandard.RTCAudioSink(track)
  sink.ondata = ({ samples }: { samples: Int16Array }) => {
    if (samples.some((sample) => Math.abs(sample) > 50)) received.audio += 1
  }
  return () => sink.stop()
}
