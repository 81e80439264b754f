/** The page for the practice: who waits, who is in, and what to do about it. */
import { type Client, dialIn, loadSeat, type Place, type State } from '../client/client.ts'
import { ask } from './ask.ts'
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
import { drawPeople, sendNotice } from './people.ts'
import { speak, texts } from './texts.ts'
import { drawTiles, nameOf, setUpSound } from './tiles.ts'

/** Every so many milliseconds the minutes in the list are counted anew. */
const MINUTES = 10_000

let client: Client | undefined
/** The seat is one that the tab remembers: there is no form to look at meanwhile. */
let returning = false

const camera = setUpCamera(() => client?.setStream(camera.stream))
const entry = setUpEntry(
  'host',
  ({ code, name, takeover }) => enter({ code, name, takeover }),
  () => client?.leave(),
)

/** Opens the room, with a code or with what the tab remembers, and asks for the camera on the way. */
function enter(way: { code: string; name: string; takeover: boolean } | undefined) {
  returning = way === undefined
  const mine = dialIn({ ...way, storage: sessionStorage, stream: camera.stream })
  client = mine
  mine.on('change', () => client === mine && draw())
  // During a session a knock is shown in the list and otherwise disturbs nobody.
  mine.on('knock', ({ name, quiet }) => quiet || announce(texts().knocked(name)))
  mine.on('refused', ({ code, command }) => {
    const { errors, roomFullHost } = texts()
    tell(command === 'admit' && code === 'room_full' ? roomFullHost : errors[code])
  })
  void camera.open()
  draw()
}

/** Says what did not work; the next thing that does work takes it away. */
function tell(problem: string) {
  box('trouble').hidden = problem === ''
  write(box('trouble'), problem)
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
    case 'open':
    case 'session':
    case 'waiting':
      return drawRoom(state)
    case 'reconnecting':
      drawRoom(state.was)
      return showTitle(texts().title.reconnecting)
    case 'over':
      drawTiles(undefined)
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

function drawRoom(place: Place) {
  if (!client) return
  const { lobby, peers } = client.view
  const session = place.at === 'session'
  const waiting = lobby.filter(({ state }) => state === 'waiting').length
  box('empty').hidden = session
  button('end').hidden = !session
  const title = session ? texts().inCallWith(peers.map(nameOf).join(', ')) : texts().html.practiceWelcome
  write(box('room-title'), title)
  showTitle(texts().title.room(waiting))
  drawTiles(client)
  drawPeople(client)
  showScreen('room')
}

speak(button('language'), () => {
  entry.draw()
  draw()
})
setUpSound()
setInterval(() => client && draw(), MINUTES)
button('end').addEventListener('click', () => client?.end())
button('notice-all').addEventListener('click', () => client && void sendNotice(client, texts().noticeAllTitle))
button('leave').addEventListener('click', async () => {
  const { closeTitle, closeText, html } = texts()
  const sure = await ask({ title: closeTitle, text: closeText, yes: html.closeRoom })
  if (sure !== undefined) client?.leave()
})
button('give-up').addEventListener('click', () => client?.leave())
button('again').addEventListener('click', () => {
  client = undefined
  draw()
})

// A reloaded tab comes back to its seat; a link with a code is a new visit.
if (!entry.hasCode() && loadSeat(sessionStorage)?.role === 'host') enter(undefined)
else draw()
