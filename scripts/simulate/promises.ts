/** What was promised to people, checked against everything that they are told. */
import type { ServerFrame } from '../../src/protocol/messages.ts'
import type { Line } from './network.ts'
import type { Page, PageOptions } from './page.ts'
import { type Command, type Person, reasonFor } from './people.ts'
import { EPOCH, RESUME_WITHIN, type VirtualServer } from './server.ts'
import type { Timeline } from './timeline.ts'

/** Within this time after the last trouble everything must be as it should, ms. */
export const BOUND = 75_000

type Intention = { command: Command | 'end'; peer: string | undefined; at: number }
type Notice = { text: string; peer: string; from: Page; at: number; lives: number; heard: boolean }

/** What is known of an open page, beside what it shows. */
export type Known = {
  person: Person
  openedAt: number
  /** The last frame, or that a gap was admitted. */
  seq: number | 'anything'
  state: 'waiting' | 'admitted' | undefined
  session: string | undefined
  /** Since when it has missed nothing, and has been in its state. */
  steadySince: number
  intentions: Intention[]
  notices: Set<string>
}

/** An instant, and what a process had lived by then. */
type Present = { at: number; instant: number }
/** When a peer was last heard by a process, in lived time; when last from its seat; and the last long silence before. */
type Heard = { at: number; seated: number; silence: number }

/** By how much two clocks may differ, ms. */
const CLOCKS = 5_000
const CODES = new Set(['code_unknown', 'code_too_early', 'code_expired', 'code_revoked'])

const WHILE_WAITING = new Set(['joined', 'resumed', 'waiting', 'held', 'notice', 'denied', 'error', 'pong'])

export class Promises {
  readonly pages = new Map<Page, Known>()
  /** Peers whose seat somebody has given up, or may have. */
  readonly #gone = new Set<string>()
  readonly #admitted = new Set<string>()
  readonly #heard = new Map<string, Heard>()
  /** How long peers had not been heard when their seat went. */
  readonly #silence = new Map<string, number>()
  /** Whose join the server has heard. */
  readonly #dialledIn = new Map<Page, Present>()
  #notices: Notice[] = []
  #noticed = 0
  /** When the last storm ended; in a storm, never. */
  calmSince = 0
  /** The latest instant of the server's clock at which what was too old was deleted. */
  sweptUntil = 0
  server: VirtualServer | undefined
  readonly #timeline: Timeline
  readonly broken: (why: string) => void
  /** Takes note of what is said, and of every frame that is heard. */
  readonly said: (page: Page, text: string) => void
  readonly #note: (page: Page, frame: ServerFrame) => void

  constructor(timeline: Timeline, { broken, said, heard }: Pick<PageOptions, 'broken' | 'said' | 'heard'>) {
    this.#timeline = timeline
    this.broken = broken
    this.said = said
    this.#note = heard
  }

  opened(page: Page, person: Person): void {
    const known: Known = {
      ...{ person, seq: 0, state: undefined, session: undefined, openedAt: this.#timeline.now },
      ...{ steadySince: this.#timeline.now, intentions: [], notices: new Set() },
    }
    page.role = person.role
    // Whoever dials in anew gives up what they had.
    if (!page.peer) for (const [{ peer }, other] of this.pages) if (other.person === person) this.gone(peer)
    this.pages.set(page, known)
    page.client.on('change', () => {
      this.#settle(page, known)
      this.#refused(page, person)
    })
    page.client.on('refused', ({ command }) => {
      const at = known.intentions.findIndex((intention) => intention.command === command)
      if (at >= 0) known.intentions.splice(at, 1)
      if (command === 'notice') this.#notices = this.#notices.filter(({ from }) => from !== page)
    })
    page.client.on('notice', ({ text }) => {
      const notice = this.#notices.find((one) => one.text === text)
      if (known.notices.has(text) && notice?.lives === this.server?.lives) this.broken('a notice came twice')
      known.notices.add(text)
    })
  }

  /** Somebody goes home: what they had is no longer looked after. */
  closed(person: Person): void {
    for (const [page, known] of this.pages) {
      if (known.person !== person) continue
      this.pages.delete(page)
      this.#dialledIn.delete(page)
    }
  }

  gone(peer: string | undefined): void {
    if (peer) this.#gone.add(peer)
  }

  /** @returns false where the outcome of something else is still to be waited for */
  intend(page: Page, command: Command | 'end', peer: string | undefined): boolean {
    const known = this.pages.get(page)
    if (!known || known.intentions.some((one) => command === 'end' || one.peer === peer || !one.peer)) return false
    known.intentions.push({ command, peer, at: this.#timeline.now })
    if (command === 'admit') this.#admitted.add(peer as string)
    if (command === 'deny') this.gone(peer)
    if (command === 'end') for (const each of page.client.view.peers) this.gone(each.peer)
    return true
  }

  /** @returns the text of a notice that somebody is about to give */
  notice(from: Page, peer: string): string {
    this.#noticed += 1
    const text = `notice ${this.#noticed}`
    this.#notices.push({ text, peer, from, at: this.#timeline.now, lives: this.server?.lives ?? 0, heard: false })
    return text
  }

  heardByServer = ({ page }: Line, text: string): void => {
    const { server } = this
    if (page && text.includes('"type":"join"')) this.#dialledIn.set(page as Page, this.#present())
    // A page that was reloaded has its peer in the token, and learns it from the answer.
    const peer = page?.peer ?? /"token":"([^."]+)/.exec(text)?.[1]
    if (!peer || !server) return
    for (const notice of this.#notices) if (text.includes(`"${notice.text}"`)) notice.heard = true
    const silence = this.silenceOf(peer)
    const before = this.#heard.get(peer)
    // Who comes back certainly has a seat once that is answered: a resume may be too late.
    const seated = before && text.includes('"type":"resume"') ? before.seated : this.#timeline.now
    const { lived } = server.machine
    this.#heard.set(peer, { at: lived, seated, silence: silence > 10_000 ? silence : (before?.silence ?? 0) })
  }

  /** For how long a process that could hear has not heard a peer, ms. */
  silenceOf(peer: string): number {
    const { since = 0, machine } = this.server as VirtualServer
    return machine.lived - Math.max(since, this.#heard.get(peer)?.at ?? 0)
  }

  /** When a peer was last heard from its seat. */
  heardAt(peer: string): number {
    return this.#heard.get(peer)?.seated ?? 0
  }

  /** Whether somebody has heard a peer within so many ms. */
  heardWithin(peer: string, ms: number): boolean {
    const { lived } = (this.server as VirtualServer).machine
    return lived - (this.#heard.get(peer)?.at ?? Number.NEGATIVE_INFINITY) < ms
  }

  seatGone(peer: string): void {
    // Who has not even heard of its seat yet was silent for as long as that took.
    const { silence } = this.#heard.get(peer) ?? { silence: Number.POSITIVE_INFINITY }
    this.#silence.set(peer, Math.max(this.silenceOf(peer), silence))
  }

  heard = (page: Page, frame: ServerFrame): void => {
    const known = this.pages.get(page)
    if (!known) return
    this.#note(page, frame)
    this.#inOrder(known, frame)
    this.#follow(page, known, frame)
    if (page.role === 'guest') this.#private(page, known, frame)
    const isGone = known.person.revoking || this.#isReplaced(page, known)
    if (frame.type === 'error' && frame.code === 'seat_expired' && !isGone) this.#expired(page.peer)
    if (frame.type === 'peer-left' && frame.reason === 'expired') this.#expired(frame.peer)
  }

  /** A copy of a tab that dials in later takes the seat of the other, whose page may hear of that last. */
  #isReplaced(page: Page, { openedAt, person }: Known): boolean {
    const since = this.#dialledIn.get(page)?.instant ?? openedAt
    // One that was reloaded has dialled in with no code of its own.
    const code = page.code ?? person.pass.code
    return [...this.#dialledIn].some(([copy, { instant }]) => copy.code === code && instant > since)
  }

  #present(): Present {
    return { at: this.server?.machine.lived ?? 0, instant: this.#timeline.now }
  }

  #inOrder(known: Known, { type, seq }: ServerFrame): void {
    if (seq === undefined) return
    const last = known.seq
    known.seq = seq
    if (last === 'anything' || seq === last + 1) return
    this.broken(seq > last ? `a frame is lost before ${type}` : `a frame came twice: ${type}`)
  }

  #follow(page: Page, known: Known, frame: ServerFrame): void {
    const before = known.state
    const disk = this.server?.disk
    if (frame.type === 'joined') {
      known.seq = 0
      // Its join was heard, when nobody knew yet which peer that would be.
      const { at, instant } = this.#dialledIn.get(page) ?? this.#present()
      this.#heard.set(frame.peer, { at, seated: instant, silence: 0 })
      known.state = frame.state as 'waiting' | 'admitted'
      if (!disk?.peers.has(frame.peer)) this.broken('a seat was confirmed too early')
    } else if (frame.type === 'resumed') {
      const heard = this.#heard.get(frame.peer)
      if (heard) heard.seated = this.#timeline.now
      // What was missed may be from the state before.
      if (!frame.lossless) {
        known.state = frame.state as 'waiting' | 'admitted'
        known.seq = 'anything'
        known.steadySince = this.#timeline.now
      }
    } else if (frame.type === 'waiting' || frame.type === 'held') known.state = 'waiting'
    else if (frame.type === 'admitted') {
      known.state = 'admitted'
      known.session = frame.session
      if (!disk?.sessions.has(frame.session)) this.broken('a session was confirmed too early')
    }
    if (known.state !== before) known.steadySince = this.#timeline.now
  }

  /** Nobody learns what is not for them. */
  #private(page: Page, known: Known, frame: ServerFrame): void {
    const waits = known.state !== 'admitted'
    if (waits && !WHILE_WAITING.has(frame.type)) this.broken(`${frame.type} to somebody who waits`)
    const text = frame.type === 'signal' ? frame.from : JSON.stringify(frame)
    for (const [other, { person }] of this.pages) {
      if (person === known.person || !other.peer) continue
      const mayKnow = !waits && person.pass.room === known.person.pass.room
      if (mayKnow && (other.role === 'host' || this.#admitted.has(other.peer))) continue
      if (text.includes(other.peer) || (!mayKnow && text.includes(`"${person.name}"`))) {
        this.broken(`${page.role} learns of ${other.role} by ${frame.type}`)
      }
    }
  }

  #expired(peer: string | undefined): void {
    if (!peer || this.#gone.has(peer)) return
    const silence = this.#silence.get(peer) ?? 0
    if (silence < RESUME_WITHIN - 3_000) this.broken(`a seat was lost after ${Math.round(silence / 1000)} s of silence`)
  }

  /** Whoever has a valid code is let in, and whoever is sent away is told why. */
  #refused({ client, peer = '', code }: Page, { name, pass, revoked }: Person): void {
    const { state } = client.view
    if (state.at !== 'over') return
    const { over } = state
    if (over.reason === 'denied' && over.text !== reasonFor(peer)) this.broken(`${name} is denied for ${over.text}`)
    const { now } = this.#timeline
    const valid = code === pass.code && !revoked && now > pass.from + CLOCKS && now < pass.until - CLOCKS
    if (over.reason !== 'refused' || !CODES.has(over.code) || !valid || !this.overdue(0)) return
    // By a clock that was wrong for long it may have been too old, and deleted.
    if (over.code !== 'code_unknown' || this.sweptUntil < EPOCH + pass.until)
      this.broken(`${name} has a valid code, and is refused: ${over.code}`)
  }

  /** Takes note of intentions that the page shows to be fulfilled, or past. */
  #settle(page: Page, known: Known): void {
    if (known.intentions.length === 0 || !page.live) return
    const { lobby, peers } = page.client.view
    known.intentions = known.intentions.filter(({ command, peer }) => {
      if (command === 'end') return peers.length > 0
      const state = lobby.find((one) => one.peer === peer)?.state
      return command === 'deny' ? state !== undefined : state === (command === 'admit' ? 'waiting' : 'admitted')
    })
  }

  /** Whether something may be asked for by now that has been so since an instant. */
  overdue(since: number): boolean {
    return this.#timeline.now - Math.max(since, this.calmSince) > BOUND
  }

  /** To be called now and then: nothing that was said is lost. */
  check(): void {
    for (const [page, { intentions }] of this.pages) {
      for (const intention of intentions) {
        if (page.hidden) intention.at = this.#timeline.now
        else if (page.live && this.overdue(intention.at)) this.broken(`${intention.command} is lost`)
      }
    }
    for (const [{ live }, { person }] of this.pages) {
      if (live && person.revoked && this.overdue(person.revoked))
        this.broken(`${person.name} is there with a revoked code`)
    }
    this.#notices = this.#notices.filter((notice) => !this.overdue(notice.at) || this.#mustHaveCome(notice))
  }

  #mustHaveCome({ text, peer, from, at, lives, heard }: Notice): false {
    if (from.live && !heard) this.broken('a notice was never said')
    const [page, known] = [...this.pages].find((entry) => entry[0].peer === peer && entry[0].live) ?? []
    if (!page || !known || page.hidden || lives !== this.server?.lives || !from.open || known.notices.has(text))
      return false
    if (known.steadySince < at && known.state === 'waiting') this.broken('a notice is lost')
    return false
  }
}
