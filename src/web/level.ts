/** How loud one's own microphone is: for the bar that moves, and for who speaks while it is off. */

/** From such a level on (0 to 1) a voice is heard. */
export const VOICE = 0.06

/** Between two looks, in ms. */
const LOOK = 100

/**
 * Listens to a microphone, also while its track is switched off: to a copy of it that is sent nowhere.
 * @param heard takes each level, 0 to 1
 * @returns what stops it
 */
export function listenTo(track: MediaStreamTrack, heard: (level: number) => void): () => void {
  const copy = track.clone()
  copy.enabled = true
  const context = new AudioContext()
  // Longer than from one look to the next, so that nothing that is said falls in between.
  const analyser = new AnalyserNode(context, { fftSize: 8192 })
  context.createMediaStreamSource(new MediaStream([copy])).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    heard(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0))
  }, LOOK)
  return () => {
    clearInterval(timer)
    copy.stop()
    void context.close()
  }
}
