/** What attackers speak: bare TCP. A well-behaved library would be slower than the server that it attacks. */
import { connect, type Socket } from 'node:net'

/** After that nothing more is expected of a connection. ms */
const PATIENCE = 10_000

/** Addresses of a network of their own: 127.0.BLOCK.1 and so on. */
export const addresses = (block: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `127.0.${block}.${index + 1}`)

export const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

/** A connection that is read and forgotten. */
export function dial(port: number, localAddress: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
  // However it ends, it ends.
  socket.on('error', () => {})
  return socket.resume()
}

export const head = (line: string, headers: Readonly<Record<string, string>> = {}): string =>
  `${line} HTTP/1.1\r\nHost: localhost\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}`

/** The head of a handshake, without the empty line at its end. */
export const openUpgrade = (headers: Readonly<Record<string, string>> = {}): string =>
  head('GET /v1/signal', {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'wartezimmer.v1',
    ...headers,
  })

export const frame = (message: object): Buffer => text(JSON.stringify(message))

/** A text frame, masked with zeros, which leave it as it is. */
export function text(said: string): Buffer {
  const text = Buffer.from(said)
  const wide = text.length > 125
  const start = Buffer.from([
    0x81,
    0x80 | (wide ? 126 : text.length),
    ...(wide ? [text.length >> 8, text.length & 255] : []),
  ])
  return Buffer.concat([start, Buffer.alloc(4), text])
}

/** A handshake and the first frame in one go; the server must take both. */
export const hello = (message: object, headers?: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([Buffer.from(`${openUpgrade(headers)}\r\n`), frame(message)])

/** Writes something and reads until the connection is closed, or enough was said; then it is reset. */
export function ask(port: number, from: string, bytes: string | Buffer, enough?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const heard: string[] = []
    const socket = dial(port, from)
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'))
      if (enough?.test(heard.join(''))) socket.resetAndDestroy()
    })
    socket.on('close', () => resolve(heard.join('')))
    socket.write(bytes)
  })
}

/** What an attempt to join has met: `joined`, the code of an error, a status, or nothing. */
export function outcome(said: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(said)?.[1]
  const told = /"type":"joined"/.test(said) ? 'joined' : /"type":"error","code":"(\w+)"/.exec(said)?.[1]
  return told ?? (status === undefined || status === '101' ? 'cut' : status)
}
/** When the outcome is known. */
export const ANSWERED = /"type":"(?:joined|error)"|^HTTP\/1\.1 [2-5]/
