/** Ids that sort by time: UUIDs of version 7 (RFC 9562, section 5.7). */
import { randomBytes, randomInt } from 'node:crypto'

/**
 * Returns a function that makes an id for an instant (epoch ms). Each id is greater than the one
 * before, also within one millisecond and when the clock jumps back (section 6.2, method 1: the 12
 * bits after the time count), so that `id > after` pages through rows however many are deleted. They count from
 * anywhere and in uneven steps: how many ids others were given in that millisecond is nobody's business.
 */
export function idMaker(): (now: number) => string {
  let last = 0n
  return (now) => {
    const time = BigInt(now) << 12n
    last = time > last ? time + BigInt(randomInt(2048)) : last + BigInt(randomInt(1, 16))
    const head = last.toString(16).padStart(15, '0')
    const tail = randomBytes(8)
    tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80
    const rest = tail.toString('hex')
    return `${head.slice(0, 8)}-${head.slice(8, 12)}-7${head.slice(12)}-${rest.slice(0, 4)}-${rest.slice(4)}`
  }
}
