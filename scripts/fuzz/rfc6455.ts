/** WebSocket frames by hand (RFC 6455, section 5.2): right ones, odd ones, and every kind of wrong one. */
import type { Random } from './random.ts'

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

type Shape = {
  opcode?: number
  fin?: boolean
  /** The reserved bits, 0 to 7. */
  rsv?: number
  /** Null leaves the frame unmasked, which only a server may do. */
  mask?: Buffer | null
  /** The length that is claimed, and in how many bits it is said; by default true, and as short as can be. */
  length?: number | bigint
  width?: 7 | 16 | 64
}

export function encode(random: Random, payload: Buffer, shape: Shape = {}): Buffer {
  const { opcode = TEXT, fin = true, rsv = 0, mask = random.bytes(4), length = payload.length } = shape
  const width = shape.width ?? (length < 126 ? 7 : length < 65_536 ? 16 : 64)
  const head = Buffer.alloc(2 + { 7: 0, 16: 2, 64: 8 }[width])
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (mask ? 0x80 : 0) | (width === 7 ? Number(length) : width === 16 ? 126 : 127)
  if (width === 16) head.writeUInt16BE(Number(length), 2)
  if (width === 64) head.writeBigUInt64BE(BigInt(length), 2)
  if (!mask) return Buffer.concat([head, payload])
  const masked = Buffer.from(payload)
  for (let at = 0; at < masked.length; at++) masked[at] = (masked[at] as number) ^ (mask[at & 3] as number)
  return Buffer.concat([head, mask, masked])
}

/** A message in fragments, with whatever `between` gives before each but the first. */
export function fragments(random: Random, payload: Buffer, between: () => Buffer[] = () => []): Buffer[] {
  const count = random.between(2, 6)
  const size = Math.ceil(payload.length / count)
  return Array.from({ length: count }, (_, index) => [
    ...(index > 0 ? between() : []),
    encode(random, payload.subarray(index * size, (index + 1) * size), {
      opcode: index === 0 ? TEXT : 0,
      fin: index === count - 1,
    }),
  ]).flat()
}

export const ping = (random: Random, payload: Buffer): Buffer => encode(random, payload, { opcode: PING })
export const pong = (random: Random, payload: Buffer): Buffer => encode(random, payload, { opcode: PONG })

export function close(random: Random, code: number, reason: Buffer = Buffer.alloc(0)): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), reason])
  payload.writeUInt16BE(code)
  return encode(random, payload, { opcode: CLOSE })
}

type Frames = (random: Random, payload: Buffer) => Buffer[]

/** Unusual, but right: the connection must outlive them. */
export const odd: Readonly<Record<string, Frames>> = {
  fragmented: (random, payload) => fragments(random, payload),
  'ping among fragments': (random, payload) => fragments(random, payload, () => [ping(random, random.bytes(3))]),
  'empty fragments': (random, payload) =>
    fragments(random, payload, () => [encode(random, Buffer.alloc(0), { opcode: 0, fin: false })]),
  'length not minimal': (random, payload) => [encode(random, payload, { width: 64 })],
  'mask of zeros': (random, payload) => [encode(random, payload, { mask: Buffer.alloc(4) })],
  ping: (random) => [ping(random, random.bytes(random.below(126)))],
  'pong unasked': (random) => [
    pong(random, Buffer.from(random.pick(['', '1', '-1', 'NaN', '9'.repeat(125), '1e308', '0x10', '\u{1f600}']))),
  ],
  binary: (random, payload) => [encode(random, payload, { opcode: BINARY })],
}

/** UTF-8 that is none (Unicode 15, table 3-7): overlong, surrogates, too large, cut off, continuation alone. */
const badUtf8 = ['c080', 'e08080', 'eda080', 'f4908080', 'f8888080', 'ff', '80', 'e282', 'f09f98', 'c3'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

/** Violations: each must cost its own connection, and nothing else. */
export const violations: Readonly<Record<string, Frames>> = {
  unmasked: (random, payload) => [encode(random, payload, { mask: null })],
  'reserved bits': (random, payload) => [encode(random, payload, { rsv: random.between(1, 7) })],
  'reserved opcode': (random, payload) => [
    encode(random, payload.subarray(0, 100), { opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) }),
  ],
  'fragmented control': (random) => [
    encode(random, random.bytes(4), { opcode: random.pick([CLOSE, PING, PONG]), fin: false }),
  ],
  'oversized control': (random) => [
    encode(random, random.bytes(random.between(126, 300)), { opcode: random.pick([CLOSE, PING, PONG]) }),
  ],
  'continuation without start': (random, payload) => [encode(random, payload, { opcode: 0, fin: random.chance(0.5) })],
  'message inside fragments': (random, payload) => fragments(random, payload, () => [encode(random, payload)]),
  'over 64 KiB': (random) => [encode(random, Buffer.alloc(64 * 1024 + 1, 'a'))],
  'fragments over 64 KiB': (random) => [
    encode(random, Buffer.alloc(40_000, 'a'), { fin: false }),
    encode(random, Buffer.alloc(40_000, 'a'), { opcode: 0 }),
  ],
  'length that lies': (random, payload) => [
    encode(random, payload, {
      width: 64,
      length: random.pick([70_000n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]),
    }),
  ],
  'length too short': (random, payload) => [
    encode(random, Buffer.concat([payload, random.bytes(50)]), { length: random.below(100) }),
  ],
  'bad UTF-8': (random, payload) => [encode(random, Buffer.concat([payload, random.pick(badUtf8)]))],
  'bad UTF-8 in fragments': (random, payload) =>
    fragments(random, Buffer.concat([payload, random.pick(badUtf8), payload])),
  'close code': (random) => [close(random, random.pick([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]))],
  'close of one byte': (random) => [encode(random, random.bytes(1), { opcode: CLOSE })],
  'close with bad UTF-8': (random) => [close(random, 1000, random.pick(badUtf8))],
  'data after close': (random, payload) => [close(random, 1000), encode(random, payload), ping(random, payload)],
  'another protocol': (random) => [
    random.pick([
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
      Buffer.from('16030100c8010000c40303', 'hex'),
      random.bytes(200),
      Buffer.alloc(300),
    ]),
  ],
  'cut off in mid-frame': (random, payload) => {
    const frame = encode(random, payload)
    return [frame.subarray(0, random.between(1, frame.length - 1))]
  },
}
