/** How two peers meet on each of the servers, and what a signal from one to the other looks like there. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Kind } from './servers.ts'

/** One end of a pair: `frame` makes the text of the next signal to the other end. */
export type End = { socket: WebSocket; frame: () => string }
export type Pair = [End, End]

export type Target = { port: number; token: string; localAddress: string }

/** Makes pairs; `prepare` is called before, for all pairs at once, so that it is not measured with them. */
export type Dialect<Key> = {
  prepare: (count: number, target: Target) => Promise<Key[]>
  meet: (key: Key, target: Target) => Promise<Pair>
}

/** What a signal carries: an offer, line breaks and all, of 900 bytes as JSON. */
export const PAYLOAD = offer(900)

function offer(bytes: number): string {
  const head = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n`
  const line = 'a=candidate:1 1 udp 2122260223 192.0.2.17 54321 typ host generation 0\r\n'
  const json = (fill: string) => JSON.stringify({ type: 'offer', sdp: head + line.repeat(9) + fill })
  return json('x'.repeat(bytes - json('').length))
}

type Frame = { type: string; peer?: string; peers?: { peer: string }[] }

function open(path: string, { port, localAddress }: Target, protocol: string[] = []): WebSocket {
  // Nobody listens for `error`: whatever goes wrong ends the client, and with it the benchmark.
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol, { localAddress, perMessageDeflate: false })
}

/** Waits for a frame of this type; anything else before it is passed over. */
function hear(socket: WebSocket, type: string): Promise<Frame> {
  return new Promise((resolve, reject) => {
    const listener = (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame
      if (frame.type === 'error') reject(new Error(data.toString()))
      if (frame.type !== type) return
      socket.off('message', listener)
      resolve(frame)
    }
    socket.on('message', listener)
  })
}

const names = async (count: number, { localAddress }: Target): Promise<string[]> =>
  Array.from({ length: count }, (_, index) => `${localAddress}-${index}`)

const bare: Dialect<string> = {
  prepare: names,
  meet: async (room, target) => {
    const end = async (peer: string, to: string): Promise<End> => {
      const socket = open('/', target)
      await once(socket, 'open')
      const joined = hear(socket, 'joined')
      socket.send(JSON.stringify({ type: 'join', room, peer }))
      await joined
      return { socket, frame: () => `{"type":"signal","to":"${to}","data":${PAYLOAD}}` }
    }
    return [await end('host', 'guest'), await end('guest', 'host')]
  },
}

const peerjs: Dialect<string> = {
  prepare: names,
  meet: async (name, target) => {
    const end = async (id: string, to: string): Promise<End> => {
      const socket = open(`/peerjs?key=peerjs&id=${id}&token=t&version=1`, target)
      await hear(socket, 'OPEN')
      return { socket, frame: () => `{"type":"OFFER","dst":"${to}","payload":${PAYLOAD}}` }
    }
    return [await end(`${name}-host`, `${name}-guest`), await end(`${name}-guest`, `${name}-host`)]
  },
}

type Codes = { host: string; guest: string }

const wartezimmer: Dialect<Codes> = {
  prepare: async (count, { port, token }) => {
    const minted: Codes[] = []
    for (let index = 0; index < count; index++) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/codes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ roles: ['host', 'guest'] }),
      })
      const { codes } = (await answer.json()) as { codes: { code: string }[] }
      minted.push({ host: codes[0]?.code ?? '', guest: codes[1]?.code ?? '' })
    }
    return minted
  },
  meet: async (codes, target) => {
    const join = async (message: object) => {
      const socket = open('/v1/signal', target, ['wartezimmer.v1'])
      await once(socket, 'open')
      const joined = hear(socket, 'joined')
      socket.send(JSON.stringify({ type: 'join', id: 1, ...message }))
      return { socket, peer: (await joined).peer ?? '' }
    }
    const host = await join({ code: codes.host })
    const guest = await join({ code: codes.guest, name: 'Erika Mustermann' })
    const admitted = hear(guest.socket, 'admitted')
    const told = hear(host.socket, 'peer-joined')
    host.socket.send(JSON.stringify({ type: 'admit', id: 2, peer: guest.peer }))
    await Promise.all([admitted, told])
    const end = (socket: WebSocket, to: string, lastId: number): End => {
      let id = lastId
      return { socket, frame: () => `{"type":"signal","id":${++id},"to":"${to}","data":${PAYLOAD}}` }
    }
    return [end(host.socket, guest.peer, 2), end(guest.socket, host.peer, 1)]
  },
}

export const dialects: Record<Kind, Dialect<unknown>> = {
  bare: bare as Dialect<unknown>,
  peerjs: peerjs as Dialect<unknown>,
  wartezimmer: wartezimmer as Dialect<unknown>,
}
