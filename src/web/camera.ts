/** One's own camera and microphone: asked for, shown, switched, lost and found again, each by itself. */
import { announce, label, write } from './page.ts'
import { rememberedOff, rememberOff } from './tab.ts'
import { texts } from './texts.ts'

type Kind = 'audio' | 'video'
/** Why there is no camera or no microphone. `gone`: it was pulled out, or taken away by the browser. */
export type Fault = 'refused' | 'missing' | 'busy' | 'gone' | 'insecure'

const KINDS = ['audio', 'video'] as const

/** `off`: switched off by hand, so it comes back by hand only, whichever device there is by then. */
type Device = { track: MediaStreamTrack | undefined; fault: Fault | undefined; off: boolean; chosen?: string }

export type Camera = {
  readonly stream: MediaStream | undefined
  /** Asks for camera and microphone if they are not there yet. Never throws. */
  open(): Promise<void>
  /** Another device of this kind from now on; also where none was on. */
  choose(kind: Kind, deviceId: string): Promise<void>
  /** The device of this kind that is on. */
  using(kind: Kind): string | undefined
  /** Lets go of both; the light beside the lens goes out. */
  close(): void
  /** Writes the words again, after a change of language. */
  draw(): void
}

const WISHES: Record<Kind, MediaTrackConstraints> = {
  audio: { echoCancellation: true, noiseSuppression: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' },
}

/** Where a browser keeps what it was told; which one it is, it says in no better way. */
function browser(): 'ios' | 'android' | 'firefox' | 'safari' | 'chromium' {
  const { userAgent, maxTouchPoints } = navigator
  if (/iPhone|iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'ios'
  if (/Android/.test(userAgent)) return 'android'
  if (/Firefox/.test(userAgent)) return 'firefox'
  return /Safari/.test(userAgent) && !/Chrom/.test(userAgent) ? 'safari' : 'chromium'
}

/** What the browser has been told about this kind for good; `prompt` as well where it does not say. */
async function permission(kind: Kind): Promise<PermissionState> {
  try {
    const name = (kind === 'audio' ? 'microphone' : 'camera') as PermissionName
    return (await navigator.permissions.query({ name })).state
  } catch {
    return 'prompt'
  }
}

function faultOf(error: unknown): Fault {
  // Only secure pages have devices at all.
  if (!navigator.mediaDevices) return 'insecure'
  const { name } = error as DOMException
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'missing'
}

/**
 * Connects the page's elements: `video[data-own]` show the picture, `[data-camera]` say how it stands (`trouble`: only if it
 * does not stand well), `[data-camera-button]` ask for it, `[data-toggle=audio|video]` switch on and off.
 * @param changed there is another stream, or a track was switched
 */
export function setUpCamera(changed: () => void): Camera {
  const wasOff = rememberedOff()
  const devices: Record<Kind, Device> = {
    audio: { track: undefined, fault: undefined, off: wasOff.includes('audio') },
    video: { track: undefined, fault: undefined, off: wasOff.includes('video') },
  }
  let stream: MediaStream | undefined
  let asking: Promise<void> | undefined
  /** Whether the person wants them at all: from the first time that they were asked for until the goodbye. */
  let wanted = false

  const isOn = (kind: Kind) => devices[kind].track?.enabled === true

  /** What is to be said of it; '' where nothing was asked for. */
  function status(): string {
    const words = texts().camera
    const { audio, video } = devices
    if (asking) return words.asking
    if (audio.track && video.track) return isOn('audio') ? words.on : texts().mutedNow
    if (audio.fault === 'insecure') return words.insecure
    const allow = KINDS.some((kind) => devices[kind].fault === 'refused') ? [words.allow[browser()]] : []
    if (audio.fault !== undefined && audio.fault === video.fault && audio.fault in words.both)
      return [words.both[audio.fault as keyof typeof words.both], ...allow].join(' ')
    const off = [audio.track && audio.off && texts().mutedNow, video.off && texts().cameraOffNow]
    const faults = KINDS.flatMap((kind) => {
      const { fault } = devices[kind]
      return fault ? words[kind][fault] : []
    })
    return [...off.filter((words) => typeof words === 'string'), ...faults, ...allow].join(' ')
  }

  function draw() {
    const words = texts()
    const picture = devices.video.track ? (stream ?? null) : null
    for (const video of document.querySelectorAll<HTMLVideoElement>('video[data-own]')) {
      if (video.srcObject !== picture) video.srcObject = picture
      video.parentElement?.classList.toggle('dark', picture === null)
    }
    const well = !asking && KINDS.every((kind) => devices[kind].fault === undefined)
    for (const line of document.querySelectorAll<HTMLElement>('[data-camera]')) {
      write(line, line.dataset.camera === 'trouble' && well ? '' : status())
    }
    for (const button of document.querySelectorAll<HTMLElement>('[data-camera-button]')) {
      button.hidden = asking !== undefined || KINDS.every(isOn)
    }
    for (const button of document.querySelectorAll<HTMLElement>('[data-toggle]')) {
      const kind = button.dataset.toggle as Kind
      const on = isOn(kind)
      button.classList.toggle('off', !on)
      const text = kind === 'audio' ? (on ? words.muteOn : words.muteOff) : on ? words.cameraOn : words.cameraOff
      label(button, text, `${kind === 'audio' ? 'microphone' : 'camera'}${on ? '' : '-off'}`)
    }
  }

  /** There are other tracks than before: a new stream, so that whoever shows it notices. */
  function renew() {
    const tracks = KINDS.flatMap((kind) => devices[kind].track ?? [])
    stream = tracks.length > 0 ? new MediaStream(tracks) : undefined
    draw()
    changed()
  }

  function take(kind: Kind, track: MediaStreamTrack | undefined, fault?: Fault) {
    Object.assign(devices[kind], { track, fault })
    // Who was silent stays so, with another microphone as well.
    if (track && kind === 'audio') track.enabled = !devices.audio.off
    track?.addEventListener('ended', () => {
      if (devices[kind].track !== track) return
      take(kind, undefined, 'gone')
      renew()
      announce(texts().camera[kind].gone)
    })
  }

  /** What was chosen by hand, where it is there; otherwise the browser's own choice. */
  const wishFor = (kind: Kind): MediaTrackConstraints => {
    const { chosen } = devices[kind]
    return chosen === undefined ? WISHES[kind] : { ...WISHES[kind], deviceId: { exact: chosen } }
  }

  /** Asks the browser for all of these at once, which asks the person once; where one fails, for each by itself. */
  async function ask(kinds: readonly Kind[]): Promise<void> {
    try {
      const wish = Object.fromEntries(kinds.map((kind) => [kind, wishFor(kind)]))
      for (const track of (await navigator.mediaDevices.getUserMedia(wish)).getTracks()) take(track.kind as Kind, track)
    } catch (error) {
      const gone = (error as DOMException).name === 'OverconstrainedError' && kinds.some((kind) => devices[kind].chosen)
      if (gone) {
        for (const kind of kinds) delete devices[kind].chosen
        return ask(kinds)
      }
      const fault = faultOf(error)
      for (const kind of kinds) take(kind, undefined, fault)
      if (kinds.length === 1) return
      const told = await Promise.all(kinds.map(permission))
      // A person who said no is not asked again; where one of the two was blocked before, the other was not asked for.
      const isOpen = (state: PermissionState) => state === 'granted' || (state === 'prompt' && told.includes('denied'))
      for (const [index, kind] of kinds.entries())
        if (fault !== 'refused' || isOpen(told[index] ?? 'prompt')) await ask([kind])
    }
  }

  function open(kinds: readonly Kind[]): Promise<void> {
    const missing = kinds.filter((kind) => !devices[kind].track)
    if (missing.length === 0) return Promise.resolve()
    asking ??= ask(missing).finally(() => {
      asking = undefined
      // Meanwhile it may have been over.
      if (!wanted) return release()
      renew()
    })
    draw()
    return asking
  }

  function release() {
    for (const kind of KINDS) {
      devices[kind].track?.stop()
      take(kind, undefined)
      switchOff(kind, false)
    }
    renew()
  }

  function switchOff(kind: Kind, off: boolean) {
    const { track } = devices[kind]
    devices[kind].off = off
    rememberOff(KINDS.filter((each) => devices[each].off))
    if (track && kind === 'audio') track.enabled = !off
  }

  async function toggle(kind: Kind) {
    const device = devices[kind]
    wanted = true
    switchOff(kind, isOn(kind))
    if (!device.track) await open([kind])
    else if (device.off && kind === 'video') {
      // Nothing is left running behind a picture that nobody sees: the light goes out.
      device.track.stop()
      take(kind, undefined)
    }
    renew()
    const words = texts()
    const fault = device.fault && words.camera[kind][device.fault]
    if (kind === 'audio') announce(fault ?? (isOn(kind) ? words.unmutedNow : words.mutedNow))
    else announce(fault ?? (isOn(kind) ? words.cameraOnNow : words.cameraOffNow))
  }

  async function choose(kind: Kind, deviceId: string) {
    const device = devices[kind]
    device.chosen = deviceId
    if (kind === 'video') switchOff(kind, false)
    wanted = true
    device.track?.stop()
    take(kind, undefined)
    await open([kind])
    renew()
  }

  /** A device was plugged in: where one is missing that is wanted, it is tried again. */
  function plugged() {
    const again = KINDS.filter((kind) => ['gone', 'missing', 'busy'].includes(devices[kind].fault ?? ''))
    if (wanted && again.length > 0) void open(again)
  }

  for (const button of document.querySelectorAll<HTMLElement>('[data-camera-button]')) {
    button.addEventListener('click', () => {
      wanted = true
      // Both on, also what was switched off by hand.
      for (const kind of KINDS) switchOff(kind, false)
      void open(KINDS).then(renew)
    })
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-toggle]')) {
    button.addEventListener('click', () => void toggle(button.dataset.toggle as Kind))
  }
  navigator.mediaDevices?.addEventListener('devicechange', plugged)
  draw()
  return {
    get stream() {
      return stream
    },
    open() {
      wanted = true
      return open(KINDS.filter((kind) => kind === 'audio' || !devices[kind].off))
    },
    choose,
    using: (kind) => devices[kind].track?.getSettings().deviceId,
    close() {
      wanted = false
      release()
    },
    draw,
  }
}
