/** The connection to the server: one WebSocket at a time, opened again for as long as that can help. */
import type { SUBPROTOCOL } from '../protocol/messages.ts'
import type { Socket, World } from './world.ts'

/** Typed by the protocol's own constant, so that a new version of it does not compile unnoticed. */
const subprotocol: typeof SUBPROTOCOL = 'wartezimmer.v1'

/** Milliseconds that one attempt may take, from the first packet to an accepted join or resume. */
const PATIENCE = 10_000

/** A connection that held for so long (ms) was a good one; whoever is cut off sooner each time waits longer each time. */
const STEADY = 10_000

/** A page hidden for longer than this (ms) may have slept: its connection is not to be trusted. */
const LONG_HIDDEN = 30_000

/** How often silence is looked for, how long it is nothing special, and how long an answer may take (ms). */
const LOOK = 5_000
const SILENCE = 25_000
const ANSWER = 8_000

/** What the socket tells its owner. */
export type SocketEvents = {
  /** The WebSocket is open; now say `join` or `resume`. */
  opened(): void
  /** A text frame has come. */
  received(text: string): void
  /** The connection is gone or was not made; it is made again by itself. `failures` in a row so far. */
  lost(failures: number, closeCode: number): void
  /** Nothing was heard for long, or something waits: say what will be answered, or the connection counts as lost. */
  silent(): void
  /** Whether something that was said waits to be confirmed. */
  waits(): boolean
  /** The server has closed for good, with this close code. */
  ended(code: number): void
}

/**
 * How long to wait before the next attempt, in milliseconds; undefined: stop and tell the user.
 *
 * The protocol's ranges: 4500 to 4999 (and 1000, "you left") stop, everything else is worth
 * another attempt. 1012 asks for a random wait of up to 5 s, because everybody got it at once.
 * Otherwise the delay doubles from half a second to 10 s, half of it random.
 * @param random a number from 0 to 1
 */
export function retryDelay(closeCode: number, failures: number, random: number): number | undefined {
  if (closeCode === 1000 || (closeCode >= 4500 && closeCode <= 4999)) return undefined
  if (closeCode === 1012) return random * 5000
  return Math.min(10_000, 500 * 2 ** failures) * (0.5 + random / 2)
}

/** Opens the socket; it stays until the server ends it or `close` is called. */
export function openSocket(url: string, tell: SocketEvents, world: World) {
  let socket: Socket | undefined
  let stopTimer = () => {}
  let failures = 0
  let notBefore = 0
  let heard = 0
  let asked: number | undefined
  let settledAt: number | undefined
  let hiddenSince = world.hidden() ? world.now() : undefined

  function connect() {
    stopTimer()
    const mine: Socket = world.open(url, subprotocol, {
      opened: () => socket === mine && tell.opened(),
      received(text) {
        if (socket !== mine) return
        heard = world.now()
        asked = undefined
        tell.received(text)
      },
      closed: (code) => drop(mine, code),
    })
    socket = mine
    stopTimer = world.after(PATIENCE, () => drop(mine, 1006))
  }

  function drop(gone: Socket, code: number) {
    if (socket !== gone) return
    forget()
    const delay = retryDelay(code, failures, world.random())
    if (delay === undefined) {
      stopWatching()
      tell.ended(code)
      return
    }
    failures += 1
    connectIn(delay)
    tell.lost(failures, code)
  }

  /** Lets go of the present WebSocket; whatever it still says is not heard. */
  function forget() {
    const gone = socket
    socket = undefined
    if (settledAt !== undefined && world.now() - settledAt >= STEADY) failures = 0
    settledAt = undefined
    asked = undefined
    stopTimer()
    gone?.close()
  }

  function connectIn(ms: number) {
    stopTimer()
    stopTimer = world.after(Math.max(ms, notBefore - world.now()), connect)
  }

  /**
   * The network or the page has come back: connect at once. A connection that still looks open is
   * replaced, because a browser takes minutes to notice a dead one; a resume costs one round trip.
   */
  function renew() {
    forget()
    connectIn(0)
    tell.lost(failures, 1006)
  }

  /**
   * The server finds dead connections by ping, but no browser shows its pings to a page, and one that
   * only listens would listen to a dead connection for ever. A tab in the background may be a minute
   * late here, so what counts is whether an answer came, and not how long it was silent before.
   */
  function look() {
    if (settledAt === undefined || !socket) return
    if (asked === undefined && (tell.waits() || world.now() - heard > SILENCE)) {
      asked = world.now()
      tell.silent()
    } else if (asked !== undefined && world.now() - asked > ANSWER) drop(socket, 1006)
  }

  function shownOrHidden() {
    const slept = hiddenSince !== undefined && world.now() - hiddenSince > LONG_HIDDEN
    hiddenSince = world.hidden() ? world.now() : undefined
    if (!world.hidden() && (slept || socket === undefined)) renew()
  }

  /** Sends now. Returns false where there is no open connection, and then has sent nothing. */
  function send(text: string): boolean {
    return socket?.send(text) ?? false
  }

  /** Says that the server took us in: if that holds, the next loss starts with a short delay again. */
  function settled(): void {
    settledAt = world.now()
    stopTimer()
  }

  /** No attempt for this many seconds: the server asked for it. */
  function pause(seconds = 0): void {
    notBefore = Math.max(notBefore, world.now() + seconds * 1000)
  }

  /** Hangs up for good. Nothing is told any more. */
  function close(): void {
    stopWatching()
    forget()
  }

  const watching = [
    world.every(LOOK, look),
    world.on('online', renew),
    world.on('restored', renew),
    world.on('visibility', shownOrHidden),
  ]
  const stopWatching = () => {
    for (const stop of watching) stop()
  }
  connect()

  return { send, settled, pause, close }
}
