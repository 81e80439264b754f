/** Below the picture: what the menu offers, how long it has lasted, how the connection does, who speaks unheard. */
import type { Client } from '../client/client.ts'
import type { Camera } from './camera.ts'
import { listenTo, VOICE } from './level.ts'
import { box, button, find, write } from './page.ts'
import { qualityOf } from './quality.ts'
import type { Sending } from './sending.ts'
import { began } from './tab.ts'
import { texts } from './texts.ts'

/** With a voice in so many looks within so many ms somebody speaks, and does not only cough. */
const SPEAKING = 8
const LATELY = 5_000

export type Controls = {
  /** Shows how all stands; to be called again and again. */
  draw(client: Client | undefined): void
  /** The conversation is over: no menu stays open, and who comes next is not hidden by a full screen. */
  end(): void
}

/** 75 as 1:15, 3675 as 1:01:15. */
function clockOf(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const two = (count: number) => String(count).padStart(2, '0')
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(Math.floor(seconds) % 60)}`
}

export function setUpControls(camera: Camera, sending: Sending): Controls {
  const call = box('call')
  const more = find('more', HTMLDetailsElement)
  let client: Client | undefined
  let stopListening: (() => void) | undefined
  let listening: MediaStreamTrack | undefined

  const inCall = () => client?.view.state.at === 'session' || (client?.view.peers.length ?? 0) > 0

  /** One other is shown whole unless one wants it otherwise, several fill their places. */
  const isWhole = () => (call.dataset.fit ?? (client?.view.peers.length === 1 ? 'whole' : 'filled')) === 'whole'

  function drawMenu() {
    const words = texts().view
    const full = button('full-screen')
    full.hidden = !document.fullscreenEnabled
    write(full, document.fullscreenElement ? words.window : words.full)
    write(button('fit'), isWhole() ? words.fill : words.whole)
    write(button('hide-own'), call.dataset.own === 'hidden' ? words.showOwn : words.hideOwn)
    sending.draw()
  }

  function drawTime() {
    if (!inCall() || !client) return write(box('timer'), '')
    const { now, view } = client
    const since = began(
      now,
      view.peers.map(({ peer }) => peer),
    )
    write(box('timer'), clockOf(Math.max(0, (now - since) / 1000)))
  }

  /** A weak line is worth a word; one that does well is not. */
  async function drawQuality() {
    const connections = client?.view.peers.flatMap(({ peer }) => client?.media(peer).pc ?? []) ?? []
    const connected = connections.filter(({ connectionState }) => connectionState === 'connected')
    const found = await Promise.all(connected.map((pc) => qualityOf(pc).catch(() => undefined)))
    write(box('quality'), found.includes('weak') ? texts().weak : '')
  }

  /** Who speaks with the microphone off is told so, once for each time. */
  function listen() {
    const track = inCall() ? camera.stream?.getAudioTracks()[0] : undefined
    const wanted = track && !track.enabled ? track : undefined
    if (wanted === listening) return
    stopListening?.()
    stopListening = undefined
    listening = wanted
    box('unheard').hidden = true
    if (!wanted) return
    let voices: number[] = []
    try {
      stopListening = listenTo(wanted, (level) => {
        if (level < VOICE || !box('unheard').hidden) return
        const now = performance.now()
        voices = [...voices.filter((at) => now - at < LATELY), now]
        if (voices.length < SPEAKING) return
        box('unheard').hidden = false
        write(box('unheard'), texts().unheard)
      })
    } catch {
      // A browser without sound of its own.
    }
  }

  button('full-screen').addEventListener('click', () => {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void call.requestFullscreen().catch(() => write(box('quality'), texts().view.refused))
  })
  button('fit').addEventListener('click', () => {
    call.dataset.fit = isWhole() ? 'filled' : 'whole'
    drawMenu()
  })
  button('hide-own').addEventListener('click', () => {
    call.dataset.own = call.dataset.own === 'hidden' ? 'shown' : 'hidden'
    drawMenu()
  })
  document.addEventListener('fullscreenchange', drawMenu)
  // A menu closes when something in it was chosen, or elsewhere is clicked, or with Escape.
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Node) || (more.contains(target) && !(target instanceof HTMLButtonElement))) return
    more.open = false
  })
  // It opens upwards, and what does not fit there can be scrolled to.
  more.addEventListener('toggle', () => {
    const list = more.querySelector('ul')
    if (list) list.style.maxHeight = `${Math.max(120, more.getBoundingClientRect().top - 16)}px`
  })
  more.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !more.open) return
    more.open = false
    more.querySelector('summary')?.focus()
  })
  setInterval(drawTime, 1_000)
  setInterval(() => inCall() && void drawQuality(), 5_000)

  return {
    end() {
      more.open = false
      if (document.fullscreenElement) void document.exitFullscreen()
    },
    draw(present) {
      client = present
      drawMenu()
      drawTime()
      listen()
      if (!inCall()) write(box('quality'), '')
      const off = camera.stream?.getAudioTracks().some(({ enabled }) => enabled) !== true
      const state = [off ? texts().micOff : '', sending.screen ? texts().sharing.now : ''].filter(Boolean).join(' ')
      write(box('own-state'), state)
      box('own-state').hidden = state === '' || !inCall()
    },
  }
}
