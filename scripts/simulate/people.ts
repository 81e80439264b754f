/** Patients and their practice: what they want, and what they do about what their page shows. */
import type { Client } from '../../src/client/client.ts'
import { makeCode } from '../../src/protocol/dial-code.ts'
import { type Random, random } from '../fuzz/random.ts'
import { Machine } from './machine.ts'
import type { Link } from './network.ts'
import { Page, type PageOptions, type Tab } from './page.ts'
import type { Promises } from './promises.ts'
import type { VirtualServer } from './server.ts'
import type { Timeline } from './timeline.ts'
import type { Troubles } from './troubles.ts'

/** What everybody lives in. */
export type Town = { timeline: Timeline; server: VirtualServer; troubles: Troubles; promises: Promises; seed: string }

/** Their dial-in code: its id in the record, what to type, and when it is valid, in ms of the story. */
export type Pass = { id: string; code: string; room: string; from: number; until: number }

export type Way = { code?: string; name?: string; takeover?: boolean }

/** Ms between two looks at the page. */
const LOOK = 5_000
/** A code that nobody has. */
const WRONG = makeCode(Buffer.alloc(8))

export abstract class Person {
  abstract readonly role: 'host' | 'guest'
  readonly name: string
  readonly pass: Pass
  /** Whether the practice is about to make their code worthless; and when it has. */
  revoking = false
  revoked: number | undefined
  readonly link: Link
  readonly random: Random
  readonly pages: Page[] = []
  /** Nothing more is to be done: went home. */
  done = false
  /** When they look again. */
  #patience = 0
  protected readonly town: Town

  constructor(town: Town, name: string, pass: Pass) {
    this.town = town
    this.name = name
    this.pass = pass
    this.random = random(town.seed, name)
    const device = new Machine(town.timeline)
    const chance = random(town.seed, name, 'line').next
    const latency = this.random.between(5, 150)
    const proxied = this.random.chance(0.3)
    this.link = { device, latency, proxied, random: chance, stalledUntil: 0, offline: false, lines: new Set() }
  }

  /** The page that they look at. */
  get page(): Page | undefined {
    return this.pages.findLast(({ open }) => open)
  }

  /** Begins to look at the page again and again, until they have gone home. */
  begin(): void {
    this.dialIn()
    const look = () => {
      if (this.done) return
      if (!this.link.device.stands && this.town.timeline.now >= this.#patience) this.act()
      this.town.timeline.after(LOOK * (0.5 + this.random.next()), look)
    }
    look()
  }

  dialIn(takeover = false): void {
    const wrong = this.town.troubles.whim('wrong-code', this.name)
    const { name, pass } = this
    this.#open(new Map(), { code: wrong ? WRONG : pass.code, name, ...(takeover && { takeover }) })
  }

  goHome(): void {
    this.done = true
    for (const page of this.pages) if (page.open) page.close()
  }

  /** Nobody may stay for ever. */
  leave(): void {
    this.page?.client.leave()
    const { page } = this
    if (page) this.town.promises.gone(page.peer)
    this.done = true
    this.town.timeline.after(3_000, () => this.goHome())
  }

  abstract act(): void

  /** What anybody may do to a page. @returns whether they were busy with that */
  protected meddle(page: Page): boolean {
    const { troubles, timeline } = this.town
    if (troubles.whim('reload', this.name)) {
      page.close()
      this.#openAgain(page.tab)
      return true
    }
    if (troubles.whim('duplicate', this.name)) {
      this.#openAgain(new Map(page.tab))
      return true
    }
    if (troubles.whim('close-tab', this.name)) {
      page.close()
      return true
    }
    if (troubles.whim('say-again', this.name)) page.sayAgain()
    const background = troubles.whim('background', this.name)
    if (!background) return false
    page.hide(true)
    timeline.after(background.between(1_000, 120_000), () => page.hide(false))
    return true
  }

  /** What to do where a page says that it is over. */
  protected afterwards(page: Page): void {
    const { state } = page.client.view
    if (state.at !== 'over') return
    page.close()
    const { over } = state
    if (over.reason === 'left' || over.reason === 'ended' || this.revoked) this.done = true
    else if (over.reason === 'denied') this.done = this.random.chance(0.5)
    if (over.reason !== 'refused') return
    const { now } = this.town.timeline
    if (over.code === 'code_in_use') this.dialIn(true)
    else if (over.code === 'code_expired' && now > this.pass.until) this.done = !this.page
    else if (over.code !== 'code_unknown' || page.code === this.pass.code)
      this.#patience = now + this.random.between(10_000, 90_000)
  }

  /** The practice makes their code worthless, and asks for that until it has heard that it is, or they have gone home. */
  protected revoke(): void {
    const { server, timeline } = this.town
    this.revoking = true
    const ask = () => {
      if (this.revoked || this.done) return
      server.revoke(this.pass.id).then((done) => {
        if (done) this.revoked ??= timeline.now
      })
      timeline.after(10_000, ask)
    }
    ask()
  }

  /** A tab that remembers no seat shows the form for the code. */
  #openAgain(tab: Tab): void {
    if (tab.size > 0) this.#open(tab, {})
    else this.dialIn()
  }

  #open(tab: Tab, way: Way): void {
    const { timeline, server, promises } = this.town
    const options: PageOptions = {
      ...{ timeline, server, tab, link: this.link, random: this.link.random },
      heard: promises.heard,
      said: promises.said,
      broken: promises.broken,
    }
    const page = new Page(options, way)
    this.pages.push(page)
    promises.opened(page, this)
  }
}

export class Guest extends Person {
  readonly role = 'guest'

  act(): void {
    const { page } = this
    if (!page) return this.dialIn()
    if (page.at === 'over') return this.afterwards(page)
    if (this.meddle(page)) return
    const { troubles } = this.town
    if (troubles.whim('leave-early', this.name)) return this.leave()
    if (troubles.whim('takeover', this.name)) return this.dialIn(true)
    if (troubles.whim('revoke', this.name)) this.revoke()
    chat(page, this.random)
  }
}

/** What somebody is told who is sent away. */
export const reasonFor = (peer: string): string => `Heute nicht, ${peer}`

/** What a host says about somebody. */
export type Command = 'admit' | 'hold' | 'deny'

export class Host extends Person {
  readonly role = 'host'
  /** When the session is to be ended. */
  endAt = Number.POSITIVE_INFINITY

  act(): void {
    const { page } = this
    if (!page) return this.dialIn(this.random.chance(0.5))
    if (page.at === 'over') return this.afterwards(page)
    if (page.at === 'connecting' || this.meddle(page)) return
    const { troubles, timeline } = this.town
    if (troubles.whim('takeover', this.name)) return this.dialIn(true)
    const { lobby, peers } = page.client.view
    if (peers.length > 0 && (timeline.now >= this.endAt || troubles.whim('end-early', this.name))) {
      this.#say(page, 'end', undefined, (client) => client.end())
      return
    }
    for (const { peer, state, present } of lobby) this.#treat(page, peer, state, present)
    chat(page, this.random)
  }

  #treat(page: Page, peer: string, state: 'waiting' | 'admitted', present: boolean): void {
    const { troubles, promises, timeline } = this.town
    if (present && troubles.whim('deny', this.name)) return this.#tell(page, 'deny', peer)
    if (state === 'admitted') {
      if (troubles.whim('hold', this.name)) this.#tell(page, 'hold', peer)
      return
    }
    if (!present) {
      if (troubles.whim('deny-away', this.name)) this.#tell(page, 'deny', peer)
      else if (troubles.whim('admit-gone', this.name)) this.#tell(page, 'admit', peer)
      return
    }
    if (troubles.whim('notice', this.name)) {
      const text = promises.notice(page, peer)
      page.client.notice(text, peer)
    }
    if (timeline.now < this.endAt && this.random.chance(0.4)) this.#tell(page, 'admit', peer)
  }

  #tell(page: Page, command: Command, peer: string): void {
    const { troubles, timeline } = this.town
    const say = (client: Client) => (command === 'deny' ? client.deny(peer, reasonFor(peer)) : client[command](peer))
    if (!this.#say(page, command, peer, say)) return
    if (troubles.whim('double-click', this.name)) say(page.client)
    const eager = command === 'admit' && troubles.whim('eager', this.name)
    if (eager) for (let n = 0; n < 5; n++) timeline.after(n * n * eager.below(100), () => page.talk.shout(peer, 6))
  }

  /** Says something, unless they wait for the outcome of something like it. @returns whether they did */
  #say(page: Page, command: Command | 'end', peer: string | undefined, say: (client: Client) => void): boolean {
    const intended = this.town.promises.intend(page, command, peer)
    if (intended) say(page.client)
    return intended
  }
}

/** Whoever is in a session says something now and then, as browsers do that negotiate: mostly little, seldom a lot. */
function chat(page: Page, random: Random): void {
  for (const { peer } of page.client.view.peers) {
    if (!random.chance(0.2)) continue
    const much = random.chance(0.02)
    for (let count = random.between(1, much ? 40 : 3); count > 0; count--) {
      page.talk.say(peer, 'x'.repeat(random.below(much ? 4_000 : 200)))
    }
  }
}
