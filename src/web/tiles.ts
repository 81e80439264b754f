/** The others in the session: one tile each, big, kept in place while their media change. */
import type { Client, Participant } from '../client/client.ts'
import { box, button, write } from './page.ts'
import { compare, drawComparison, refusal, safetyLabel } from './safety.ts'
import { texts } from './texts.ts'

type Tile = {
  root: HTMLElement
  video: HTMLVideoElement
  name: HTMLElement
  status: HTMLElement
  safety: HTMLButtonElement
  refusal: HTMLElement
  /** Since when it has not been connected. */
  since: number
}

/** After so many milliseconds without a connection the two need to know more than that it is being made. */
const STUCK = 20_000

const tiles = new Map<string, Tile>()

/** @returns the name to show; a practice that gave none is the practice */
export function nameOf({ name, role }: Participant): string {
  return name || (role === 'host' ? texts().practice : '–')
}

function makeTile(): Tile {
  const root = document.createElement('li')
  const video = document.createElement('video')
  video.autoplay = true
  video.playsInline = true
  const caption = document.createElement('p')
  const name = document.createElement('bdi')
  const status = document.createElement('span')
  caption.append(name, status)
  const safety = document.createElement('button')
  safety.type = 'button'
  safety.className = 'safety'
  const refusal = document.createElement('p')
  refusal.className = 'refusal'
  refusal.setAttribute('role', 'alert')
  root.append(video, refusal, caption, safety)
  return { root, video, name, status, safety, refusal, since: performance.now() }
}

let sink: string | undefined

/** Where the others are heard; undefined: the browser's own choice. */
export const speaker = (): string | undefined => sink

/** The others are heard there from now on, where the browser can. */
export function setSpeaker(deviceId: string): void {
  sink = deviceId
  for (const { video } of tiles.values()) void useSpeaker(video)
}

async function useSpeaker(video: HTMLVideoElement) {
  if (sink !== undefined && 'setSinkId' in video) await video.setSinkId(sink).catch(() => {})
}

/** Browsers play sound only after a click somewhere; after a reload that may have to be asked for. */
async function play(video: HTMLVideoElement) {
  try {
    await video.play()
  } catch (error) {
    if ((error as DOMException).name === 'NotAllowedError') button('sound').hidden = false
  }
}

/** Draws the tiles of everybody in the session, and takes away those of who has left. */
export function drawTiles(client: Client | undefined): void {
  const list = box('tiles')
  const peers = client?.view.peers ?? []
  for (const [peer, { root }] of tiles) {
    if (peers.some((each) => each.peer === peer)) continue
    root.remove()
    tiles.delete(peer)
  }
  drawComparison(peers)
  list.dataset.count = String(peers.length)
  for (const participant of peers) {
    const tile = tiles.get(participant.peer) ?? makeTile()
    if (!tiles.has(participant.peer)) {
      tiles.set(participant.peer, tile)
      list.append(tile.root)
    }
    if (!client) continue
    const media = client.media(participant.peer)
    const { link, stream } = media
    const name = nameOf(participant)
    write(tile.name, name)
    tile.video.setAttribute('aria-label', name)
    tile.root.dataset.link = link
    // As long as picture and sound run, it is of no interest that the signaling does not.
    const away = !participant.present && link !== 'connected'
    if (link === 'connected') tile.since = performance.now()
    const stuck = participant.present && performance.now() - tile.since > STUCK ? texts().stuck : undefined
    const refused = refusal(media, client.view.role) ?? stuck
    const off = link === 'connected' ? texts().theirDevices(media.devices) : ''
    write(tile.status, away ? texts().personAway : refused ? '' : texts().link[link] || off)
    // Without a camera the last picture would stand still.
    tile.root.dataset.picture = String(media.devices?.video !== false || media.devices?.screen === true)
    // Of a screen nothing may be cut off.
    tile.root.dataset.screen = String(media.devices?.screen === true)
    write(tile.refusal, refused ?? '')
    drawSafety(tile.safety, client, participant)
    if (stream && tile.video.srcObject !== stream) {
      tile.video.srcObject = stream
      void useSpeaker(tile.video)
      void play(tile.video)
    }
  }
  if (peers.length === 0) button('sound').hidden = true
}

function drawSafety(button: HTMLButtonElement, client: Client, participant: Participant) {
  const media = client.media(participant.peer)
  const label = media.link === 'connected' ? safetyLabel(media) : ''
  button.hidden = label === ''
  button.dataset.safety =
    media.safety.at === 'failed' ? 'failed' : media.seal.at === 'sealed' ? 'sealed' : media.safety.at
  write(button, label)
  button.setAttribute('aria-label', texts().withName(label, nameOf(participant)))
  button.onclick = () => compare(client, participant)
}

/** Lets a click start the sound where the browser had asked for one. */
export function setUpSound(): void {
  button('sound').addEventListener('click', () => {
    button('sound').hidden = true
    for (const { video } of tiles.values()) void play(video)
  })
}
