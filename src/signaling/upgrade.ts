/** The WebSocket door: who may upgrade at /v1/signal, and the heartbeat of all connections. */
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ConnectionCounter } from '../limits/connection-counter.ts'
import { sourceOf } from '../limits/sources.ts'
import type { Throttle } from '../limits/throttle.ts'
import { Refusal } from '../protocol/errors.ts'
import { MAX_FRAME, SUBPROTOCOL } from '../protocol/messages.ts'
import { Connection } from './connection.ts'
import type { ConnectionContext, OpenConnection } from './context.ts'
import { mayConnect, type Origins } from './origin.ts'
import { type TellingWebSocket, telling } from './socket.ts'

/** Of the WebSocket protocol: RFC 6455. */
const VERSION = '13'
/** What a frame may come in: each part costs more than the byte that it may be, and a network cuts 64 KiB into 50. */
const MAX_PARTS = 1024
/** How long a client may take to answer a close frame before its socket is destroyed. */
const CLOSE_WITHIN = 5_000
/** Seconds after which another connection may have gone. */
const RETRY_AFTER = 10

export type SignalingOptions = Omit<ConnectionContext, 'gone' | 'throttle' | 'untilFirstPing'> & {
  throttle: Throttle
  /** The WebSockets that are open, and how many may be: in all, and from one source. */
  open: ConnectionCounter
  connections: number
  connectionsPerSource: number
  origins: Origins
  /** Whose own address a host name is, by what the names of that practice's rooms begin with; undefined for any other. */
  practiceAt: (host: string) => string | undefined
  /** Runs a task every second or so, when all that has come was read; returns what stops it. */
  eachBeat: (task: () => void) => () => void
  /** Set while the server closes: nobody is let in any more. */
  closing: () => boolean
}

export async function signaling(app: FastifyInstance, options: SignalingOptions): Promise<void> {
  const connections = new Set<OpenConnection>()
  let drained = (): void => {}
  let turn = 0
  const context: ConnectionContext = {
    ...options,
    // After a restart all come back at once; pinged at once, they would hold up whoever says something then.
    untilFirstPing: (every) => (++turn % 16) * (every / 16),
    gone: (connection) => {
      connections.delete(connection)
      options.open.remove(connection.source)
      drained()
    },
  }
  const serverOptions = {
    ...telling,
    maxPayload: MAX_FRAME,
    maxFragments: MAX_PARTS,
    maxBufferedChunks: MAX_PARTS,
    perMessageDeflate: false,
    clientTracking: false,
    closeTimeout: CLOSE_WITHIN,
    handleProtocols: () => SUBPROTOCOL,
  }
  await app.register(websocket, {
    options: serverOptions,
    // Meanwhile the server still answers: it is not ready, and takes nobody in.
    preClose: (done) => {
      drained = () => connections.size === 0 && done()
      for (const connection of connections) connection.close('restarting')
      drained()
    },
  })

  // What is no right handshake (RFC 6455, section 4.2.1) is answered like other HTTP that cannot be read.
  app.websocketServer.on('wsClientError', (error, socket) => app.server.emit('clientError', error, socket))

  // An upgrade that does not wait for the answer before it has no response of its own, so the plugin can
  // do nothing with it, and nobody would ever close its connection.
  app.server.prependListener('upgrade', (_request, socket) => {
    if ((socket as { _httpMessage?: unknown })._httpMessage) socket.destroy()
  })

  const stop = options.eachBeat(() => {
    options.throttle.forget(options.clock.elapsed())
    for (const connection of connections) connection.tick(options.lived())
    options.hub.expire()
  })
  app.addHook('onClose', async () => stop())

  app.route({
    method: 'GET',
    url: '/v1/signal',
    schema: { hide: true },
    onRequest: async ({ ips = [], headers }) => {
      const way = ips.length > 1 ? 'proxy' : 'x-forwarded-for' in headers ? 'unknown_proxy' : 'direct'
      options.count({ what: 'arrived', way })
    },
    preValidation: async (request) => {
      check(request, options)
      checkRoom(sourceOf(request.ip), options)
    },
    // The last step before the upgrade. The HTTP response would stay with the socket for its whole life, and
    // with it the request and the headers of both: more than the WebSocket itself weighs.
    preHandler: async (request, reply) => {
      // A HEAD comes by here as well, and gets an answer instead of a WebSocket.
      if (request.ws && request.method === 'GET') reply.raw.detachSocket(request.raw.socket)
    },
    // Reached by a plain GET only: a browser cannot read why an upgrade failed, so this says it.
    handler: () => {
      throw new Refusal('upgrade_required')
    },
    wsHandler: (socket, { raw, ip, host }) => {
      // The plugin's own listener holds the request, too; the connection brings its own.
      socket.removeAllListeners('error')
      const source = options.open.add(sourceOf(ip))
      connections.add(new Connection(socket as TellingWebSocket, raw.socket, source, context, options.practiceAt(host)))
    },
  })
}

/** Refuses what would be one connection too many: of all, or of its source. */
function checkRoom(source: string, { open, connections, connectionsPerSource, count }: SignalingOptions): void {
  if (open.total >= connections) {
    count({ what: 'limited', by: 'connections' })
    throw new Refusal('server_busy')
  }
  if (open.of(source) >= connectionsPerSource) {
    count({ what: 'limited', by: 'connections_per_address' })
    throw new Refusal('throttled', undefined, { retryAfter: RETRY_AFTER })
  }
}

function check(request: FastifyRequest, { origins, closing }: SignalingOptions): void {
  if (closing()) throw new Refusal('server_busy')
  if (request.url.includes('?')) throw new Refusal('bad_message', 'Nothing may be said in the address: no query.')
  const { origin, host } = request.headers
  if (!mayConnect(origin, host, origins)) throw new Refusal('origin_forbidden')
  const offered = request.headers['sec-websocket-protocol']
  const speaksIt = offered?.split(',').some((name) => name.trim() === SUBPROTOCOL)
  if (!speaksIt && (request.ws || offered !== undefined)) throw new Refusal('upgrade_required')
  if (request.ws && request.headers['sec-websocket-version'] !== VERSION) throw new Refusal('upgrade_required')
}
