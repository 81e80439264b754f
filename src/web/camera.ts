/** One's own camera and microphone: asked for, shown, muted. Everything works without them, too. */
import { announce, write } from './page.ts'
import { texts } from './texts.ts'

type Kind = 'audio' | 'video'
type Status = 'off' | 'asking' | 'on' | 'soundOnly' | 'pictureOnly' | 'refused' | 'missing' | 'busy' | 'insecure'

export type Camera = {
  readonly stream: MediaStream | undefined
  /** Asks for camera and microphone if they are not there yet. Never throws. */
  open(): Promise<void>
  /** Lets go of both; the light beside the lens goes out. */
  close(): void
  /** Writes the words again, after a change of language. */
  draw(): void
}

/** Whatever of the two there is: not everybody has both. */
async function ask(): Promise<{ stream: MediaStream | undefined; status: Status }> {
  if (!navigator.mediaDevices) return { stream: undefined, status: 'insecure' }
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' }
  const audio = { echoCancellation: true, noiseSuppression: true }
  const wishes = [
    { audio, video, status: 'on' },
    { audio, video: false, status: 'soundOnly' },
    { audio: false, video, status: 'pictureOnly' },
  ] as const
  let status: Status = 'missing'
  for (const { status: granted, ...constraints } of wishes) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(constraints), status: granted }
    } catch (error) {
      const { name } = error as DOMException
      // A person who said no is not asked again.
      if (name === 'NotAllowedError' || name === 'SecurityError') return { stream: undefined, status: 'refused' }
      if (name === 'NotReadableError' || name === 'AbortError') status = 'busy'
    }
  }
  return { stream: undefined, status }
}

/**
 * Connects the page's elements: `video[data-own]` show the picture, `[data-camera]` say how it
 * stands (`trouble`: only if it does not stand well), `[data-camera-button]` ask for it, `[data-toggle=audio|video]` switch on and off.
 * @param changed there is a new stream, or none any more
 */
export function setUpCamera(changed: () => void): Camera {
  let stream: MediaStream | undefined
  let status: Status = 'off'
  let opening: Promise<void> | undefined

  const tracks = (kind: Kind) => stream?.getTracks().filter((track) => track.kind === kind) ?? []
  const isOn = (kind: Kind) => tracks(kind).some(({ enabled }) => enabled)

  function draw() {
    const words = texts()
    for (const video of document.querySelectorAll<HTMLVideoElement>('video[data-own]')) {
      const picture = tracks('video').length > 0 ? (stream ?? null) : null
      if (video.srcObject !== picture) video.srcObject = picture
      video.parentElement?.classList.toggle('dark', !isOn('video'))
    }
    for (const line of document.querySelectorAll<HTMLElement>('[data-camera]')) {
      const silent = line.dataset.camera === 'trouble' && status === 'on'
      write(line, status === 'off' || silent ? '' : words.camera[status])
    }
    for (const button of document.querySelectorAll<HTMLElement>('[data-camera-button]')) {
      button.hidden = status === 'asking' || stream !== undefined
    }
    for (const button of document.querySelectorAll<HTMLElement>('[data-toggle]')) {
      const kind = button.dataset.toggle as Kind
      const on = isOn(kind)
      button.classList.toggle('off', !on)
      write(button, kind === 'audio' ? (on ? words.muteOn : words.muteOff) : on ? words.cameraOn : words.cameraOff)
    }
  }

  async function start() {
    status = 'asking'
    draw()
    const answer = await ask()
    stream = answer.stream
    status = answer.status
    // Unplugged, or taken away by the browser.
    for (const track of stream?.getTracks() ?? []) track.onended = close
    draw()
    changed()
  }

  function open(): Promise<void> {
    if (stream) return Promise.resolve()
    opening ??= start().finally(() => {
      opening = undefined
    })
    return opening
  }

  function close() {
    for (const track of stream?.getTracks() ?? []) {
      track.onended = null
      track.stop()
    }
    stream = undefined
    status = 'off'
    draw()
    changed()
  }

  async function toggle(kind: Kind) {
    if (tracks(kind).length === 0) {
      if (stream) close()
      await open()
    } else {
      const on = !isOn(kind)
      for (const track of tracks(kind)) track.enabled = on
    }
    draw()
    const words = texts()
    if (kind === 'audio') announce(isOn(kind) ? words.unmutedNow : words.mutedNow)
    else announce(isOn(kind) ? words.cameraOnNow : words.cameraOffNow)
  }

  for (const button of document.querySelectorAll<HTMLElement>('[data-camera-button]')) {
    button.addEventListener('click', () => void open())
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-toggle]')) {
    button.addEventListener('click', () => void toggle(button.dataset.toggle as Kind))
  }
  draw()
  return {
    get stream() {
      return stream
    },
    open,
    close,
    draw,
  }
}
