/** A malicious server: the real one behind it, and in front of it somebody who reads, holds back and says what he likes. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

/** One page's connection to it. */
export type Tapped = {
  role: 'host' | 'guest' | undefined
  /** Says something to this page in the name of the other one. */
  tell(data: unknown): void
}

/**
 * What becomes of what a page says to another: returns what is really handed on.
 * @param from the page that has said it
 */
export type Mischief = (data: unknown, from: Tapped) => unknown[]

export async function openTap(server: () => string) {
  /** Each frame that went through, as text. */
  const seen: string[] = []
  const pages: Tapped[] = []
  let mischief: Mischief = (data) => [data]

  const http = createServer((asked, answer) => {
    const headers = { ...asked.headers, host: new URL(server()).host }
    asked.pipe(
      request(server() + (asked.url ?? ''), { method: asked.method, headers }, (real) => {
        answer.writeHead(real.statusCode ?? 500, real.headers)
        real.pipe(answer)
      }).on('error', () => answer.destroy()),
    )
  })
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false })

  http.on('upgrade', (asked, tcp: Socket, head) => {
    const real = new WebSocket(server().replace('http', 'ws') + asked.url, 'wartezimmer.v1')
    real.once('error', () => tcp.destroy())
    real.once('open', () => sockets.handleUpgrade(asked, tcp, head, (page) => connect(page, real)))
  })

  function connect(page: WebSocket, real: WebSocket) {
    let other = ''
    const tapped: Tapped = {
      role: undefined,
      tell: (data) => page.send(JSON.stringify({ type: 'signal', from: other, data })),
    }
    pages.push(tapped)
    page.on('message', (text) => {
      seen.push(String(text))
      const frame = JSON.parse(String(text))
      if (frame.type !== 'signal') return real.send(String(text))
      for (const data of mischief(frame.data, tapped)) real.send(JSON.stringify({ ...frame, data }))
    })
    real.on('message', (text) => {
      seen.push(String(text))
      const frame = JSON.parse(String(text))
      if (frame.type === 'joined' || frame.type === 'resumed') tapped.role = frame.role
      if (frame.type === 'admitted') other = frame.peers[0]?.peer
      if (frame.type === 'peer-joined') other = frame.peer
      page.send(String(text))
    })
    page.on('close', () => real.close())
    real.on('close', (code) => page.close(code === 1006 ? 1012 : code))
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen,
    /** The connection of the one who has this role now. */
    page(role: 'host' | 'guest'): Tapped {
      const found = pages.findLast((page) => page.role === role)
      if (!found) throw new Error(`no ${role} yet`)
      return found
    },
    begin(next: Mischief) {
      mischief = next
    },
    stop() {
      http.close()
      http.closeAllConnections()
    },
  }
}
