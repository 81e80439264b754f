/** Being called: somebody knocks, or one is admitted. By sound, notification, vibration, title and icon, each as one likes it. */
import { chime } from './chime.ts'
import { callTitle, write } from './page.ts'
import { texts } from './texts.ts'
import { speaker } from './tiles.ts'

type What = 'knock' | 'admitted'
type Way = 'sound' | 'notification'

/** What somebody has chosen on this device. A notification is asked for, a sound is expected. */
const KEY = { sound: 'wartezimmer.sound', notification: 'wartezimmer.notification' } as const
const chosen: Record<Way, boolean> = { sound: recall('sound') !== 'off', notification: recall('notification') === 'on' }

function recall(way: Way): string | null {
  try {
    return localStorage.getItem(KEY[way])
  } catch {
    return null
  }
}

function remember(way: Way) {
  try {
    localStorage.setItem(KEY[way], chosen[way] ? 'on' : 'off')
  } catch {}
}

const canNotify = typeof Notification === 'function'
let shown: Notification | undefined

/** On some phones the browser has notifications, and lets no page show one by itself. */
function notify(text: string): boolean {
  try {
    shown?.close()
    // No name in it: it may lie on a locked screen.
    shown = new Notification(text, { tag: 'wartezimmer', icon: '/assets/web/icon.svg' })
    shown.onclick = () => {
      focus()
      shown?.close()
    }
    return true
  } catch {
    return false
  }
}

/** Calls the person in front of this page, and whoever has turned to another one until they come back. */
export function callPerson(what: What): void {
  if (chosen.sound) chime(what, speaker())
  if (what === 'admitted') navigator.vibrate?.([200, 100, 200])
  if (!document.hidden) return
  const text = texts().called[what]
  callTitle(text)
  setIcon('/assets/web/icon-called.svg')
  if (chosen.notification && canNotify && Notification.permission === 'granted') notify(text)
}

/** The person is back, or it is no use any more to come. */
export function stopCalling(): void {
  callTitle('')
  setIcon('/assets/web/icon.svg')
  shown?.close()
}

function setIcon(href: string) {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (link) link.href = href
}

/** Why no notification will come; undefined: the one that is shown now says that they do. */
async function tryNotification(): Promise<string | undefined> {
  const words = texts().notification
  if ((await Notification.requestPermission()) !== 'granted') return words.refused
  return notify(words.example) ? undefined : words.impossible
}

/** Connects the switches `[data-call=sound|notification]`. The browser asks for its permission when one is switched on. */
export function setUpCalling(): void {
  for (const box of document.querySelectorAll<HTMLInputElement>('[data-call]')) {
    const way = box.dataset.call as Way
    if (way === 'notification' && !canNotify) box.closest('label')?.remove()
    box.checked = chosen[way] && (way === 'sound' || (canNotify && Notification.permission === 'granted'))
    box.addEventListener('change', async () => {
      // So that one knows what it will be like.
      if (way === 'sound' && box.checked) chime('knock', speaker())
      const trouble = way === 'notification' && box.checked ? await tryNotification() : undefined
      if (trouble !== undefined) box.checked = false
      chosen[way] = box.checked
      remember(way)
      const line = document.querySelector<HTMLElement>('[data-call-trouble]')
      if (line && way === 'notification') write(line, trouble ?? '')
    })
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) stopCalling()
  })
}
