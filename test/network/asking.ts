/** Those who ask at a proxy: people at home and in the practice, each from an address of their own. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Client } from '../server-support.ts'
import { DOMAIN, type RunningProxy } from './proxy.ts'

/** Addresses that occur nowhere else, so that they can be searched for. */
export const OUTSIDE = '127.0.0.77'
export const PRACTICE = '127.0.1.77'

/** One request over plain HTTP, and where its answer leads. */
export async function askPlainly(path: string) {
  const request = httpRequest({ host: '127.0.0.1', path, headers: { host: DOMAIN }, agent: false })
  request.end()
  const [{ statusCode = 0, headers, socket }] = (await once(request, 'response')) as [IncomingMessage]
  socket.destroy()
  return { status: statusCode, location: headers.location }
}

type Question = { from: string; headers?: Record<string, string>; method?: string; body?: string }

const wire = ({ ca }: RunningProxy, localAddress: string) => ({ ca, localAddress, servername: DOMAIN })

/** One request over https. */
export async function ask(proxy: RunningProxy, path: string, { from, headers, method = 'GET', body }: Question) {
  const options = { host: '127.0.0.1', path, method, headers: { host: DOMAIN, ...headers }, agent: false }
  const request = httpsRequest({ ...options, ...wire(proxy, from) })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

/** A connection of the signaling protocol. */
export const dialIn = async (
  proxy: RunningProxy,
  from: string,
  headers: Record<string, string> = {},
): Promise<Client> => {
  const client = new Client('https://127.0.0.1', { ...wire(proxy, from), headers: { host: DOMAIN, ...headers } })
  await client.opened
  return client
}

/** Says something that is no good request, and waits for the proxy to end the connection. */
export async function babble(proxy: RunningProxy, text: string | Buffer, over: 'tcp' | 'tls'): Promise<void> {
  const to = { host: '127.0.0.1', port: 443, localAddress: OUTSIDE }
  const socket = over === 'tls' ? connectTls({ ...to, ...wire(proxy, OUTSIDE) }) : connect(to)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {}).resume()
  socket.end(text)
  await closed
}

/** The beginning of a TLS handshake, with a length in it that is wrong. */
export async function brokenHandshake(): Promise<Buffer> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const client = connectTls({ host: '127.0.0.1', port, servername: DOMAIN }).on('error', () => {})
  const [socket] = (await once(listener, 'connection')) as [Socket]
  socket.on('error', () => {})
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  listener.close()
  // The length of the server's name stands right before it.
  const length = hello.indexOf(DOMAIN) - 1
  hello.writeUInt8(hello.readUInt8(length) + 1, length)
  return hello
}
