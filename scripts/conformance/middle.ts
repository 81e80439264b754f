/** Stands between a client and the server: sees every frame, and can cut, hold and add. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { type ServerFrame, SUBPROTOCOL } from '../../src/protocol/messages.ts'

/** One connection of the client, as it goes on. */
export type Line = {
  readonly address: string
  readonly headers: IncomingHttpHeaders
  /** When it was opened, by `performance.now()`. */
  readonly at: number
  readonly open: boolean
  /** The types of what it was told so far. */
  readonly told: string[]
  /** Tells the client something that the server has not said. */
  tell(frame: object): void
  /** Whether a ping comes back as it went out. */
  ping(): Promise<boolean>
  /** The line breaks: nobody says goodbye. */
  cut(): void
  /** Nothing goes through any more, in either direction, and nobody is told. */
  silence(): void
  close(code: number): void
}

/** Who watches what goes by. */
export type Observer = {
  opened(line: Line): void
  said(line: Line, data: RawData, isBinary: boolean): void
  told(line: Line, frame: ServerFrame): void
  closed(line: Line, code: number): void
}

/** A field that no client knows; each frame gets it, as a later server might have some. */
const UNKNOWN = { 'x-later': { fields: ['are', 'to', 'be'], ignored: true } }

export async function openMiddle(server: () => string, observer: Observer) {
  const http = createServer((_request, response) => response.writeHead(426).end())
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  })
  const lines: Line[] = []

  http.on('upgrade', (request, tcp: Socket, head) => {
    const up = new WebSocket(server(), SUBPROTOCOL)
    up.once('error', () => tcp.destroy())
    up.once('open', () =>
      sockets.handleUpgrade(request, tcp, head, (down) => {
        const line = connect(down, up, tcp, request.url ?? '', request.headers)
        lines.push(line)
        observer.opened(line)
      }),
    )
  })

  function connect(down: WebSocket, up: WebSocket, tcp: Socket, address: string, headers: IncomingHttpHeaders): Line {
    let silent = false
    let open = true
    const told: string[] = []
    const end = (code: number) => {
      if (!open) return
      open = false
      observer.closed(line, code)
    }
    const line: Line = {
      ...{ address, headers, told, at: performance.now() },
      get open() {
        return open
      },
      tell: (frame) => down.send(JSON.stringify(frame)),
      async ping() {
        const payload = `later ${Math.random()}`
        const pong = once(down, 'pong').then(([data]) => String(data) === payload)
        down.ping(payload)
        return Promise.race([pong, wait(10_000, false)])
      },
      cut() {
        end(1006)
        tcp.resetAndDestroy()
        up.terminate()
      },
      silence() {
        silent = true
        tcp.pause()
        up.terminate()
      },
      close(code) {
        end(code)
        down.close(code)
        up.terminate()
      },
    }
    down.on('message', (data, isBinary) => {
      if (silent || !open) return
      observer.said(line, data, isBinary)
      up.send(data, { binary: isBinary })
    })
    up.on('message', (data) => {
      if (silent || !open) return
      const frame = JSON.parse(String(data)) as ServerFrame
      told.push(frame.type)
      observer.told(line, frame)
      line.tell({ ...frame, ...UNKNOWN })
    })
    up.on('close', (code) => {
      if (silent || !open) return
      end(code)
      // 1006 is said by nobody: the line just ends.
      if (code === 1006 || code === 1005) tcp.destroy()
      else down.close(code)
    })
    down.on('close', () => {
      end(1005)
      tcp.destroy()
      up.close()
    })
    for (const socket of [down, up]) socket.on('error', () => {})
    return line
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v1/signal`,
    /** All connections so far, the present one last. */
    lines,
    stop: () => {
      for (const line of lines) if (line.open) line.cut()
      http.close()
      http.closeAllConnections()
    },
  }
}
