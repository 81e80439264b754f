/** The page for the practice: who waits, who is in, and what to do about it. */
import type { Client, SeatedState } from '../client/client.ts'
import { callPerson } from './calling.ts'
import { ask } from './dialog.ts'
import { drawPeople, sendNotice, type Undo } from './lobby.ts'
import { announce, box, button, keepFocus, showState, write } from './page.ts'
import { setUpPracticeKey } from './practice-key.ts'
import { errorText, texts } from './texts.ts'
import { nameOf } from './tiles.ts'
import { setUpVisit } from './visit.ts'

/** So many ms something can be taken back, and how. */
const UNDO = 10_000
let undo: Undo | undefined
let undoing: ReturnType<typeof setTimeout> | undefined

// Before all else: a page that came back without it would say plainly what is to be sealed.
const keys = await setUpPracticeKey(() => visit?.client?.setPracticeKey(keys.key))
const visit = setUpVisit({ role: 'host', practiceKey: () => keys.key, begun, drawSeat: drawRoom })

function begun(client: Client) {
  tell('')
  // During a session a knock is shown in the list and otherwise disturbs nobody.
  client.on('knock', ({ name, quiet }) => {
    if (quiet) return
    announce(texts().knocked(name))
    callPerson('knock')
  })
  /** Of these it has been said why they go. */
  const denied = new Set<string>()
  client.on('denied', ({ peer, name }) => {
    denied.add(peer)
    tell(texts().safety.deniedBy(name))
  })
  client.on('left', ({ peer, name, reason, admitted }) => {
    const words = admitted && !denied.has(peer) ? texts().gone[reason](name) : ''
    if (words) tell(words)
  })
  client.on('refused', ({ code, command }) => {
    tell(command === 'admit' && code === 'room_full' ? texts().roomFullHost : errorText(code))
  })
}

/** Says what has happened, for a while, or what did not work. @param back what takes it back */
function tell(text: string, back?: Undo, isGood = back !== undefined) {
  clearTimeout(undoing)
  undo = back
  box('trouble').hidden = text === ''
  box('trouble').classList.toggle('done', isGood)
  write(box('trouble-text'), text)
  button('undo').hidden = back === undefined
  if (isGood) undoing = setTimeout(() => tell(''), UNDO)
  keepFocus()
}

function drawRoom(state: SeatedState, client: Client) {
  const { peers, staff, role } = client.view
  const session = state.at === 'session'
  // What was said of the last conversation is not of this one; what can still be taken back is.
  if (session && box('call').dataset.session === 'false' && !undo) tell('')
  box('call').hidden = role === 'staff'
  box('call').dataset.session = String(session)
  write(box('reception'), state.at === 'attending' ? texts().atReception(state) : texts().watching(staff))
  box('empty').hidden = session
  button('end').hidden = !session
  // As long as somebody is in, the next one is not called by the largest button.
  box('waiting-list').dataset.session = String(session)
  const isReception = role === 'staff'
  write(button('leave'), isReception ? texts().leaveReception : texts().html.closeRoom)
  box('room-title').classList.toggle('unseen', !isReception)
  const title = isReception
    ? texts().reception
    : session
      ? texts().inCallWith(peers.map(nameOf).join(', '))
      : texts().html.practiceWelcome
  write(box('room-title'), title)
  if (undo && !client.view.lobby.some(({ peer }) => peer === undo?.peer)) tell('')
  drawPeople(client, tell)
  box('key-needed').hidden = peers.every(({ peer }) => client.media(peer).seal.at !== 'refused')
  showState(state.at === 'session' || state.at === 'attending' ? state.at : 'open', client)
}

button('language').addEventListener('click', keys.draw)
button('undo').addEventListener('click', () => {
  const back = undo
  tell('')
  back?.back()
})
button('end').addEventListener('click', async () => {
  const { endTitle, endText, html } = texts()
  const sure = await ask({
    title: endTitle,
    text: endText,
    yes: html.endSession,
    grave: true,
  })
  if (sure !== undefined) visit.client?.end()
})
button('notice-all').addEventListener('click', () => {
  if (visit.client) void sendNotice(visit.client, texts().noticeAllTitle, tell)
})
button('leave').addEventListener('click', async () => {
  const words = texts()
  const question =
    visit.client?.view.role === 'staff'
      ? { title: words.leaveReceptionTitle, text: words.leaveReceptionText, yes: words.leaveReception }
      : { title: words.closeTitle, text: words.closeText, yes: words.html.closeRoom, grave: true }
  if ((await ask(question)) !== undefined) visit.client?.leave()
})
