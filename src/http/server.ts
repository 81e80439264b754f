/** The HTTP server under both doors: what it accepts, and how long that may take. */
import type { ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import type { Config } from '../config/config.ts'
import type { Count } from '../observability/events.ts'
import { limitSockets, type NoteRequest } from './guard.ts'
import { earlyErrors } from './problems.ts'
import { clientOf, trustOf } from './proxies.ts'
import { tlsOptions } from './tls.ts'
import { endRefusedUpgrades, upgradeOptions } from './upgrades.ts'
import { schemaController } from './validation.ts'

/** Sockets beside those of the WebSockets: pages that load, admins, health checks. */
export const OTHER_SOCKETS = 500
/** Bytes; no request has a reason to be longer. */
const MAX_BODY = 16 * 1024

/** What Node calls a request that is late, and a TLS handshake. */
const TOO_LATE = new Set(['ERR_HTTP_REQUEST_TIMEOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT'])
/** How often Node looks for requests that are late. */
const CHECK_EVERY = 2_000

export function createServer(config: Config, note: NoteRequest, count: Count): FastifyInstance {
  const isProxy = trustOf(config.trustedProxies)
  const certificate = tlsOptions(config)
  const late = config.requestSeconds * 1000
  const options: ServerOptions = {
    ...upgradeOptions,
    headersTimeout: late,
    connectionsCheckingInterval: CHECK_EVERY,
    // Node's own refusal has no words.
    requireHostHeader: false,
  }
  const early = earlyErrors({
    refused: (code) => count({ what: 'refused', door: 'rest', code }),
    // What cannot be read at all says nothing of whom a proxy speaks for.
    isTooMuch: ({ remoteAddress = '' }) => !isProxy(remoteAddress) && note(remoteAddress) !== undefined,
  })
  const app = fastify({
    trustProxy: isProxy,
    forceCloseConnections: true,
    bodyLimit: MAX_BODY,
    schemaController,
    // What trickles in would hold its connection for as long as it likes.
    requestTimeout: late,
    keepAliveTimeout: 10_000,
    // While it closes, the server says so itself, with its own words.
    return503OnClosing: false,
    ...(certificate ? { https: { ...options, ...certificate, handshakeTimeout: late } } : { http: options }),
    ...early,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      void endRefusedUpgrades(request, reply)
      early.frameworkErrors(note(clientOf(request.raw, isProxy)) ?? error, request, reply)
    },
  }) as FastifyInstance
  app.server.maxConnections = config.connections + OTHER_SOCKETS
  app.server.on('drop', () => count({ what: 'limited', by: 'connections' }))
  app.server.on('connection', limitSockets(config, isProxy, count))
  const tooLate = () => count({ what: 'limited', by: 'request_seconds' })
  app.server.on('clientError', ({ code = '' }: NodeJS.ErrnoException) => TOO_LATE.has(code) && tooLate())
  app.server.on('timeout', (socket: Socket & { _httpMessage?: unknown }) => {
    // Without an answer under way it was kept open for a next request that did not come.
    if (socket._httpMessage) tooLate()
    socket.destroy()
  })
  app.addHook('onRequest', endRefusedUpgrades)
  // Nor has this one, and what is expected beside 100-continue may be left alone (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  // So would who reads no answer; a moment later, so that who is late is told so. Set for the whole connection, the
  // timer would stay with each WebSocket.
  app.server.on('request', ({ socket }) => socket.setTimeout(late + 2 * CHECK_EVERY))
  return app
}
