/** Which camera, microphone and loudspeaker: chosen in a dialog, before the call and in it, with a level that moves. */
import type { Camera } from './camera.ts'
import { chime } from './chime.ts'
import { listenTo, VOICE } from './level.ts'
import { box, button, find, write } from './page.ts'
import { texts } from './texts.ts'
import { setSpeaker, speaker } from './tiles.ts'

const SELECTS = { audioinput: 'choose-microphone', videoinput: 'choose-camera', audiooutput: 'choose-speaker' } as const
type Kind = keyof typeof SELECTS

/**
 * Connects the dialog, and the buttons `[data-devices]` that open it; offers what is plugged in later.
 * @returns `remember`, to be called once the devices may be known
 */
export function setUpDevices(camera: Camera): { remember(): void } {
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
    // It may have been closed while the browser asked, and then nothing would ever stop the copy of the microphone.
    if (!dialog.open) return
    const [track] = camera.stream?.getAudioTracks() ?? []
    let heard = false
    level.hidden = !track
    write(box('level-text'), track ? texts().notHeard : texts().noMicrophone)
    if (!track) return
    const stop = listenTo(track, (loud) => {
      level.value = loud
      heard ||= loud > VOICE
      write(box('level-text'), heard ? texts().heard : texts().notHeard)
    })
    stopListening = () => {
      stop()
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
  /** What was plugged in before, by their ids; undefined until somebody may know them. */
  let known: Set<string> | undefined
  /** What was plugged in just now, where it can be spoken into: most often a headset. */
  let offered: MediaDeviceInfo | undefined

  async function offer() {
    if (dialog.open) return void fill()
    const all = (await navigator.mediaDevices.enumerateDevices().catch(() => [])).filter(({ deviceId }) => deviceId)
    const before = known
    known = new Set(all.map(({ deviceId }) => deviceId))
    // Only who has a microphone already has to be asked: otherwise a new one is taken at once.
    offered = all.find(
      ({ kind, deviceId, label }) =>
        kind === 'audioinput' &&
        label &&
        deviceId !== 'default' &&
        deviceId !== 'communications' &&
        !before?.has(deviceId),
    )
    const isNew = before !== undefined && offered !== undefined && camera.using('audio') !== undefined
    box('offer').hidden = !isNew
    if (isNew) write(box('offer-text'), texts().newDevice(offered?.label ?? ''))
  }

  async function accept() {
    box('offer').hidden = true
    if (!offered) return
    await camera.choose('audio', offered.deviceId)
    const { groupId } = offered
    const all = await navigator.mediaDevices.enumerateDevices()
    const ears = all.find((device) => device.kind === 'audiooutput' && device.groupId === groupId)
    if (ears) setSpeaker(ears.deviceId)
  }

  button('offer-yes').addEventListener('click', () => void accept())
  button('offer-no').addEventListener('click', () => {
    box('offer').hidden = true
  })
  navigator.mediaDevices?.addEventListener('devicechange', () => void offer())
  return { remember: () => void offer() }
}
