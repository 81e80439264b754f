/** Which camera, microphone and loudspeaker: chosen in a dialog, before the call and in it, with a level that moves. */
import type { Camera } from './camera.ts'
import { chime } from './chime.ts'
import { box, button, find, write } from './page.ts'
import { texts } from './texts.ts'
import { setSpeaker, speaker } from './tiles.ts'

const SELECTS = { audioinput: 'choose-microphone', videoinput: 'choose-camera', audiooutput: 'choose-speaker' } as const
type Kind = keyof typeof SELECTS

/** From such a level on (0 to 1) a voice is heard. */
const VOICE = 0.06

/** Connects the dialog, and the buttons `[data-devices]` that open it. */
export function setUpDevices(camera: Camera): void {
  const dialog = find('devices', HTMLDialogElement)
  const level = find('level', HTMLMeterElement)
  let stopListening = () => {}

  /** Names are only told once the person has allowed a device; until then the browser's own choice stands there. */
  async function fill() {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    for (const kind of Object.keys(SELECTS) as Kind[]) {
      const select = find(SELECTS[kind], HTMLSelectElement)
      const those = all.filter((device) => device.kind === kind && device.deviceId !== '')
      select.replaceChildren(...those.map(({ label, deviceId }) => new Option(label || deviceId, deviceId)))
      select.value =
        (kind === 'audiooutput' ? speaker() : camera.using(kind === 'audioinput' ? 'audio' : 'video')) ?? ''
      if (select.selectedIndex < 0) select.selectedIndex = 0
      // Not every browser lets a page choose where its sound goes.
      const canChoose = kind !== 'audiooutput' || 'setSinkId' in HTMLMediaElement.prototype
      if (select.parentElement) select.parentElement.hidden = those.length === 0 || !canChoose
    }
  }

  /** Shows how loud one's own microphone is. */
  function listen() {
    stopListening()
    const [track] = camera.stream?.getAudioTracks() ?? []
    let heard = false
    level.hidden = !track
    write(box('level-text'), track ? texts().notHeard : texts().noMicrophone)
    if (!track) return
    const context = new AudioContext()
    // Longer than from one look to the next, so that nothing that is said falls in between.
    const analyser = new AnalyserNode(context, { fftSize: 8192 })
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      level.value = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
      heard ||= level.value > VOICE
      write(box('level-text'), heard ? texts().heard : texts().notHeard)
    }, 100)
    stopListening = () => {
      clearInterval(timer)
      void context.close()
      level.value = 0
    }
  }

  async function choose(kind: Kind) {
    const { value } = find(SELECTS[kind], HTMLSelectElement)
    if (kind === 'audiooutput') return setSpeaker(value)
    await camera.choose(kind === 'audioinput' ? 'audio' : 'video', value)
    if (kind === 'audioinput') listen()
    await fill()
  }

  async function open() {
    dialog.showModal()
    await camera.open()
    await fill()
    listen()
  }

  for (const kind of Object.keys(SELECTS) as Kind[])
    find(SELECTS[kind], HTMLSelectElement).addEventListener('change', () => void choose(kind))
  for (const one of document.querySelectorAll<HTMLElement>('[data-devices]'))
    one.addEventListener('click', () => void open())
  button('tone').addEventListener('click', () => chime('admitted', speaker()))
  dialog.addEventListener('close', () => stopListening())
  navigator.mediaDevices?.addEventListener('devicechange', () => dialog.open && void fill())
}
