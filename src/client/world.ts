/** What the client takes from outside: time, chance, sockets, and what befalls a page. In a browser, the browser's. */

/** One WebSocket. */
export type Socket = {
  /** Returns false where it is not open, and then has sent nothing. */
  send(text: string): boolean
  close(): void
}

/** What is told of a WebSocket. */
export type SocketListener = {
  opened(): void
  received(text: string): void
  closed(code: number): void
}

/** What may befall a page: the network is back, the page came back from the browser's cache, was hidden or shown. */
export type PageEvent = 'online' | 'restored' | 'visibility'

export type World = {
  /** Milliseconds since some instant; nobody can set this clock. */
  now(): number
  /** Runs a task once after so many ms, perhaps much later in a hidden page. Returns what stops it. */
  after(ms: number, task: () => void): () => void
  /** The same, again and again. */
  every(ms: number, task: () => void): () => void
  /** From 0 up to, but not including, 1. */
  random(): number
  open(url: string, protocol: string, listener: SocketListener): Socket
  /** Whether the page is in the background. */
  hidden(): boolean
  /** Listens; returns what stops it. */
  on(event: PageEvent, listener: () => void): () => void
}

function listen(target: EventTarget, event: string, listener: (event: Event) => void): () => void {
  target.addEventListener(event, listener)
  return () => target.removeEventListener(event, listener)
}

/** Lets somebody hear a WebSocket, of the browser or made like it. */
export function hear(socket: WebSocket, { opened, received, closed }: SocketListener): Socket {
  socket.onopen = opened
  socket.onmessage = ({ data }) => typeof data === 'string' && received(data)
  socket.onclose = ({ code }) => closed(code)
  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return false
      socket.send(text)
      return true
    },
    close: () => socket.close(),
  }
}

/** The world of a page. */
export const browserWorld: World = {
  now: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
  every(ms, task) {
    const timer = setInterval(task, ms)
    return () => clearInterval(timer)
  },
  random: () => Math.random(),
  open: (url, protocol, listener) => hear(new WebSocket(url, protocol), listener),
  hidden: () => document.hidden,
  on(event, listener) {
    switch (event) {
      case 'online':
        return listen(globalThis, 'online', listener)
      case 'restored':
        return listen(globalThis, 'pageshow', (shown) => (shown as PageTransitionEvent).persisted && listener())
      case 'visibility':
        return listen(document, 'visibilitychange', listener)
      default:
        return event satisfies never
    }
  },
}
