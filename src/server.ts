/** The HTTP server under both doors: its timeouts, and how much of it one address may have. */
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:http'
import { BlockList, isIPv6, type Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Config } from './config/config.ts'
import type { Buckets } from './limits/buckets.ts'
import { sourceOf } from './limits/sources.ts'
import { type Source, Tally } from './limits/tally.ts'
import type { Count } from './metrics.ts'
import { Refusal } from './protocol/errors.ts'
import { MAX_BODY } from './rest/codes.ts'
import { earlyErrors } from './rest/problems.ts'
import { endRefusedUpgrades, httpOptions } from './signaling/door.ts'
import { tlsOptions } from './tls.ts'

/** Sockets beside those of the WebSockets: pages that load, admins, health checks. */
const OTHER_SOCKETS = 500
/** Files and pipes that this process has open beside its sockets, generously. */
const OTHER_FILES = 50

/** What Node calls a request that is late, and a TLS handshake. */
const TOO_LATE = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT'])
/** How often Node looks for requests that are late. */
const CHECK_EVERY = 2_000

/**
 * As many connections as are configured, or fewer where this process may not open so many files (Linux).
 * What is accepted must be served: without a descriptor left, not even the database could be written.
 */
export function withinDescriptors(config: Config, limits = readLimits()): Config {
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return { ...config, connections: Math.max(1, Math.min(config.connections, files - OTHER_SOCKETS - OTHER_FILES)) }
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}

export function createServer(config: Config, count: Count): FastifyInstance {
  const certificate = tlsOptions(config)
  const late = config.requestSeconds * 1000
  const options: ServerOptions = { ...httpOptions, headersTimeout: late, connectionsCheckingInterval: CHECK_EVERY }
  const early = earlyErrors({ refused: (code) => count({ what: 'refused', door: 'rest', code }) })
  const app = fastify({
    trustProxy: config.trustedProxies,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY,
    // What trickles in would hold its connection for as long as it likes, and so would who reads no answer.
    requestTimeout: late,
    // A moment later, so that who is late is told so.
    connectionTimeout: late + 2 * CHECK_EVERY,
    keepAliveTimeout: 10_000,
    // While it closes, the server says so itself, with its own words.
    return503OnClosing: false,
    ...(certificate ? { https: { ...options, ...certificate, handshakeTimeout: late } } : { http: options }),
    ...early,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      void endRefusedUpgrades(request, reply)
      early.frameworkErrors(error, request, reply)
    },
  }) as FastifyInstance
  app.server.maxConnections = config.connections + OTHER_SOCKETS
  app.server.on('drop', () => count({ what: 'limited', by: 'connections' }))
  app.server.on('connection', limitSockets(config, count))
  const tooLate = () => count({ what: 'limited', by: 'request_seconds' })
  app.server.on('clientError', ({ code = '' }: NodeJS.ErrnoException) => TOO_LATE.has(code) && tooLate())
  app.server.on('timeout', (socket: Socket & { _httpMessage?: unknown }) => {
    // Without an answer under way it was kept open for a next request that did not come.
    if (socket._httpMessage) tooLate()
    socket.destroy()
  })
  app.addHook('onRequest', endRefusedUpgrades)
  return app
}

/**
 * Refuses what comes over plain HTTP or too often; after the hooks that put headers on every answer.
 * @param requests what each source has left of its HTTP requests
 */
export function guard(app: FastifyInstance, config: Config, requests: Buckets, now: () => number, count: Count): void {
  if (config.allowHttp === 'off') app.addHook('onRequest', refusePlainHttp)
  app.addHook('onRequest', limitRequests(requests, now, count))
}

/** Cuts what one address opens beyond its share. A proxy is no address of anybody: there, the doors count. */
function limitSockets({ connectionsPerAddress, trustedProxies }: Config, count: Count): (socket: Socket) => void {
  const proxies = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(bits), family)
  }
  const open = new Tally()
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

function limitRequests(requests: Buckets, now: () => number, count: Count) {
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
