/** A virtual network: WebSockets that delay, break, fall silent, and keep the order of what they deliver. */
import type { SocketListener as ClientListener, Socket } from '../../src/client/world.ts'
import type { SocketListener } from '../../src/signaling/socket.ts'
import type { Machine } from './machine.ts'
import type { Timeline } from './timeline.ts'

/** Somebody's way to the server, which all connections of theirs share. */
export type Link = {
  device: Machine
  /** One way, ms; each delivery takes up to twice as long. */
  latency: number
  random: () => number
  /** Until when nothing gets through; it is late, not lost. */
  stalledUntil: number
  /** Nothing gets through, and nobody says so. */
  offline: boolean
  /** A proxy that cuts connections on which nothing was said for a minute. */
  proxied: boolean
  lines: Set<Line>
}

export type Server = {
  machine: Machine
  /** Takes a connection in, or returns false where nobody listens. */
  accept(socket: ServerSocket): boolean
  /** A frame, or the payload of a pong, was heard on this line. */
  heard(line: Line, text: string): void
}

const IDLE = 60_000
/** How long ws waits for the answer to a close frame. */
const CLOSE_WITHIN = 5_000

/** One WebSocket with both of its ends. */
export class Line {
  readonly link: Link
  readonly #timeline: Timeline
  readonly #server: Server
  readonly #listener: ClientListener
  readonly socket: ServerSocket
  /** Whose it is. */
  page: { peer: string | undefined } | undefined
  clientEnd: 'connecting' | 'open' | 'closed' = 'connecting'
  serverEnd: 'open' | 'closing' | 'closed' = 'closed'
  /** Whatever is sent disappears. */
  silent: boolean
  /** Bytes on their way to the client. */
  inFlight = 0
  readonly #arrival = { client: 0, server: 0 }
  #traffic = 0

  constructor(link: Link, server: Server, timeline: Timeline, listener: ClientListener) {
    this.link = link
    this.#server = server
    this.#timeline = timeline
    this.#listener = listener
    this.silent = link.offline
    this.socket = new ServerSocket(this)
    link.lines.add(this)
    this.toServer(() => {
      if (this.clientEnd === 'closed') return
      if (!server.accept(this.socket)) return this.#tellClient(1006)
      this.serverEnd = 'open'
      this.toClient(() => {
        if (this.clientEnd !== 'connecting') return
        this.clientEnd = 'open'
        listener.opened()
      })
    })
    if (link.proxied) this.#watchIdle()
  }

  get client(): Socket {
    return {
      send: (text) => {
        if (this.clientEnd !== 'open') return false
        this.toServer(() => this.#hear('hear', text))
        return true
      },
      close: () => this.#closeClient(),
    }
  }

  receive(text: string): void {
    this.inFlight += text.length
    this.toClient(() => {
      this.inFlight -= text.length
      if (this.clientEnd === 'open') this.#listener.received(text)
    })
  }

  /** The server sends a close frame; the browser answers it by itself. */
  closeByServer(code: number): void {
    if (this.serverEnd !== 'open') return
    this.serverEnd = 'closing'
    this.toClient(() => {
      this.toServer(() => this.closeServer())
      this.#tellClient(code)
    })
    this.#timeline.after(CLOSE_WITHIN, () => this.#server.machine.timer(() => this.closeServer()))
  }

  closeServer(): void {
    if (this.serverEnd === 'closed') return
    this.serverEnd = 'closed'
    this.link.lines.delete(this)
    this.socket.listener?.gone()
  }

  /** The connection breaks, what is on its way is lost, and those who are told hear of it soon. */
  cut(told: { client: boolean; server: boolean }): void {
    const open = !this.silent
    this.silent = true
    if (!open) return
    if (told.client) this.#later(this.link.device, () => this.#tellClient(1006))
    if (told.server) this.#later(this.#server.machine, () => this.closeServer())
  }

  #closeClient(): void {
    if (this.clientEnd === 'closed') return
    this.clientEnd = 'closed'
    this.toServer(() => this.closeServer())
  }

  #tellClient(code: number): void {
    if (this.clientEnd === 'closed') return
    this.clientEnd = 'closed'
    this.#listener.closed(code)
  }

  /** The browser answers a ping by itself. */
  ping(payload: string): void {
    this.toClient(() => {
      if (this.clientEnd === 'open') this.toServer(() => this.#hear('ponged', payload))
    })
  }

  toServer(task: () => void): void {
    this.#deliver('server', this.#server.machine, task)
  }

  #hear(what: 'hear' | 'ponged', text: string): void {
    if (this.serverEnd !== 'open') return
    this.#server.heard(this, text)
    this.socket.listener?.[what](Buffer.from(text), false)
  }

  toClient(task: () => void): void {
    this.#deliver('client', this.link.device, task)
  }

  /** In order, later than all that was sent before in this direction. */
  #deliver(to: 'client' | 'server', machine: Machine, task: () => void): void {
    if (this.silent) return
    const { latency, random, stalledUntil } = this.link
    this.#traffic = this.#timeline.now
    const time = Math.max(this.#timeline.now + latency * (1 + random()), stalledUntil, this.#arrival[to])
    // An event loop takes in at once what has come within a millisecond.
    this.#arrival[to] = to === 'server' ? Math.ceil(time) : time
    this.#timeline.at(this.#arrival[to], () => {
      if (!this.silent) machine.incoming(task)
    })
  }

  #later(machine: Machine, task: () => void): void {
    this.#timeline.after(this.link.latency, () => machine.incoming(task))
  }

  #watchIdle(): void {
    const left = this.#traffic + IDLE - this.#timeline.now
    if (this.clientEnd === 'closed' && this.serverEnd === 'closed') return
    if (left <= 0) return this.cut({ client: true, server: true })
    this.#timeline.after(left, () => this.#watchIdle())
  }
}

/** The server's end, in the shape of a TellingWebSocket. */
export class ServerSocket {
  readonly line: Line
  listener: SocketListener | undefined
  /** Set when the process that held it has died: it says nothing more. */
  dead = false

  constructor(line: Line) {
    this.line = line
  }

  get bufferedAmount(): number {
    return this.line.inFlight
  }

  send(frame: string | Buffer): void {
    if (!this.dead && this.line.serverEnd === 'open') this.line.receive(String(frame))
  }

  close(code: number): void {
    if (!this.dead) this.line.closeByServer(code)
  }

  terminate(): void {
    if (this.dead) return
    this.line.cut({ client: true, server: false })
    this.line.closeServer()
  }

  ping(payload: string): void {
    if (!this.dead && this.line.serverEnd === 'open') this.line.ping(payload)
  }

  pong(): void {}
}
