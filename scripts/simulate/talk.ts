/** A call without media: it numbers what it says to each peer, and checks the numbers that it hears. */
import type { Call, CallOptions, Media } from '../../src/client/call.ts'
import { noMedia } from '../../src/client/pair.ts'
import type { Participant } from '../../src/client/view.ts'

/** A stream of numbered signals; a new one begins wherever something may be lost and its page knows. */
export type Said = { page: number; stream: number; n: number }

let streams = 0

export class Talk implements Call {
  readonly #options: CallOptions
  readonly #broken: (why: string) => void
  readonly said = new Map<string, Said>()
  /** The last that was heard of each peer's pages, since it was said last that something may be lost. */
  readonly heard = new Map<string, Map<number, Said>>()
  /** What did not come although more came after it: its sender must be told. */
  readonly gaps: Said[] = []
  readonly #page: number
  #closed = false

  constructor(page: number, options: CallOptions, broken: (why: string) => void) {
    this.#page = page
    this.#options = options
    this.#broken = broken
  }

  say(peer: string, pad: string): void {
    const said = this.said.get(peer)
    if (!said) return
    said.n += 1
    this.#options.say(peer, { ...said, pad } as never)
  }

  /** Does not wait to be told that somebody is in the session, as other people's pages may not. */
  shout(peer: string, count: number): void {
    streams += 1
    for (let n = 1; n <= count && !this.#closed; n++) {
      if (this.said.has(peer)) this.say(peer, '')
      else this.#options.say(peer, { page: this.#page, stream: streams, n } as never)
    }
  }

  update(present: readonly Participant[], told: readonly string[]): void {
    const wanted = new Set(present.map(({ peer }) => peer))
    for (const peer of this.said.keys()) if (!wanted.has(peer)) this.#drop(peer)
    for (const peer of wanted) if (!this.said.has(peer) || told.includes(peer)) this.recover(peer)
  }

  receive(from: string, data: unknown): void {
    // Who has left hears on until the server has heard that.
    if (this.#closed) return
    const { page, stream, n } = data as Said
    const pages = this.heard.get(from)
    if (!pages) return this.#broken('a signal of somebody who is not in the session')
    const last = pages.get(page)
    const newest = Math.max(0, ...[...pages.values()].map((said) => said.stream))
    pages.set(page, { page, stream, n })
    if (last && (stream < last.stream || (stream === last.stream && n <= last.n))) {
      this.#broken(`a signal came twice, or too late: ${stream}/${n} after ${last.stream}/${last.n}`)
    }
    const expected = stream === last?.stream ? last.n + 1 : 1
    // A page that is new, or that nothing was heard of, may be anywhere; a new stream begins at its beginning.
    if ((last || (newest > 0 && stream > newest)) && n !== expected) {
      this.gaps.push({ page, stream, n: expected })
    }
  }

  recover(peer?: string): void {
    for (const each of peer === undefined ? [...this.said.keys()] : [peer]) {
      streams += 1
      this.said.set(each, { page: this.#page, stream: streams, n: 0 })
      this.heard.set(each, new Map())
    }
  }

  clear(): void {
    for (const peer of [...this.said.keys()]) this.#drop(peer)
  }

  #drop(peer: string): void {
    this.said.delete(peer)
    this.heard.delete(peer)
  }

  media = (): Media => ({ ...noMedia, link: 'connected', seal: { at: 'unsealed' } })
  async compared(): Promise<void> {}
  setPracticeKey(): void {}
  setStream(): void {}
  write(): string[] {
    return []
  }
  setIce(): void {}
  close(): void {
    this.#closed = true
    this.clear()
  }
}
