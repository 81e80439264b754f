/** A way to a STUN or TURN server, by UDP, TCP or TLS, on which one question is asked at a time. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Answer, type Attributes, lengthOf, read, request } from './stun.ts'

/** How long an answer may take, and after how long a question is said again that may have been lost, in ms. */
const PATIENCE = 4_000
const AGAIN_AFTER = 500

export type Line = Awaited<ReturnType<typeof openLine>>

/** A `stun:` or `turn:` address (RFC 7064, RFC 7065), taken apart. */
export function parseUrl(url: string) {
  const [, scheme = '', said = '', port, transport] =
    /^(\w+):([\w.-]+|\[[\da-f:.]+\])(?::(\d+))?(?:\?transport=(\w+))?$/i.exec(url) ?? []
  const secure = scheme.endsWith('s')
  const host = said.replace(/^\[|\]$/g, '')
  const over: 'udp' | 'tcp' | 'tls' = secure ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp'
  return {
    host,
    port: Number(port ?? (secure ? 5349 : 3478)),
    over,
    dtls: secure && transport === 'udp',
  }
}

type Wire = { send: (bytes: Buffer) => void; close: () => void }

/** Opens it. Rejects where there is no way there. */
export async function openLine({ host, port, over }: ReturnType<typeof parseUrl>) {
  const { address, family } = await lookup(host)
  let heard = (_answer: Answer): void => {}
  const take = (bytes: Buffer): void => {
    const answer = read(bytes)
    if (answer) heard(answer)
  }
  const wire = await (over === 'udp' ? datagrams(address, family, port, take) : stream(address, port, over, host, take))
  return {
    /** The address that the name stands for. */
    address,
    close: wire.close,
    /** Asks, and rejects where no answer comes in time. */
    ask(method: Parameters<typeof request>[0], attributes: Attributes, key?: Buffer): Promise<Answer> {
      const id = randomBytes(12)
      const bytes = request(method, id, attributes, key)
      return new Promise((resolve, reject) => {
        const again = over === 'udp' ? setInterval(() => wire.send(bytes), AGAIN_AFTER) : undefined
        const late = setTimeout(() => {
          clearInterval(again)
          reject(new Error('no answer'))
        }, PATIENCE)
        heard = (answer) => {
          if (answer.id !== id.toString('hex')) return
          clearInterval(again)
          clearTimeout(late)
          resolve(answer)
        }
        wire.send(bytes)
      })
    },
  }
}

async function datagrams(address: string, family: number, port: number, take: (bytes: Buffer) => void): Promise<Wire> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  // That a port is closed is an answer that does not come.
  socket.on('error', () => {}).on('message', take)
  socket.connect(port, address)
  await once(socket, 'connect')
  return { send: (bytes) => socket.send(bytes, () => {}), close: () => void socket.close() }
}

async function stream(address: string, port: number, over: 'tcp' | 'tls', host: string, take: (bytes: Buffer) => void) {
  const servername = isIP(host) ? '' : host
  // Whether the certificate is good is asked elsewhere.
  const socket: Socket =
    over === 'tcp' ? connect(port, address) : connectTls({ host: address, port, servername, rejectUnauthorized: false })
  try {
    await once(socket, over === 'tcp' ? 'connect' : 'secureConnect', { signal: AbortSignal.timeout(PATIENCE) })
  } catch (fault) {
    socket.destroy()
    throw (fault as Error).name === 'AbortError' ? new Error('no answer') : fault
  }
  let waiting = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    for (;;) {
      const length = lengthOf(waiting)
      if (length === undefined || length > waiting.length) return
      take(waiting.subarray(0, length))
      waiting = waiting.subarray(length)
    }
  })
  return { send: (bytes: Buffer) => void socket.write(bytes), close: () => void socket.destroy() }
}
