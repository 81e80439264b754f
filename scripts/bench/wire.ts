/**
 * A WebSocket client that costs little, so that the servers are what is measured: no checks, no compression, one
 * system call for each frame, and text only where somebody wants text.
 */
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'

export type Target = { port: number; token: string; localAddress?: string; tls: boolean }

/** Any will do, but not 0, which servers may notice. */
const MASK = [0x5a, 0xc3, 0x17, 0x88] as const
const TEXT = 0x81
/** The first part of a text, any after it, and the last. */
const BEGINS = 0x01
const GOES_ON = 0x00
const ENDS = 0x80
const CLOSE = 0x88
const PING = 0x89
const PONG = 0x8a

/** @returns a whole frame, masked as clients have to */
function frameOf(first: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = length < 126 ? 6 : 8
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = first
  frame[1] = 0x80 | (length < 126 ? length : 126)
  if (length >= 126) frame.writeUInt16BE(length, 2)
  for (let n = 0; n < 4; n++) frame[head - 4 + n] = MASK[n] as number
  for (let n = 0; n < length; n++) frame[head + n] = (payload[n] as number) ^ (MASK[n & 3] as number)
  return frame
}

/** Where the payload of the frame at the beginning of some bytes begins and ends; nothing while it is not all there. */
function bounds(bytes: Buffer): [start: number, end: number] | undefined {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] as number) & 0x7f
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start) return undefined
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6)
  return bytes.length < start + length ? undefined : [start, start + length]
}

export class Wire {
  readonly #socket: Socket
  #left: Buffer = Buffer.alloc(0)
  #parts: Buffer[] = []
  /** A text that is answered with another, and no concern of anybody else. */
  answers: readonly [asked: string, answer: string] | undefined
  /** Called with the payload of each other text frame. */
  onText: (payload: Buffer) => void = () => {}
  /** Called unless it was this side that cut it. */
  onClose: (why: string) => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Connects and shakes hands. */
  static open({ port, localAddress, tls }: Target, path: string, protocol = ''): Promise<Wire> {
    const where = { host: '127.0.0.1', port, noDelay: true, ...(localAddress && { localAddress }) }
    const socket = tls ? connectTls({ ...where, rejectUnauthorized: false }) : connectPlain(where)
    const wire = new Wire(socket)
    socket.on('close', () => wire.onClose('cut'))
    const { promise, resolve, reject } = Promise.withResolvers<Wire>()
    socket.on('error', reject)
    wire.onClose = reject
    let head = ''
    const shake = (chunk: Buffer) => {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head))
      socket.off('data', shake)
      socket.on('data', (more: Buffer) => wire.#take(more))
      wire.onClose = () => {}
      resolve(wire)
      // What came with the handshake is taken once somebody can listen.
      wire.#left = Buffer.from(head.slice(end + 4), 'latin1')
      if (wire.#left.length > 0) setImmediate(() => wire.#take(Buffer.alloc(0)))
    }
    socket.on('data', shake)
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
        `${protocol && `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`,
    )
    return promise
  }

  #take(chunk: Buffer): void {
    let bytes = this.#left.length > 0 ? Buffer.concat([this.#left, chunk]) : chunk
    for (let found = bounds(bytes); found; found = bounds(bytes)) {
      const payload = bytes.subarray(...found)
      if (bytes[0] === TEXT) this.#takeText(payload)
      else if (bytes[0] === PING) this.#socket.write(frameOf(PONG, payload))
      else if (bytes[0] === CLOSE) this.onClose(`${payload.length > 1 && payload.readUInt16BE(0)}`)
      else if (bytes[0] === BEGINS || bytes[0] === GOES_ON) this.#parts.push(Buffer.from(payload))
      else if (bytes[0] === ENDS) this.#takeText(Buffer.concat([...this.#parts.splice(0), payload]))
      else if (bytes[0] !== PONG) throw new Error(`a frame that nobody reads: ${bytes[0]}`)
      bytes = bytes.subarray(found[1])
    }
    this.#left = bytes
  }

  #takeText(payload: Buffer): void {
    const [asked, answer] = this.answers ?? []
    if (asked?.length === payload.length && answer && payload.toString('latin1') === asked) this.send(answer)
    else this.onText(payload)
  }

  send(text: string): void {
    this.#socket.write(frameOf(TEXT, Buffer.from(text)))
  }

  /** What has come over the network so far, handshake and all. */
  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  /** Cuts the line, and leaves nothing of it behind: thousands of ports that wait for stragglers slow down whoever connects. */
  cut(): void {
    this.onClose = () => {}
    if (this.#socket instanceof TLSSocket) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }
}
