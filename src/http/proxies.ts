/** Which addresses are those of trusted proxies: they are nobody's own, and what they say of others is believed. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { withoutPort } from '../limits/sources.ts'

/**
 * @param networks addresses and CIDR networks
 * @returns whether an address is in one of them, also where a proxy behind it has written its port beside it
 */
export function trustOf(networks: readonly string[]): (address: string) => boolean {
  const proxies = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    if (bits === undefined) proxies.addAddress(address, familyOf(address))
    else proxies.addSubnet(address, Number(bits), familyOf(address))
  }
  return (said) => {
    const address = withoutPort(said)
    return isIP(address) > 0 && proxies.check(address, familyOf(address))
  }
}

/** The address that a request comes from, as Fastify's `ip`, which knows of no proxies where no route was found. */
export function clientOf({ socket, headers }: IncomingMessage, isProxy: (address: string) => boolean): string {
  const said = String(headers['x-forwarded-for'] ?? '').split(',')
  let address = socket.remoteAddress ?? ''
  for (let next = said.pop(); next && isProxy(address); next = said.pop()) address = next.trim()
  return address
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
