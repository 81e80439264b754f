/** What both pages share: finding elements, one screen at a time, the announcements, the banner. */
import type { Client, State } from '../client/client.ts'
import { type Look, type PageState, states } from './states.ts'
import { texts } from './texts.ts'

/** Finds an element of the HTML. Throws where it is missing or of another kind. */
export function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`no ${kind.name} #${id}`)
  return element
}

export const button = (id: string): HTMLButtonElement => find(id, HTMLButtonElement)
export const box = (id: string): HTMLElement => find(id, HTMLElement)

/**
 * Shows one of the page's screens. Whoever cannot see that it changed is taken to its heading; a
 * screen that is shown already keeps the focus where it is, and so does a page that has just loaded.
 */
function showScreen(name: string): void {
  const wanted = box(name)
  if (!wanted.hidden) return
  const loaded = document.body.dataset.screen === undefined
  for (const screen of document.querySelectorAll<HTMLElement>('main > section')) screen.hidden = screen !== wanted
  document.body.dataset.screen = name
  scrollTo(0, 0)
  if (!loaded) wanted.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
}

/** Shows a state, and says what it has to say when it begins. */
export function showState(name: PageState, client?: Client): void {
  const look: Look = states[name]
  const begins = document.body.dataset.state !== name
  document.body.dataset.state = name
  const isLost = client?.view.state.at === 'reconnecting'
  showTitle(isLost ? texts().title.reconnecting : look.title(texts(), client))
  showScreen(look.screen)
  if (begins && look.says) announce(look.says(texts()))
  keepFocus()
}

const isShown = (element: Element) => element.getClientRects().length > 0

/** Whoever uses the keyboard, and has the focus nowhere, goes on at the heading of the screen. */
function findFocus(): void {
  requestAnimationFrame(() => {
    const { activeElement } = document
    if (activeElement && activeElement !== document.body && isShown(activeElement)) return
    document.querySelector<HTMLElement>('main > section:not([hidden]) h1')?.focus({ preventScroll: true })
  })
}

let focused: EventTarget | null = null
document.addEventListener('focusin', ({ target }) => {
  focused = target
})

/** To be called where something was hidden or taken away: it may be what had the focus. */
export function keepFocus(): void {
  if (!(focused instanceof Element) || isShown(focused)) return
  focused = null
  findFocus()
}

document.addEventListener('click', ({ target }) => {
  const pressed = target instanceof Element && target.closest('button')
  if (pressed && !isShown(pressed)) findFocus()
})
// A dialog gives the focus back to the button that opened it, which may stand in a menu that is closed by now.
document.addEventListener('close', findFocus, true)

/** Says something to screen readers, without moving anybody's focus. */
export function announce(text: string): void {
  box('live').textContent = text
}

/** Sets text only where it differs, so that live regions speak of changes and of nothing else. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Says what a button does that shows a word and an icon only. */
export function label(button: HTMLElement, text: string, icon: string): void {
  if (button.ariaLabel !== text) button.ariaLabel = text
  button.querySelector('use')?.setAttribute('href', `#icon-${icon}`)
}

/** A blink of the connection shorter than this (ms) is nobody's concern. */
const BLINK = 700
let bannerTimer: ReturnType<typeof setTimeout> | undefined

/** Shows kindly that the connection is being restored, once that takes longer than a blink. */
export function showConnection(state: State): void {
  if (state.at !== 'reconnecting') {
    clearTimeout(bannerTimer)
    bannerTimer = undefined
    write(box('banner'), '')
    return
  }
  const { because } = state
  const words = texts().reconnecting
  const text = because && because in words ? words[because as keyof typeof words] : words.lost
  const show = () => write(box('banner'), text)
  if (box('banner').textContent) show()
  else bannerTimer ??= setTimeout(show, BLINK)
}

let place = ''
let calling = ''

/** The document's title says where one is, for tabs and for screen readers. */
function showTitle(text: string): void {
  place = text
  const title = `${calling || place} · ${texts().html.brand}`
  if (document.title !== title) document.title = title
}

/** Calls whoever looks at another tab, in the title; '' where nobody has to be called any more. */
export function callTitle(text: string): void {
  calling = text
  showTitle(place)
}

let lock: WakeLockSentinel | undefined
let wanted = false

/** Keeps the screen of a phone on while somebody waits or talks, where the browser can. */
export function keepAwake(awake: boolean): void {
  if (awake === wanted) return
  wanted = awake
  if (awake) void requestLock()
  else void lock?.release()
}

async function requestLock() {
  // Refused on low battery, for example; then the phone behaves as always.
  lock = await navigator.wakeLock?.request('screen').catch(() => undefined)
}

document.addEventListener('visibilitychange', () => {
  if (wanted && !document.hidden) void requestLock()
})
