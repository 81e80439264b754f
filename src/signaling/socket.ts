/** How a WebSocket is listened to and written to, where there are thousands of them. */
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/** Who is told what comes from a WebSocket. */
export type SocketListener = {
  hear(data: Buffer, isBinary: boolean): void
  pinged(payload: Buffer): void
  ponged(payload: Buffer): void
  overflowed(): void
  gone(): void
}

/** What ws calls a frame that is too large, or comes in too many parts. */
const TOO_MUCH = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
])

/**
 * A WebSocket that tells one listener what comes. EventEmitter's own, five of them, would
 * weigh more than all that a connection knows; so would the one with which ws answers pings.
 */
export class TellingWebSocket extends WebSocket {
  listener: SocketListener | undefined = undefined

  override emit(event: string, said?: unknown, isBinary?: unknown): boolean {
    const { listener } = this
    if (!listener) return false
    if (event === 'message') listener.hear(said as Buffer, isBinary as boolean)
    else if (event === 'ping') listener.pinged(said as Buffer)
    else if (event === 'pong') listener.ponged(said as Buffer)
    else if (event === 'close') listener.gone()
    // `close` follows; what went wrong is the peer's affair.
    else if (event === 'error' && TOO_MUCH.has((said as NodeJS.ErrnoException).code ?? '')) listener.overflowed()
    return true
  }
}

/** The options with which ws makes them. */
export const telling = { WebSocket: TellingWebSocket as never, autoPong: false }

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
