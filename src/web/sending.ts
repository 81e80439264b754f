/** What the others get: camera and microphone, or the screen in place of the picture; nothing before one has come to the page. */
import { SCREEN } from '../client/tracks.ts'
import type { Camera } from './camera.ts'
import { announce, button, write } from './page.ts'
import { texts } from './texts.ts'

export type Sending = {
  readonly stream: MediaStream | undefined
  /** Whether a screen is shown. */
  readonly screen: boolean
  /** A conversation begins: who has turned to another page is not seen or heard before coming back. */
  begin(): void
  /** The conversation is over: the screen is not shown any more, nor one that is still being chosen. */
  end(): void
  /** Offers the screen while a conversation runs, in the present language. */
  draw(): void
}

/** @param changed there is another stream */
export function setUpSending(camera: Camera, changed: () => void): Sending {
  let screen: MediaStreamTrack | undefined
  let away = false
  /** The conversation that runs; undefined: none does. */
  let conversation: object | undefined
  const share = button('share')
  const canShare = navigator.mediaDevices?.getDisplayMedia !== undefined

  async function show() {
    const chosenFor = conversation
    try {
      const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks()
      if (!track) return
      // Choosing takes its time, and who is let in next must not see what was chosen for somebody else.
      if (!chosenFor || chosenFor !== conversation) return track.stop()
      track.contentHint = SCREEN
      // The browser has a button of its own for that.
      track.addEventListener('ended', hide)
      screen?.stop()
      screen = track
      announce(texts().sharing.now)
      changed()
    } catch {
      // Who has changed their mind has been shown nothing that needs an answer.
    }
  }

  function hide() {
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

  share.addEventListener('click', () => (screen ? hide() : void show()))
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
      conversation = {}
      away = document.hidden
      if (away) changed()
    },
    end() {
      conversation = undefined
      away = false
      hide()
      changed()
    },
    draw() {
      share.hidden = !canShare || !conversation
      write(share, screen ? texts().sharing.stop : texts().sharing.start)
    },
  }
}
