/** HTTPS in this process: the certificate, and what is spoken with it. */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createSecureContext, type Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/config.ts'
import { StartupError } from '../config/startup-error.ts'

/** TLS 1.2 with forward secrecy and GCM, or 1.3 (BSI TR-02102-2); browsers have had both for a decade. */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const

/**
 * What a server needs to speak HTTPS, with the certificate that is on disk now; undefined where none is
 * configured. Throws a StartupError where it is no good.
 */
export function tlsOptions({ tlsCertFile, tlsKeyFile }: Config) {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined
  try {
    const options = { ...TLS, cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) }
    // Throws where they are none, or not of each other.
    createSecureContext(options)
    return options
  } catch (fault) {
    throw new StartupError(`WZ_TLS_CERT_FILE, WZ_TLS_KEY_FILE: ${(fault as Error).message}`)
  }
}

/**
 * Takes the certificate that is on disk now for connections to come. Throws a StartupError and keeps the old one.
 * @returns false where none is configured
 */
export function renewCertificate(server: Server, config: Config): boolean {
  const options = tlsOptions(config)
  if (options) (server as unknown as TlsServer).setSecureContext(options)
  return options !== undefined
}

/**
 * A Fastify plugin for TLS, to be registered after all that closes in its own words: cuts what is left then. Who has
 * not shaken hands yet is none of HTTP's connections, and closing the server would wait for it.
 */
export async function cutHandshakes(app: FastifyInstance): Promise<void> {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('preClose', async () => {
    for (const socket of sockets) socket.destroy()
  })
}
