/** What the pages of a room show must agree with each other, and with who is there. */
import type { Page } from './page.ts'
import type { Known, Promises } from './promises.ts'

/** How long each disagreement has lasted. */
export class Agreement {
  #since = new Map<string, number>()
  readonly #promises: Promises
  readonly #now: () => number

  constructor(promises: Promises, now: () => number) {
    this.#promises = promises
    this.#now = now
  }

  /** To be called every few seconds; complains of what lasts. */
  check(): void {
    const since = new Map<string, number>()
    for (const what of disagreements(this.#promises.pages)) since.set(what, this.#since.get(what) ?? this.#now())
    this.#since = since
    for (const [what, began] of since) if (this.#promises.overdue(began)) return this.#promises.broken(what)
  }
}

function* disagreements(pages: ReadonlyMap<Page, Known>): Iterable<string> {
  const rooms = new Map<string, [Page, Known][]>()
  // What a page in the background shows may be late by as long as its timers, and nobody looks at it.
  const hidden = new Set(
    [...pages].filter(([page]) => page.open && page.hidden).map(([, { person }]) => person.pass.room),
  )
  for (const entry of pages) {
    const [page, { person }] = entry
    if (!page.open || page.at === 'over' || hidden.has(person.pass.room)) continue
    if (page.live) rooms.set(person.pass.room, [...(rooms.get(person.pass.room) ?? []), entry])
    else if (because(page) !== 'throttled') yield `the page of ${person.name} is ${page.at}`
  }
  for (const room of rooms.values()) {
    const hosts = room.filter(([{ role }]) => role === 'host').map(([page]) => page)
    const guests = room.filter(([{ role }]) => role === 'guest')
    if (hosts.length > 1) yield 'two pages have the seat of the host'
    for (const [guest, { person }] of guests) yield* ofGuest(guest, person.name, hosts[0])
    if (hosts[0]) yield* ofHost(hosts[0], guests)
    for (const [one] of room)
      for (const [other, { person }] of room) if (one !== other) yield* ofTwo(one, other, person.name)
  }
}

function* ofGuest({ peer, client }: Page, name: string, host: Page | undefined): Iterable<string> {
  const { state, peers } = client.view
  const seen = host?.client.view.lobby.find((one) => one.peer === peer)
  if (host && !seen?.present) yield `${name} is there, and the host does not see it`
  if (state.at === 'waiting') {
    if ((state.host === 'present') !== (host !== undefined)) yield `${name} is told that the host is ${state.host}`
    if (seen && seen.state !== 'waiting') yield `${name} waits, and the host believes it is admitted`
  } else {
    if (seen && seen.state !== 'admitted') yield `${name} is in session, and the host believes it waits`
    const present = peers.find(({ role }) => role === 'host')?.present ?? false
    if (present !== (host !== undefined)) yield `${name} believes that the host is ${present ? 'there' : 'away'}`
  }
}

function* ofHost({ client }: Page, guests: readonly [Page, Known][]): Iterable<string> {
  const { lobby, peers } = client.view
  for (const { peer, name, present } of lobby) {
    const there = guests.some(([page]) => page.peer === peer)
    if (present && !there) yield `the host believes that ${name} is there`
    if (there && name === '') yield 'the host sees somebody nameless'
  }
  for (const { peer, present } of peers) {
    const seen = lobby.find((one) => one.peer === peer)
    if (seen?.state !== 'admitted') yield 'the host sees a peer that is not in the lobby'
    else if (seen.present !== present) yield `the host sees ${seen.name} there and away at once`
  }
}

/** Two who are in a session see each other, and have heard what was said. */
function* ofTwo(one: Page, other: Page, name: string): Iterable<string> {
  if (one.client.view.peers.length === 0 || other.client.view.peers.length === 0) return
  const seen = one.client.view.peers.find(({ peer }) => peer === other.peer)
  if (!seen?.present) yield `somebody in session does not see ${name}`
  const back = other.client.view.peers.find(({ peer }) => peer === one.peer)
  if (seen && back && seen.polite === back.polite) yield 'two are polite to each other, or none is'
  const said = other.talk.said.get(one.peer ?? '')
  const heard = one.talk.heard.get(other.peer ?? '')?.get(other.number)
  if (!said) return
  for (const { page, stream, n } of one.talk.gaps) {
    if (page === said.page && stream === said.stream) yield `signal ${n} of ${name} after ${stream} is lost`
  }
  if (!heard || said.n === 0) return
  if (said.stream !== heard.stream || said.n > heard.n)
    yield `signal ${heard.n + 1} of ${name} after ${heard.stream} is lost`
}

const because = ({ client: { view } }: Page) => ('because' in view.state ? view.state.because : undefined)
