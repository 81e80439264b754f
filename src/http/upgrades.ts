/** Which requests may leave HTTP for another protocol, and what becomes of those that are refused. */
import type { IncomingMessage, ServerOptions } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * For Fastify's `http` option: only this address upgrades, everything else stays plain HTTP, whatever
 * it offers (some clients offer h2c with every request).
 */
export const upgradeOptions: ServerOptions & { shouldUpgradeCallback: (request: IncomingMessage) => boolean } = {
  shouldUpgradeCallback: ({ url, headers }) =>
    /^\/v1\/signal(\?|$)/.test(url ?? '') && headers.upgrade?.toLowerCase() === 'websocket',
}

/**
 * For the whole server, a hook that ends the connection after a refused upgrade: Node has let go of
 * it, so no further request on it would be heard, and no timeout would ever end it.
 */
export async function endRefusedUpgrades({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!raw.headers.upgrade) return
  reply.header('connection', 'close')
  reply.raw.once('finish', () => raw.socket.destroySoon())
}
