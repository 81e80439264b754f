/** Who may call the API: admins by name, known by their tokens. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../protocol/errors.ts'

export type Admin = { name: string; token: string }

declare module 'fastify' {
  interface FastifyRequest {
    /** The name of the admin whose token the request carries. */
    admin: string
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Makes the onRequest hook that lets admins through and notes who it is; others get `unauthorized`.
 * The time it takes tells nothing: digests are equally long, and all are compared.
 */
export function onlyAdmins(admins: readonly Admin[]): (request: FastifyRequest) => Promise<void> {
  const known = admins.map(({ name, token }) => ({ name, digest: digest(token) }))
  return async (request) => {
    const presented = digest(/^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
    let admin: string | undefined
    for (const { name, digest } of known) {
      if (timingSafeEqual(digest, presented)) admin = name
    }
    if (admin === undefined) throw new Refusal('unauthorized')
    request.admin = admin
  }
}
