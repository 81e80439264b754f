/** How much of the server one address may have, and by which way it may come. */
import { BlockList, isIPv6, type Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { ConnectionCounter, type Source } from '../limits/connection-counter.ts'
import { sourceOf } from '../limits/sources.ts'
import type { TokenBuckets } from '../limits/token-buckets.ts'
import type { Count } from '../observability/events.ts'
import { Refusal } from '../protocol/errors.ts'

/**
 * Refuses what comes over plain HTTP or too often; after the hooks that put headers on every answer.
 * @param requests what each source has left of its HTTP requests
 */
export function guard(
  app: FastifyInstance,
  config: Config,
  requests: TokenBuckets,
  now: () => number,
  count: Count,
): void {
  if (config.allowHttp === 'off') app.addHook('onRequest', refusePlainHttp)
  app.addHook('onRequest', limitRequests(requests, now, count))
}

/** Cuts what one address opens beyond its share. A proxy is no address of anybody: there, the doors count. */
export function limitSockets(
  { connectionsPerAddress, trustedProxies }: Config,
  count: Count,
): (socket: Socket) => void {
  const proxies = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(bits), family)
  }
  const open = new ConnectionCounter()
  function release(this: Socket & { source: Source }): void {
    open.remove(this.source)
  }
  return (socket) => {
    const address = socket.remoteAddress ?? ''
    if (proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return
    const name = sourceOf(address)
    if (open.of(name) >= connectionsPerAddress) {
      count({ what: 'limited', by: 'connections_per_address' })
      return void socket.destroy()
    }
    // One listener for all sockets: made for every one, it would weigh more than what it knows.
    Object.assign(socket, { source: open.add(name) }).on('close', release)
  }
}

function limitRequests(requests: TokenBuckets, now: () => number, count: Count) {
  return async ({ ip, routeOptions }: FastifyRequest): Promise<void> => {
    // Orchestrators ask often, and their patience ends badly.
    if (routeOptions.url === '/healthz' || routeOptions.url === '/readyz') return
    const retryAfter = requests.take(sourceOf(ip), now())
    if (retryAfter === 0) return
    count({ what: 'limited', by: 'requests_per_minute' })
    throw new Refusal('throttled', undefined, { retryAfter })
  }
}

/**
 * A proxy that takes plain HTTP from outside would carry names and codes in the clear (BSI TR-02102).
 * Whoever says `http` is believed: it gains nothing by it.
 */
async function refusePlainHttp({ headers }: FastifyRequest): Promise<void> {
  const [outermost] = String(headers['x-forwarded-proto'] ?? '').split(',')
  if (outermost?.trim().toLowerCase() === 'http') throw new Refusal('https_required')
}
