/** How a WebSocket is listened to and written to, where there are thousands of them. */
import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** Who is told what comes from a WebSocket. */
export type SocketListener = {
  hear(data: Buffer, isBinary: boolean): void
  pinged(payload: Buffer): void
  ponged(payload: Buffer): void
  overflowed(): void
  gone(): void
}

/** A WebSocket that knows who listens to it. */
type Wired = WebSocket & { listener: SocketListener }

/** What ws calls a frame that is too large, or comes in too many parts. */
const TOO_MUCH = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
])

/**
 * One of each for all WebSockets: made for every one, they would weigh more than all that a connection
 * knows. So does the listener with which ws would answer pings: its option `autoPong` has to be off.
 */
const listeners = Object.entries({
  message(this: Wired, data: Buffer, isBinary: boolean): void {
    this.listener.hear(data, isBinary)
  },
  ping(this: Wired, payload: Buffer): void {
    this.listener.pinged(payload)
  },
  pong(this: Wired, payload: Buffer): void {
    this.listener.ponged(payload)
  },
  close(this: Wired): void {
    this.listener.gone()
  },
  /** `close` follows; what went wrong is the peer's affair. */
  error(this: Wired, { code = '' }: NodeJS.ErrnoException): void {
    if (TOO_MUCH.has(code)) this.listener.overflowed()
  },
})

/** Attaches all listeners at once, so that no frame that came with the upgrade is missed. */
export function listen(socket: WebSocket, listener: SocketListener): void {
  const wired: EventEmitter = Object.assign(socket, { listener })
  for (const [event, listen] of listeners) wired.on(event, listen)
}

/**
 * Reads no more frames: what still comes after a close frame from here is let by as it is, as ws does with what is
 * no WebSocket any more. A flood would otherwise be unmasked and decoded for as long as it takes to hang up.
 */
export function stopReading(stream: Duplex): void {
  stream.removeAllListeners('data').resume().end()
}

/** What is written from now to the end of this turn goes out at once: the system call is most of what a frame costs. */
export function writeInOneGo(stream: Duplex): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  process.nextTick(uncork, stream)
}

const uncork = (stream: Duplex): void => stream.uncork()
