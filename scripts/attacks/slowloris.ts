/** What trickles: headers, bodies, handshakes without an end, WebSockets that never join, half a frame. */
import { type Attack, count, limit } from './attack.ts'
import { addresses, dial, head, openUpgrade } from './raw.ts'

const CONNECTIONS = 5000
/** Opened at a time, so that the kernel's queue is not what gives way. */
const AT_ONCE = 100
/** Node looks every other second, and a busy machine takes a while to open them all. */
const CUT_WITHIN = limit('requestSeconds') + 8

/** How each begins, and what follows each second. */
const ways: readonly (readonly [begin: string | Buffer, trickle: string | Buffer])[] = [
  [head('GET /'), 'X-More: more\r\n'],
  [openUpgrade(), 'X-More: more\r\n'],
  ['', ''],
  [`${head('POST /v1/codes', { 'Content-Length': '10000', 'Content-Type': 'application/json' })}\r\n`, ' '],
  [`${openUpgrade()}\r\n`, ''],
  [Buffer.concat([Buffer.from(`${openUpgrade()}\r\n`), Buffer.from([0x81, 0xfe, 0xff, 0, 0, 0, 0, 0])]), ' '],
]

export const slowloris: Attack = {
  name: 'slowloris',
  thrown: 'connections',
  least: CUT_WITHIN,
  async run({ port, seconds, counts }) {
    const from = addresses(6, 40)
    counts.open = 0
    const open = (index: number): void => {
      const [begin, trickle] = ways[index % ways.length] ?? ['', '']
      const socket = dial(port, from[index % from.length] ?? '')
      count(counts, 'connections')
      count(counts, 'open')
      socket.write(begin)
      const timer = setInterval(() => socket.write(trickle), 1000)
      socket.once('close', () => {
        clearInterval(timer)
        count(counts, 'open', -1)
      })
    }
    const started = performance.now()
    for (let index = 0; index < CONNECTIONS; index++) {
      open(index)
      if (index % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    while (performance.now() - started < seconds * 1000) await new Promise((resolve) => setTimeout(resolve, 100))
  },
  judge: ({ counts, seconds }) =>
    counts.open === 0 ? [] : [`${counts.open} trickling connections were still open after ${seconds} s`],
}
