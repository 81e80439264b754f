/** STUN and TURN messages (RFC 8489, RFC 8656), as far as asking for a relay takes them: written, signed and read. */
import { createHash, createHmac } from 'node:crypto'

const COOKIE = 0x2112a442
const HEADER = 20
/** A signature takes 20 bytes and the 4 before them. */
const SIGNATURE = 24

export const METHODS = { binding: 0x001, allocate: 0x003, refresh: 0x004, permit: 0x008 } as const
const ATTRIBUTES = {
  username: 0x0006,
  signature: 0x0008,
  error: 0x0009,
  lifetime: 0x000d,
  peer: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  relayed: 0x0016,
  transport: 0x0019,
} as const
type Attribute = keyof typeof ATTRIBUTES

export type Attributes = Partial<Record<Attribute, Buffer>>
export type Answer = { good: boolean; attributes: Attributes; error: number; id: string }

/** What a server knows whom it speaks with by: long-term credentials, RFC 8489 section 9.2. */
export const keyOf = (username: string, realm: string, password: string): Buffer =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest()

/**
 * A request.
 * @param id 12 random bytes, by which its answer is known
 * @param key signs it; without one it is not signed
 */
export function request(method: keyof typeof METHODS, id: Buffer, attributes: Attributes, key?: Buffer): Buffer {
  const parts = Object.entries(attributes).map(([name, value]) => attribute(ATTRIBUTES[name as Attribute], value))
  const body = Buffer.concat(parts)
  const header = Buffer.alloc(HEADER)
  header.writeUInt16BE(METHODS[method], 0)
  header.writeUInt16BE(body.length + (key ? SIGNATURE : 0), 2)
  header.writeUInt32BE(COOKIE, 4)
  id.copy(header, 8)
  const message = Buffer.concat([header, body])
  if (!key) return message
  return Buffer.concat([message, attribute(ATTRIBUTES.signature, createHmac('sha1', key).update(message).digest())])
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)])
}

/** How many bytes the first message of a stream has; undefined while that cannot be said. */
export const lengthOf = (bytes: Buffer): number | undefined =>
  bytes.length < HEADER ? undefined : HEADER + bytes.readUInt16BE(2)

/** Reads an answer; undefined for whatever else it is. */
export function read(bytes: Buffer): Answer | undefined {
  if (lengthOf(bytes) !== bytes.length || bytes.readUInt32BE(4) !== COOKIE) return undefined
  const attributes: Attributes = {}
  for (let at = HEADER; at + 4 <= bytes.length; ) {
    const [type, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)]
    for (const [name, number] of Object.entries(ATTRIBUTES))
      if (number === type) attributes[name as Attribute] ??= bytes.subarray(at + 4, at + 4 + length)
    at += 4 + length + (-length & 3)
  }
  const { error } = attributes
  return {
    good: (bytes.readUInt16BE(0) & 0x110) === 0x100,
    attributes,
    error: error && error.length >= 4 ? error.readUInt8(2) * 100 + error.readUInt8(3) : 0,
    id: bytes.toString('hex', 8, HEADER),
  }
}

/** An IPv4 address and a port, or back, each mixed with the cookie so that no router rewrites it. */
export function peerAddress(address: string): Buffer {
  const bytes = Buffer.from([0, 1, 0, 0, ...address.split('.').map(Number)])
  bytes.writeUInt16BE(9 ^ (COOKIE >>> 16), 2)
  bytes.writeUInt32BE((bytes.readUInt32BE(4) ^ COOKIE) >>> 0, 4)
  return bytes
}

/** The IPv4 address in such an attribute; undefined for an IPv6 one. */
export function addressIn(bytes: Buffer): string | undefined {
  if (bytes.length !== 8 || bytes.readUInt8(1) !== 1) return undefined
  const plain = Buffer.alloc(4)
  plain.writeUInt32BE((bytes.readUInt32BE(4) ^ COOKIE) >>> 0)
  return plain.join('.')
}
