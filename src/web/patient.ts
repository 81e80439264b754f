/** The page for patients: dial in, wait, talk, goodbye. */
import { callPerson } from './calling.ts'
import { ask } from './dialog.ts'
import { announce, box, button, showState, write } from './page.ts'
import { texts } from './texts.ts'
import { nameOf } from './tiles.ts'
import { setUpVisit } from './visit.ts'

/** Whether the practice has been there in this visit: then it is not one that is yet to come. */
let met = false

const visit = setUpVisit({
  role: 'guest',
  begun(client) {
    met = false
    box('notice-list').replaceChildren()
    box('notices').hidden = true
    box('held').hidden = true
    client.on('notice', ({ text }) => addNotice(text))
  },
  drawSeat(state, client) {
    switch (state.at) {
      case 'waiting': {
        const { host } = state
        met ||= host !== 'absent'
        const isGone = met && host === 'absent'
        const words = isGone ? texts().hostGone : texts().host[host]
        // Who was in and is put back gets a word; not by a practice that has gone itself.
        const wasPutBack = !box('held').hidden
        if (wasPutBack && isGone) announce(words)
        box('held').hidden = isGone || (!wasPutBack && box('call').hidden)
        box('host').dataset.host = host
        write(box('host'), words)
        box('host').hidden = host === 'present' && !box('held').hidden
        return showState(box('held').hidden ? 'waiting' : 'held', client)
      }
      case 'session': {
        met = true
        const begins = box('call').hidden
        const names = client.view.peers.map(nameOf).join(', ')
        write(box('call-title'), names ? texts().inCallWith(names) : texts().alone)
        showState('call', client)
        box('held').hidden = true
        box('alone').hidden = names !== ''
        if (begins) {
          // What was said to who waited is over.
          box('notice-list').replaceChildren()
          box('notices').hidden = true
          announce(box('call-title').textContent ?? '')
          callPerson('admitted')
        }
        return
      }
      case 'open':
      case 'attending':
        return // the practice's states
      default:
        return state satisfies never
    }
  },
})

function addNotice(text: string) {
  const line = document.createElement('li')
  const time = document.createElement('time')
  write(time, new Date(visit.client?.now ?? Date.now()).toLocaleTimeString(texts().locale, { timeStyle: 'short' }))
  const words = document.createElement('span')
  words.dir = 'auto'
  write(words, text)
  line.append(time, words)
  box('notices').hidden = false
  box('notice-list').prepend(line)
  announce(texts().noticeFrom(text))
}

button('leave').addEventListener('click', async () => {
  const { leaveTitle, leaveText, html } = texts()
  const sure = await ask({ title: leaveTitle, text: leaveText, yes: html.leaveWaiting, grave: true })
  if (sure !== undefined) visit.client?.leave()
})
button('hang-up').addEventListener('click', async () => {
  const { hangUpTitle, hangUpText, html } = texts()
  const sure = await ask({ title: hangUpTitle, text: hangUpText, yes: html.hangUp, grave: true })
  if (sure !== undefined) visit.client?.leave()
})
