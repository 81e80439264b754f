/** The practice's lists: who waits, since when, and who is in the session, with what can be done. */
import type { Client } from '../client/client.ts'
import type { LobbyPeer } from '../protocol/messages.ts'
import { ask } from './dialog.ts'
import { box, button, write } from './page.ts'
import { texts } from './texts.ts'

type Action = 'admit' | 'deny' | 'notice' | 'hold' | 'sendAway'
type Row = {
  root: HTMLElement
  name: HTMLElement
  about: HTMLElement
  buttons: Map<Action, HTMLButtonElement>
  settling?: ReturnType<typeof setTimeout>
}

/** For so many milliseconds after a row has moved a click on it was meant for what stood there before. */
const SETTLES = 600

const rows = new Map<string, Row>()

const actions: Record<'host' | 'staff', Record<LobbyPeer['state'], Action[]>> = {
  host: { waiting: ['admit', 'notice', 'deny'], admitted: ['hold', 'sendAway'] },
  staff: { waiting: ['notice', 'deny'], admitted: [] },
}

/** How something is taken back, for as long as this guest is there. */
export type Undo = { peer: string; back(): void }
/** Says what was done, and how it is taken back. */
type Tell = (text: string, undo?: Undo, isGood?: boolean) => void

/** What was asked for, by peer: where the guest will be, and what is said once the server has said so, too. */
const asked = new Map<string, { state: LobbyPeer['state']; tell(): void }>()

/** Of these it is known that they are a group. */
let grouped = false

/** Two who are not a group must never be brought together by one click. */
async function isMeant({ view }: Client, { name, present }: LobbyPeer): Promise<boolean> {
  const words = texts()
  const others = view.peers.map(({ name }) => name).join(', ')
  grouped &&= others !== ''
  if (others !== '' && !grouped) {
    const question = { title: words.groupTitle(name), text: words.groupText(others), yes: words.group }
    grouped = (await ask(question)) !== undefined
    return grouped
  }
  const question = { title: words.awayTitle(name), text: words.awayText, yes: words.admit }
  return present || (await ask(question)) !== undefined
}

async function act(client: Client, action: Action, guest: LobbyPeer, tell: Tell): Promise<void> {
  const words = texts()
  const { peer, name } = guest
  switch (action) {
    case 'admit':
      if (!(await isMeant(client, guest))) return
      client.admit(peer)
      asked.set(peer, {
        state: 'admitted',
        tell: () => tell(words.admitted(name), { peer, back: () => client.hold(peer) }),
      })
      return
    case 'hold':
      client.hold(peer)
      asked.set(peer, {
        state: 'waiting',
        tell: () => tell(words.putBack(name), { peer, back: () => client.admit(peer) }),
      })
      return
    case 'deny': {
      const question = {
        title: words.denyTitle(name),
        text: words.denyText,
        field: words.denyField,
        yes: words.deny,
        grave: true,
      }
      const reason = await ask(question)
      return reason === undefined ? undefined : client.deny(peer, reason)
    }
    case 'sendAway': {
      const question = {
        title: words.sendAwayTitle(name),
        text: words.sendAwayText,
        field: words.denyField,
        yes: words.sendAway,
        grave: true,
      }
      const reason = await ask(question)
      return reason === undefined ? undefined : client.deny(peer, reason)
    }
    case 'notice':
      return sendNotice(client, words.noticeTitle(name), tell, peer)
    default:
      return action satisfies never
  }
}

/** Asks for one line and sends it to one waiting guest, or to all. */
export async function sendNotice(client: Client, title: string, tell: Tell, peer?: string): Promise<void> {
  const words = texts()
  const { noticeText, noticeField: field, readyNotices: ready, send: yes } = words
  const text = await ask({ title, text: noticeText, field, ready, yes })
  if (!text) return
  if (await client.notice(text, peer)) tell(words.sent, undefined, true)
}

function makeRow(): Row {
  const root = document.createElement('li')
  const line = document.createElement('p')
  line.className = 'name'
  const name = document.createElement('bdi')
  line.append(name)
  const about = document.createElement('p')
  about.className = 'about'
  root.append(line, about)
  return { root, name, about, buttons: new Map() }
}

function drawRow(client: Client, row: Row, guest: LobbyPeer, tell: Tell) {
  const words = texts()
  const minutes = Math.max(0, Math.floor((client.now - guest.since) / 60_000))
  write(row.name, guest.name || '–')
  const about = guest.state === 'waiting' ? [words.waitsSince(minutes)] : guest.present ? [words.here] : []
  write(row.about, [...about, ...(guest.present ? [] : [words.away])].join(', '))
  row.root.dataset.present = String(guest.present)
  const isAlone = client.view.peers.length < 2
  // For the only one who is in, to be sent away is the end of the session.
  const wanted = actions[client.view.role === 'staff' ? 'staff' : 'host'][guest.state].filter(
    (action) => action !== 'sendAway' || !isAlone,
  )
  for (const [action, old] of row.buttons) {
    if (wanted.includes(action)) continue
    old.remove()
    row.buttons.delete(action)
  }
  for (const action of wanted) {
    const button = row.buttons.get(action) ?? document.createElement('button')
    if (!row.buttons.has(action)) {
      button.type = 'button'
      button.className = action === 'admit' ? 'primary' : ''
      row.buttons.set(action, button)
      row.root.append(button)
    }
    write(button, words[action])
    button.setAttribute('aria-label', words.withName(words[action], guest.name))
    button.onclick = () => {
      if (row.root.ariaDisabled !== 'true') void act(client, action, guest, tell)
    }
  }
}

/** Who has moved on the screen takes no click for a moment. */
function settle(row: Row) {
  clearTimeout(row.settling)
  row.root.ariaDisabled = 'true'
  row.settling = setTimeout(() => {
    row.root.ariaDisabled = null
  }, SETTLES)
}

const topOf = ({ root }: Row) => root.getBoundingClientRect().top

/** Draws both lists. Rows stay the same elements, so that nobody's focus is taken away. */
export function drawPeople(client: Client, tell: Tell): void {
  const { lobby } = client.view
  const before = [...rows.values()].map((row) => [row, topOf(row)] as const)
  for (const [peer, { root }] of rows) {
    if (lobby.some((guest) => guest.peer === peer)) continue
    root.remove()
    rows.delete(peer)
  }
  for (const guest of lobby) {
    const row = rows.get(guest.peer) ?? makeRow()
    rows.set(guest.peer, row)
    const list = box(guest.state === 'waiting' ? 'waiting-list' : 'admitted-list')
    if (row.root.parentElement !== list) {
      // Where it stood other buttons are now; who has just come stands below all others.
      if (row.root.parentElement) settle(row)
      list.append(row.root)
    }
    drawRow(client, row, guest, tell)
  }
  for (const [peer, { state, tell }] of asked) {
    const guest = lobby.find((each) => each.peer === peer)
    if (guest && guest.state !== state) continue
    asked.delete(peer)
    if (guest) tell()
  }
  const waiting = lobby.filter(({ state }) => state === 'waiting').length
  write(box('count'), waiting === 0 ? '' : String(waiting))
  box('nobody').hidden = waiting > 0
  button('notice-all').hidden = waiting < 2
  box('in-session').hidden = waiting === lobby.length
  for (const [row, top] of before) if (row.root.isConnected && Math.abs(topOf(row) - top) > 8) settle(row)
}
