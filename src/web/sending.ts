/** What the others get: camera and microphone, or the screen in place of the picture; nothing before one has come to the page. */
import { SCREEN } from '../client/tracks.ts'
import type { Camera } from './camera.ts'
import { announce, button, write } from './page.ts'
import { texts } from './texts.ts'

export type Sending = {
  readonly stream: MediaStream | undefined
  /** Whether a screen is shown. */
  readonly screen: boolean
  /** A call begins: who has turned to another page is not seen or heard before coming back. */
  begin(): void
  /** The call is over: the screen is not shown any more. */
  end(): void
  /** Writes the words again, after a change of language. */
  draw(): void
}

/** @param changed there is another stream */
export function setUpSending(camera: Camera, changed: () => void): Sending {
  let screen: MediaStreamTrack | undefined
  let away = false
  const share = button('share')
  share.hidden = !navigator.mediaDevices?.getDisplayMedia

  async function begin() {
    try {
      const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks()
      if (!track) return
      track.contentHint = SCREEN
      // The browser has a button of its own for that.
      track.addEventListener('ended', end)
      screen = track
      announce(texts().sharing.now)
      changed()
    } catch {
      // Who has changed their mind has been shown nothing that needs an answer.
    }
  }

  function end() {
    if (!screen) return
    screen.stop()
    screen = undefined
    announce(texts().sharing.over)
    changed()
  }

  function back() {
    if (document.hidden || !away) return
    away = false
    changed()
  }

  share.addEventListener('click', () => (screen ? end() : void begin()))
  document.addEventListener('visibilitychange', back)
  return {
    get stream() {
      if (away) return undefined
      if (!screen) return camera.stream
      return new MediaStream([...(camera.stream?.getAudioTracks() ?? []), screen])
    },
    get screen() {
      return screen !== undefined
    },
    begin() {
      if (!document.hidden) return
      away = true
      changed()
    },
    end() {
      away = false
      end()
    },
    draw() {
      write(share, screen ? texts().sharing.stop : texts().sharing.start)
    },
  }
}
