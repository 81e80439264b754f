/** The page for patients: dial in, wait, talk, goodbye. */
import { type Client, dialIn, loadSeat, type Place, type State } from '../client/client.ts'
import { setUpCamera } from './camera.ts'
import { setUpEntry } from './entry.ts'
import { sayGoodbye } from './goodbye.ts'
import {
  announce,
  box,
  button,
  keepAwake,
  showConnection,
  showReturning,
  showScreen,
  showTitle,
  write,
} from './page.ts'
import { speak, texts } from './texts.ts'
import { drawTiles, nameOf, setUpSound } from './tiles.ts'

let client: Client | undefined
/** The seat is one that the tab remembers: there is no form to look at meanwhile. */
let returning = false
let session = false

const camera = setUpCamera(() => client?.setStream(camera.stream))
const entry = setUpEntry(
  'guest',
  ({ code, name, takeover }) => enter({ code, name, takeover }),
  () => client?.leave(),
)

/** Takes a seat, with a code or with what the tab remembers, and asks for the camera on the way. */
function enter(way: { code: string; name: string; takeover: boolean } | undefined) {
  box('notice-list').replaceChildren()
  box('notices').hidden = true
  returning = way === undefined
  const mine = dialIn({ ...way, storage: sessionStorage, stream: camera.stream })
  client = mine
  mine.on('change', () => client === mine && draw())
  mine.on('notice', ({ text }) => addNotice(text))
  // Nobody has to answer the browser's question before the waiting room.
  void camera.open()
  draw()
}

function addNotice(text: string) {
  const line = document.createElement('li')
  line.textContent = text
  box('notices').hidden = false
  box('notice-list').append(line)
  announce(texts().noticeFrom(text))
}

function draw() {
  camera.draw()
  const state: State | undefined = client?.view.state
  entry.progress(state?.at === 'connecting' && !returning ? state : undefined)
  if (!state) return drawEntry()
  showConnection(state)
  keepAwake(state.at !== 'connecting' && state.at !== 'over')
  switch (state.at) {
    case 'connecting':
      return returning ? showReturning(state) : drawEntry()
    case 'waiting':
    case 'session':
    case 'open':
      return drawPlace(state)
    case 'reconnecting':
      drawPlace(state.was)
      return showTitle(texts().title.reconnecting)
    case 'over':
      drawTiles(undefined)
      session = false
      if (state.over.reason === 'refused') {
        drawEntry()
        return entry.refused(state.over)
      }
      camera.close()
      return sayGoodbye(state.over)
    default:
      return state satisfies never
  }
}

function drawEntry() {
  showTitle(texts().title.entry)
  showScreen('entry')
}

function drawPlace(place: Place) {
  drawTiles(client)
  switch (place.at) {
    case 'waiting':
      session = false
      box('host').dataset.host = place.host
      write(box('host'), texts().host[place.host])
      showTitle(texts().title.waiting)
      return showScreen('waiting')
    case 'session': {
      const names = client?.view.peers.map(nameOf).join(', ') ?? ''
      write(box('call-title'), names ? texts().inCallWith(names) : texts().alone)
      showTitle(texts().title.call)
      showScreen('call')
      if (!session) announce(box('call-title').textContent ?? '')
      session = true
      return
    }
    case 'open':
      return
    default:
      return place satisfies never
  }
}

speak(button('language'), () => {
  entry.draw()
  draw()
})
setUpSound()
for (const id of ['leave', 'hang-up', 'give-up']) button(id).addEventListener('click', () => client?.leave())
button('again').addEventListener('click', () => {
  client = undefined
  draw()
})

// A reloaded tab comes back to its seat; a link with a code is a new visit.
if (!entry.hasCode() && loadSeat(sessionStorage)?.role === 'guest') enter(undefined)
else draw()
