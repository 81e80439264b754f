/** Two soft notes, made by the browser itself: somebody knocks, or one is admitted. */

const NOTES = { knock: [523, 659], admitted: [392, 523] } as const

let context: AudioContext | undefined

/** A browser that can lets a page choose where it sounds. */
type Routable = AudioContext & { setSinkId?(sink: string): Promise<void> }

/** Sounds them, where the browser lets a page be heard; it does after a click somewhere. */
export function chime(what: keyof typeof NOTES, speaker?: string): void {
  try {
    context ??= new AudioContext()
    void context.resume()
    if (speaker) void (context as Routable).setSinkId?.(speaker).catch(() => {})
    for (const [index, pitch] of NOTES[what].entries()) note(context, pitch, context.currentTime + index * 0.18)
  } catch {
    // A browser without sound of its own.
  }
}

function note(context: AudioContext, pitch: number, at: number) {
  const tone = new OscillatorNode(context, { frequency: pitch })
  const volume = new GainNode(context, { gain: 0 })
  volume.gain.linearRampToValueAtTime(0.12, at + 0.03)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5)
  tone.connect(volume).connect(context.destination)
  tone.start(at)
  tone.stop(at + 0.5)
}
