/** The page for patients: dial in, wait, talk, goodbye. */
import { chime } from './chime.ts'
import { ask } from './dialog.ts'
import { announce, box, button, showScreen, showTitle, write } from './page.ts'
import { texts } from './texts.ts'
import { nameOf } from './tiles.ts'
import { setUpVisit } from './visit.ts'

const visit = setUpVisit({
  role: 'guest',
  begun(client) {
    box('notice-list').replaceChildren()
    box('notices').hidden = true
    box('held').hidden = true
    client.on('notice', ({ text }) => addNotice(text))
  },
  drawSeat(state, { view }) {
    switch (state.at) {
      case 'waiting':
        // Who was in and is put back gets a word.
        if (!box('call').hidden) box('held').hidden = false
        box('host').dataset.host = state.host
        write(box('host'), texts().host[state.host])
        showTitle(texts().title.waiting)
        return showScreen('waiting')
      case 'session': {
        const begins = box('call').hidden
        const names = view.peers.map(nameOf).join(', ')
        write(box('call-title'), names ? texts().inCallWith(names) : texts().alone)
        showTitle(texts().title.call)
        showScreen('call')
        box('held').hidden = true
        if (begins) {
          announce(box('call-title').textContent ?? '')
          chime('admitted')
          navigator.vibrate?.([200, 100, 200])
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
  line.textContent = text
  box('notices').hidden = false
  box('notice-list').append(line)
  announce(texts().noticeFrom(text))
}

button('leave').addEventListener('click', () => visit.client?.leave())
button('hang-up').addEventListener('click', async () => {
  const { hangUpTitle, hangUpText, html } = texts()
  const sure = await ask({ title: hangUpTitle, text: hangUpText, yes: html.hangUp, grave: true })
  if (sure !== undefined) visit.client?.leave()
})
