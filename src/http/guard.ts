/** How much of the server one address may have, and by which way it may come. */
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { ConnectionCounter, type Source } from '../limits/connection-counter.ts'
import { sourceOf } from '../limits/sources.ts'
import type { TokenBuckets } from '../limits/token-buckets.ts'
import type { Count } from '../observability/events.ts'
import { Refusal } from '../protocol/errors.ts'

/** Notes a request of an address. @returns how it is refused, where it was one too many */
export type NoteRequest = (address: string) => Refusal | undefined

/** @param requests what each source has left of its HTTP requests */
export function limitRequests(requests: TokenBuckets, now: () => number, count: Count): NoteRequest {
  return (address) => {
    const retryAfter = requests.take(sourceOf(address), now())
    if (retryAfter === 0) return undefined
    count({ what: 'limited', by: 'requests_per_minute' })
    return new Refusal('throttled', undefined, { retryAfter })
  }
}

/**
 * Refuses what names no host, comes over plain HTTP or too often; after the hooks that put headers on every answer.
 * @param shareOf whose share a request is of, where that is not the address's: many practices may be behind one
 */
export function guard(
  app: FastifyInstance,
  { allowHttp }: Config,
  note: NoteRequest,
  shareOf: (request: FastifyRequest) => string | undefined,
): void {
  app.addHook('onRequest', refuseNameless)
  if (allowHttp === 'off') app.addHook('onRequest', refusePlainHttp)
  app.addHook('onRequest', async (request) => {
    // Orchestrators ask often, and their patience ends badly.
    const { url } = request.routeOptions
    if (url === '/healthz' || url === '/readyz') return
    const refusal = note(shareOf(request) ?? request.ip)
    if (refusal) throw refusal
  })
}

/** What does not say whom it asks (RFC 9112, section 3.2). */
async function refuseNameless({ raw: { httpVersion, headers } }: FastifyRequest): Promise<void> {
  if (httpVersion === '1.1' && headers.host === undefined) throw new Refusal('bad_frame', 'a Host header is missing')
}

/**
 * Cuts what one address opens beyond its share.
 * @param isProxy whose address is nobody's own: there, the doors count
 */
export function limitSockets(
  { connectionsPerAddress }: Config,
  isProxy: (address: string) => boolean,
  count: Count,
): (socket: Socket) => void {
  const open = new ConnectionCounter()
  function release(this: Socket & { source: Source }): void {
    open.remove(this.source)
  }
  return (socket) => {
    const address = socket.remoteAddress ?? ''
    if (isProxy(address)) return
    const name = sourceOf(address)
    if (open.of(name) >= connectionsPerAddress) {
      count({ what: 'limited', by: 'connections_per_address' })
      return void socket.destroy()
    }
    // One listener for all sockets: made for every one, it would weigh more than what it knows.
    Object.assign(socket, { source: open.add(name) }).on('close', release)
  }
}

/**
 * A proxy that takes plain HTTP from outside would carry names and codes in the clear (BSI TR-02102). Whoever says
 * anything but https of the way to the outermost proxy is believed: it gains nothing by it.
 */
async function refusePlainHttp({ headers }: FastifyRequest): Promise<void> {
  const { 'x-forwarded-proto': scheme, forwarded } = headers
  const schemes = [scheme === undefined ? undefined : outermost(scheme), protoOf(outermost(forwarded ?? ''))]
  if (schemes.some((one) => one !== undefined && !/^(https|wss)$/i.test(one))) throw new Refusal('https_required')
}

/** What the first proxy on the way said: those behind it append. */
const outermost = (header: string | string[]): string => String(header).split(',', 1)[0]?.trim() ?? ''

/** The `proto` of an element of Forwarded (RFC 7239), which may be quoted. */
const protoOf = (element: string): string | undefined => /(?:^|;)\s*proto="?([^";\s]*)/i.exec(element)?.[1]
