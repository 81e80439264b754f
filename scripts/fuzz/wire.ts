/** One raw TCP connection to the server: writes whatever it is given, and reads and judges what comes back. */
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import type { Judge } from './judge.ts'
import { type Random, random } from './random.ts'
import { pong } from './rfc6455.ts'
import { count, type Tally } from './tally.ts'

export type Target = { port: number; token: string; tally: Tally; judge: Judge }

/** Frames, or requests, of one kind. */
export type Sent = { kind: string; bytes: readonly Buffer[] }

const never = random('masks')

const LAST_CHUNK = '0\r\n\r\n'

export class Wire {
  readonly #socket: Socket
  readonly #target: Target
  #rest: Buffer = Buffer.alloc(0)
  #speaks: 'http' | 'websocket' = 'http'
  #seq: number | undefined
  /** Something has come, or it is over: whoever waits looks again. */
  #wake = (): void => {}
  /** Set as soon as the server has said goodbye, or the connection is gone. */
  over = false
  responses = 0
  /** Close codes that were sent from here. */
  readonly closes = new Set<number>()
  hear: (frame: ServerFrame) => void = () => {}
  /** What HTTP has answered, for who wants to use it. */
  read: (body: string) => void = () => {}

  /** @param from one of 127.0.0.0/8, so that ports do not run out */
  constructor(target: Target, from: string) {
    this.#target = target
    target.tally.connections += 1
    this.#socket = connect({ host: '127.0.0.1', port: target.port, localAddress: from, noDelay: true })
    this.#socket.on('data', (data) => this.#receive(data))
    this.#socket.on('error', () => {})
    const gone = (): void => {
      this.over = true
      this.#wake()
    }
    this.#socket.on('end', gone).on('close', gone)
  }

  get upgraded(): boolean {
    return this.#speaks === 'websocket'
  }

  /** Waits until something is so, or the connection is over, or `ms` have passed. @returns whether it is so */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, ms)
    while (!condition() && !this.over && !late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
    return condition()
  }

  /** Writes what is given, and counts it: in one write, or in pieces, or byte by byte. */
  async send(what: 'frames' | 'requests', all: readonly Sent[], random: Random): Promise<void> {
    if (this.over) return
    const { tally } = this.#target
    for (const { kind, bytes } of all) {
      tally[what] += bytes.length
      count(tally.sent, kind, bytes.length)
    }
    const bytes = Buffer.concat(all.flatMap((one) => one.bytes))
    const way = random.weighted({ whole: 8, pieces: 1.5, 'byte by byte': 0.3 })
    if (way === 'whole') return this.write(bytes)
    const sizes = way === 'pieces' ? [1, 2, 7, 125, 1000, 5000] : [1]
    const few = way === 'pieces' ? bytes.length : Math.min(bytes.length, 300)
    let at = 0
    while (at < few && !this.over) {
      const size = random.pick(sizes)
      this.write(bytes.subarray(at, at + size))
      at += size
      if (random.chance(0.3)) await nextTurn()
    }
    this.write(bytes.subarray(at))
  }

  write(bytes: Buffer): void {
    if (!this.over && bytes.length > 0) this.#socket.write(bytes)
  }

  /** Ends it: politely, abruptly, or only in one direction. */
  end(how: 'fin' | 'reset'): void {
    if (how === 'fin') this.#socket.end()
    else this.#socket.resetAndDestroy()
  }

  /** Lets go of it for good. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Reads nothing for a while: a slow reader. */
  async sleep(ms: number): Promise<void> {
    this.#socket.pause()
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.#socket.resume()
  }

  #receive(data: Buffer): void {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    while (this.#speaks === 'http' ? this.#response() : this.#frame()) {}
    this.#wake()
  }

  /** Takes one response off what has come. @returns whether there was a whole one */
  #response(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = this.#rest.toString('latin1', 0, end)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    if (!status) this.#target.judge.fault('an answer is no HTTP')
    const behind = this.#rest.subarray(end + 4)
    // After a HEAD no body comes, whatever length is said.
    const empty = status < 200 || status === 204 || status === 304 || behind.indexOf('HTTP/1.1 ') === 0
    // Only Node's own answers, which are empty, come without a length: as a last chunk and nothing before it.
    const length = empty ? 0 : Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? LAST_CHUNK.length)
    if (behind.length < length) return false
    const body = behind.toString('utf8', 0, length).replace(LAST_CHUNK, '')
    this.#rest = behind.subarray(length)
    this.#target.judge.response(status, head, body)
    this.responses += 1
    this.read(body)
    if (status === 101) this.#speaks = 'websocket'
    return this.#rest.length > 0
  }

  /** Takes one frame off what has come. @returns whether there was a whole one */
  #frame(): boolean {
    const { judge } = this.#target
    const [first = 0, second = 0] = this.#rest
    const wide = { 126: 2, 127: 8 }[second] ?? 0
    if (this.#rest.length < 2 + wide) return false
    const length = wide === 0 ? second : wide === 2 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2))
    const end = 2 + wide + length
    if (second > 127 || length > 1024 * 1024) {
      judge.fault('a frame of the server is masked, or of no known length')
      this.destroy()
      return false
    }
    if (this.#rest.length < end) return false
    const payload = this.#rest.subarray(2 + wide, end)
    this.#rest = this.#rest.subarray(end)
    if (first === 0x81) this.#heard(payload.toString())
    else if (first === 0x88) {
      this.over = true
      judge.close(payload.length >= 2 ? payload.readUInt16BE() : undefined, this.closes)
    } else if (first === 0x89) this.write(pong(never, payload))
    else if (first !== 0x8a) judge.fault(`a frame of the server begins with ${first.toString(16)}`)
    return this.#rest.length > 0
  }

  #heard(text: string): void {
    const frame = this.#target.judge.frame(text)
    if (!frame) return
    if (frame.type === 'resumed') this.#seq = undefined
    else if (frame.seq !== undefined) {
      if (frame.seq !== (this.#seq ?? frame.seq - 1) + 1) this.#target.judge.fault('frames of the server have a gap')
      this.#seq = frame.seq
    }
    this.hear(frame)
  }
}
