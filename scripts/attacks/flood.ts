/** Connections opened as fast as possible, and held: from one address, from many, and from enough to take all. */
import { type Attack, count, hurry, limit, type Target } from './attack.ts'
import { addresses, dial, openUpgrade, pick } from './raw.ts'

/** Fewer than what this process may open. */
const MOST = 15_000

/** Opens a WebSocket and keeps it for as long as it lasts. */
function hold({ port, counts }: Target, from: string, headers?: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    count(counts, 'connections')
    const socket = dial(port, from)
    socket.once('data', (chunk) => {
      if (chunk.subarray(9, 12).toString() === '101') {
        count(counts, 'held')
        counts.most = Math.max(counts.most ?? 0, counts.held ?? 0)
        socket.once('close', () => count(counts, 'held', -1))
      }
      resolve()
    })
    socket.once('close', () => resolve())
    socket.write(`${openUpgrade(headers)}\r\n`)
  })
}

export async function flood(
  target: Target,
  from: readonly string[],
  headers?: () => Readonly<Record<string, string>>,
): Promise<void> {
  await hurry(target.seconds, 200, async () => {
    if ((target.counts.held ?? 0) < MOST) return hold(target, pick(from), headers?.())
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
}

const attack = (name: string, sources: number, more?: Partial<Attack>): Attack => ({
  name,
  thrown: 'connections',
  run: (target) => flood(target, addresses(5, sources)),
  ...more,
})

export const floods: readonly Attack[] = [
  attack('flood', 1, {
    judge: ({ counts }) =>
      (counts.most ?? 0) > limit('connectionsPerAddress') ? [`one address held ${counts.most} connections`] : [],
  }),
  attack('flood-many', 40),
  attack('flood-full', 80, { full: true }),
]
