/** A page in somebody's browser: the real client, in a virtual world. */
import type { ClientOptions } from '../../src/client/client.ts'
import { dialIn } from '../../src/client/client.ts'
import type { PageEvent, World } from '../../src/client/world.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { openStorage } from '../support/world.ts'
import { Line, type Link, type Server } from './network.ts'
import { Talk } from './talk.ts'
import type { Timeline } from './timeline.ts'

/** In a page in the background timers may be so late. */
const BACKGROUND = 60_000

/** What `sessionStorage` is to a tab. */
export type Tab = Map<string, string>

export type PageOptions = {
  timeline: Timeline
  server: Server
  link: Link
  random: () => number
  tab: Tab
  /** Everything that its client was told. */
  heard: (page: Page, frame: ServerFrame) => void
  /** Everything that its client said. */
  said: (page: Page, text: string) => void
  broken: (why: string) => void
}

let pages = 0

export class Page {
  readonly number = ++pages
  readonly options: PageOptions
  readonly tab: Tab
  /** What was typed, if anything. */
  readonly code: string | undefined
  readonly client: ReturnType<typeof dialIn>
  readonly talk: Talk
  /** The seat that it has, or comes back to. */
  peer: string | undefined
  role: 'host' | 'guest' | undefined
  /** Whether it is still open in the browser. */
  open = true
  hidden = false
  readonly #lines = new Set<Line>()
  readonly #listeners = new Map<PageEvent, Set<() => void>>()

  constructor(options: PageOptions, way: Pick<ClientOptions, 'code' | 'name' | 'takeover'>) {
    this.options = options
    this.tab = options.tab
    this.code = way.code
    const token = way.code === undefined && /"token":"([^.]+)/.exec([...this.tab.values()][0] ?? '')?.[1]
    if (token) this.peer = token
    const storage = openStorage(this.tab)
    let talk: Talk | undefined
    const openCall: ClientOptions['openCall'] = (call) => {
      talk = new Talk(this.number, call, (why) => options.broken(why))
      return talk
    }
    this.client = dialIn({ ...way, storage, url: 'wss://practice.example', world: this.#world(), openCall })
    this.talk = talk as unknown as Talk
  }

  get at(): string {
    return this.client.view.state.at
  }

  /** Whether it shows that it is connected and has its seat. */
  get live(): boolean {
    return this.open && (this.at === 'waiting' || this.at === 'session' || this.at === 'open')
  }

  /** Says the last frames once more, as other people's pages may, which do not know exactly what was heard. */
  sayAgain = (): void => {}

  /** The tab is closed, or the page goes away for another. */
  close(): void {
    this.open = false
    for (const line of [...this.#lines]) line.client.close()
    this.talk.close()
  }

  befall(event: PageEvent): void {
    if (!this.open) return
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener()
  }

  hide(hidden: boolean): void {
    if (this.hidden === hidden) return
    this.hidden = hidden
    this.befall('visibility')
  }

  #world(): World {
    const { timeline, server, link, random } = this.options
    const after = (ms: number, task: () => void) => {
      const late = this.hidden ? random() * BACKGROUND : 0
      return timeline.after(ms + late, () => link.device.timer(() => this.open && task()))
    }
    return {
      now: () => link.device.lived,
      after(ms, task) {
        let stopped = false
        const stop = after(ms, () => stopped || task())
        return () => {
          stopped = true
          stop()
        }
      },
      every(ms, task) {
        let stopped = false
        const again = () => {
          if (stopped) return
          task()
          after(ms, again)
        }
        after(ms, again)
        return () => {
          stopped = true
        }
      },
      random,
      open: (_url, _protocol, listener) => {
        const line = new Line(link, server, timeline, {
          opened: listener.opened,
          received: (text) => {
            const frame = JSON.parse(text) as ServerFrame
            if (frame.type === 'joined') this.peer = frame.peer
            this.options.heard(this, frame)
            listener.received(text)
          },
          closed: (code) => {
            this.#lines.delete(line)
            listener.closed(code)
          },
        })
        this.#lines.add(line)
        line.page = this
        const { client } = line
        const said: string[] = []
        this.sayAgain = () => said.slice(-5).forEach(client.send)
        return {
          send: (text) => {
            const sent = client.send(text)
            if (sent) this.options.said(this, text)
            if (text.includes('"id":')) said.push(text)
            return sent
          },
          close: () => {
            this.#lines.delete(line)
            client.close()
          },
        }
      },
      hidden: () => this.hidden,
      on: (event, listener) => {
        const listeners = this.#listeners.get(event) ?? new Set()
        this.#listeners.set(event, listeners.add(listener))
        return () => listeners.delete(listener)
      },
    }
  }
}
