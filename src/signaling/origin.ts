/** Whose pages may open the WebSocket (RFC 6454): the server's own, and those of allowed origins. */
import { isIP } from 'node:net'

export type Origins = {
  allowed: Pick<ReadonlySet<string>, 'has'>
  /** Where no public address is configured, a page is our own if it came by the name that the request is for. */
  byHost: boolean
}

/** @param origin none is sent by programs; sandboxed pages send `null` */
export function mayConnect(
  origin: string | undefined,
  host: string | undefined,
  { allowed, byHost }: Origins,
): boolean {
  if (origin === undefined || allowed.has(origin)) return true
  const [, own] = /^https?:\/\/([^/]+)$/.exec(origin) ?? []
  return byHost && own !== undefined && own === host && isPrivateName(own)
}

/**
 * An address, or a name that nobody can register (RFC 6761, 6762, 8375): any other might be made to lead here by
 * whoever owns it, and their page would be taken for ours (DNS rebinding).
 */
function isPrivateName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.+)\]$/, '$1')
  return isIP(name) > 0 || !name.includes('.') || /\.(localhost|local|internal|home\.arpa)$/i.test(name)
}
