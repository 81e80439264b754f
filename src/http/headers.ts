/** The security headers of every answer: pages load from here only, and only they get the camera. */
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'

const PERMISSIONS = [
  'camera=(self)',
  'microphone=(self)',
  'display-capture=(self)',
  'geolocation=()',
  'payment=()',
  'usb=()',
].join(', ')

/**
 * Puts the headers on every answer of this instance.
 * @param https whether browsers reach it over https only; over http, HSTS would be ignored or wrong
 */
export function secureHeaders(app: FastifyInstance, { https }: { https: boolean }): void {
  // Made once: with each request it would be a twentieth of what it costs to dial in.
  const secure = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
    xFrameOptions: { action: 'deny' },
  })
  app.addHook('onRequest', ({ raw }, reply, done) => {
    reply.header('permissions-policy', PERMISSIONS)
    secure(raw, reply.raw, (fault) => done(fault as Error | undefined))
  })
}
