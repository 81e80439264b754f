/** What both pages do alike: dial in or come back, show the screen that fits, leave, dial in again. */
import { type Client, dialIn, loadSeat, type PracticeKey, type SeatedState, type State } from '../client/client.ts'
import type { Role } from '../protocol/messages.ts'
import { setUpCalling, stopCalling } from './calling.ts'
import { setUpCamera } from './camera.ts'
import { beginChat, drawChat, endChat, setUpChat } from './chat-panel.ts'
import { setUpControls } from './controls.ts'
import { setUpDevices } from './devices.ts'
import { closeDialogs } from './dialog.ts'
import { type DialIn, setUpEntry } from './entry.ts'
import { sayGoodbye } from './goodbye.ts'
import { box, button, keepAwake, showConnection, showState, write } from './page.ts'
import { setUpSending } from './sending.ts'
import { forgetBegan, rememberDialled, tabStorage } from './tab.ts'
import { speak, texts } from './texts.ts'
import { drawTiles, setUpSound } from './tiles.ts'

/** Every so many milliseconds is drawn what time alone changes: how long somebody waits, or has not got connected. */
const LOOK = 5_000

/** What a page adds to that. */
export type Page = {
  /** The codes that belong on this page. */
  role: Role
  /** The practice's key, where there is one. */
  practiceKey?(): PracticeKey | undefined
  /** A visit begins: forgets what the last one has shown, and listens to what happens once. */
  begun(client: Client): void
  /** Shows where one sits. */
  drawSeat(state: SeatedState, client: Client): void
}

export type Visit = {
  /** The present visit; undefined before the first one. */
  readonly client: Client | undefined
  /** Shows everything as it is now. */
  draw(): void
}

/** Connects the elements that both pages have, and takes a reloaded tab back to its seat. */
export function setUpVisit({ role, practiceKey, begun, drawSeat }: Page): Visit {
  let client: Client | undefined
  /** The seat is one that the tab remembers: there is no form to look at meanwhile. */
  let returning = false

  /** Beside a conversation; in one, or in one until the line was lost; gone. */
  let stage: 'beside' | 'in' | 'gone' = 'beside'
  /** Whether the stage before was a conversation. */
  let wasIn = false

  const sent = () => {
    client?.setStream(sending.stream)
    controls.draw(client)
  }
  const camera = setUpCamera(() => {
    sent()
    devices.remember()
  })
  const sending = setUpSending(camera, sent)
  const controls = setUpControls(camera, sending)
  const devices = setUpDevices(camera)
  setUpCalling()
  setUpChat(() => client)
  const entry = setUpEntry(role, enter, giveUp, () => client?.view.state.at === 'over' && beginAgain())

  /** Takes a seat, with a code or with what the tab remembers, and asks for the camera on the way. */
  function enter(way?: DialIn) {
    returning = way === undefined
    if (way) {
      rememberDialled(way)
      forgetBegan()
    }
    const storage = tabStorage ? { storage: tabStorage } : {}
    const mine = dialIn({ ...way, ...storage, stream: sending.stream, practiceKey: practiceKey?.() })
    client = mine
    mine.on('change', () => client === mine && draw())
    beginChat(mine, (name) => name || texts().practice)
    begun(mine)
    // Nobody has to answer the browser's question first; who only watches the waiting room is not asked at all.
    let asked = false
    const askOnce = () => {
      if (asked) return
      asked = true
      void camera.open()
    }
    if (role === 'guest') askOnce()
    else mine.on('change', () => mine.view.role === 'host' && askOnce())
    draw()
  }

  function draw() {
    camera.draw()
    const state: State | undefined = client?.view.state
    entry.progress(state?.at === 'connecting' && !returning ? state : undefined)
    if (!client || !state) return showState('entry')
    showConnection(state)
    keepAwake(state.at !== 'connecting' && state.at !== 'over')
    follow(state.at === 'reconnecting' ? state.was : state)
    controls.draw(client)
    switch (state.at) {
      case 'connecting':
        if (!returning) return showState('dialling')
        write(box('returning-text'), state.failures === 0 ? texts().returning : texts().unreachable)
        return showState('returning')
      case 'waiting':
      case 'session':
      case 'open':
      case 'attending':
        drawTiles(client)
        drawChat(client)
        return drawSeat(state, client)
      case 'reconnecting':
        drawTiles(client)
        return drawSeat(state.was, client)
      case 'over':
        drawTiles(undefined)
        if (state.over.reason === 'refused') {
          showState('entry')
          return entry.refused(state.over)
        }
        camera.close()
        return sayGoodbye(state.over, client.view.role, wasIn)
      default:
        return state satisfies never
    }
  }

  /** A conversation begins, or none runs any more: then all that belongs to it ends, here and nowhere else. */
  function follow({ at }: State) {
    const next = at === 'session' ? 'in' : at === 'over' ? 'gone' : 'beside'
    if (next === stage) return
    wasIn = stage === 'in'
    stage = next
    closeDialogs(next === 'gone')
    if (next === 'in') return sending.begin()
    sending.end()
    controls.end()
    endChat()
    forgetBegan()
    stopCalling()
  }

  /** Nobody who has not been in says goodbye. */
  function giveUp() {
    const gone = client
    client = undefined
    gone?.leave()
    camera.close()
    entry.fill()
    draw()
  }

  /** After a goodbye, by the button or by the next link. */
  function beginAgain() {
    client = undefined
    entry.fill()
    draw()
  }

  /** The practice's page is for staff as well. */
  const belongsHere = (of: Role | undefined) => of !== undefined && (of === 'guest') === (role === 'guest')

  setInterval(() => client && draw(), LOOK)
  speak(button('language'), () => {
    entry.draw()
    draw()
  })
  setUpSound()
  button('give-up').addEventListener('click', giveUp)
  button('again').addEventListener('click', beginAgain)
  // A reloaded tab comes back to its seat; a link with a code is a new visit.
  if (!entry.hasCode() && belongsHere(loadSeat(tabStorage)?.role)) enter()
  else {
    entry.fill()
    draw()
  }

  return {
    get client() {
      return client
    },
    draw,
  }
}
