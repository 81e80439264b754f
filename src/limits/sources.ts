/** Where something comes from, as limits count it. */
import { isIPv6 } from 'node:net'

/**
 * An IPv4 address by itself, an IPv6 address by its /64: that is what one household or one rented
 * server holds as a whole (RFC 6177), so counting single addresses would count nothing.
 */
export function sourceOf(said: string): string {
  const address = withoutPort(said)
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1]) return mapped[1]
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('%', 1)[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    // An IPv4 address at the end stands for two groups.
    const width = after.length + (tail.includes('.') ? 1 : 0)
    while (groups.length + width < 8) groups.push('0')
    groups.push(...after)
  }
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${prefix.join(':')}::/64`
}

/** Some proxies put the port beside the address; with it, each connection would be a source of its own. */
export function withoutPort(said: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(said)?.[1] ?? /^([\d.]+):\d+$/.exec(said)?.[1] ?? said
}

/**
 * The network that a source belongs to: an IPv6 /48, which anybody may have for the asking, with 65,536
 * sources in it. An IPv4 address is a network of its own: each of them costs money.
 */
export function networkOf(source: string): string {
  return source.endsWith('::/64') ? `${source.split(':', 3).join(':')}::/48` : source
}
