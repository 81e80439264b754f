/** The chat beside the picture: lines from page to page, for when the sound fails; they end with this page. */
import type { Client } from '../client/client.ts'
import { announce, box, button, find, write } from './page.ts'
import { texts } from './texts.ts'

/** So many lines are kept on the screen. */
const MOST = 500

let unread = 0

const isOpen = () => !box('chat').hidden

function draw() {
  const open = button('chat-open')
  open.ariaExpanded = String(isOpen())
  open.dataset.unread = unread === 0 ? '' : String(unread)
  box('call').dataset.chat = String(isOpen())
}

function show(open: boolean) {
  box('chat').hidden = !open
  if (open) unread = 0
  draw()
  if (!open) return
  toEnd()
  find('chat-line', HTMLInputElement).focus()
}

function add(name: string, text: string, own: boolean) {
  const line = document.createElement('div')
  line.dataset.own = String(own)
  const who = document.createElement('b')
  who.dir = 'auto'
  write(who, name)
  const words = document.createElement('p')
  words.dir = 'auto'
  write(words, text)
  line.append(who, words)
  const list = box('chat-lines')
  list.append(line)
  if (list.children.length > MOST) list.firstElementChild?.remove()
  toEnd()
  // What is said once need not stand there for ever.
  hint('')
}

/** The last line is in sight. */
function toEnd() {
  const list = box('chat-lines')
  list.scrollTop = list.scrollHeight
}

function hint(text: string, isTrouble = false) {
  write(box('chat-hint'), text)
  box('chat-hint').classList.toggle('check', isTrouble)
}

/** Forgets what was written, and hears what will be. */
export function beginChat(client: Client, nameOf: (name: string) => string): void {
  endChat()
  client.on('wrote', ({ name, text }) => {
    add(nameOf(name), text, false)
    if (isOpen()) return
    unread += 1
    draw()
    announce(texts().wrote(nameOf(name), text))
  })
}

/** The conversation is over: nothing of it stays on the screen. */
export function endChat(): void {
  unread = 0
  box('chat-lines').replaceChildren()
  // Not even half a line: the next one to read it would be somebody else.
  find('chat-line', HTMLInputElement).value = ''
  hint(texts().html.chatHint)
  show(false)
}

/** Shows the button only where somebody's page can show what is written. */
export function drawChat(client: Client): void {
  button('chat-open').hidden = client.view.peers.every(({ peer }) => !client.media(peer).chat)
}

/** Connects the elements of the chat. */
export function setUpChat(client: () => Client | undefined): void {
  const field = find('chat-line', HTMLInputElement)
  // A phone's keyboard takes half of its height.
  new ResizeObserver(toEnd).observe(box('chat-lines'))
  // It scrolls, also for who has no mouse.
  box('chat-lines').tabIndex = 0
  button('chat-open').addEventListener('click', () => show(!isOpen()))
  button('chat-close').addEventListener('click', () => {
    show(false)
    button('chat-open').focus()
  })
  box('chat').addEventListener('keydown', ({ key }) => key === 'Escape' && button('chat-close').click())
  find('chat-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const text = field.value.trim()
    const present = client()
    if (text === '' || !present) return
    const reached = present.write(text)
    if (reached.length === 0) return hint(texts().chatFailed, true)
    add(texts().you, text, true)
    field.value = ''
    const missed = present.view.peers.filter(({ peer }) => !reached.includes(peer)).map(({ name }) => name)
    if (missed.length > 0) hint(texts().chatMissed(missed.join(', ')), true)
  })
}
