/** Crowds with right codes: one room joined, left and taken over in a loop; full waiting rooms whose hosts come and go. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Attack, count, hurry, limit, type Target } from './attack.ts'
import { ANSWERED, addresses, ask, dial, frame, hello, outcome, pick } from './raw.ts'

/** Longest names, so that what hosts hear of is as large as can be. */
const NAME = 'Ä'.repeat(64)

const ROOMS = 20
const FROM = addresses(8, ROOMS)

/** A host's ICE servers follow the waiting room as a whole. */
const LOBBY = /"type":"ice"/
const HEARD = /"type":"(?:ice|error)"|^HTTP\/1\.1 [2-5]/

/** Dials in and goes again: in good order, without a word, or by being taken over the next time. */
function comeAndGo({ port, counts }: Target, code: string): Promise<void> {
  count(counts, 'joins')
  return new Promise((resolve) => {
    const socket = dial(port, pick(FROM))
    let said = ''
    socket.on('data', (chunk) => {
      if (said !== '' && ANSWERED.test(said)) return
      said += chunk.toString('latin1')
      if (!ANSWERED.test(said)) return
      const met = outcome(said)
      count(counts, met)
      const way = pick(['leave', 'drop', 'stay'])
      if (met !== 'joined' || way === 'drop') socket.resetAndDestroy()
      else if (way === 'leave') socket.end(frame({ type: 'leave' }))
      else resolve()
    })
    socket.on('close', () => resolve())
    socket.write(hello({ type: 'join', code, name: NAME, takeover: true }))
  })
}

const flood = (name: string, guests: number, atOnce: number): Attack => ({
  name,
  thrown: 'joins',
  codes: { rooms: 1, hosts: 0, guests, beside: true },
  run: (target) =>
    hurry(target.seconds, atOnce, (worker) => {
      const codes = target.codes[0] ?? []
      return comeAndGo(target, codes[worker % codes.length] ?? '')
    }),
})

/** Everyone takes a seat and keeps it. */
async function fill({ port, counts }: Target, codes: readonly string[]): Promise<void> {
  for (const code of codes) {
    const socket = dial(port, pick(FROM))
    socket.write(hello({ type: 'join', code, name: NAME }))
    const met = await new Promise<string>((resolve) => {
      socket.once('close', () => resolve('cut'))
      let said = ''
      socket.on('data', function hear(chunk) {
        said += chunk.toString('latin1')
        if (!ANSWERED.test(said)) return
        socket.off('data', hear)
        resolve(outcome(said))
      })
    })
    count(counts, met === 'joined' ? 'guests' : met)
    // What is sent to it is read and forgotten.
    socket.resume()
  }
}

const lobbies: Attack = {
  name: 'lobbies',
  thrown: 'lobbies',
  // One more in each than may wait.
  codes: { rooms: ROOMS, hosts: 1, guests: limit('waitingGuests') + 1 },
  async run(target) {
    const started = performance.now()
    await Promise.all(target.codes.map(([, ...guests]) => fill(target, guests)))
    count(target.counts, 'filled within ms', Math.round(performance.now() - started))
    await hurry(target.seconds, target.codes.length, async (worker) => {
      const code = target.codes[worker]?.[0] ?? ''
      const said = await ask(target.port, FROM[worker] ?? '', hello({ type: 'join', code, takeover: true }), HEARD)
      if (LOBBY.test(said)) return count(target.counts, 'lobbies')
      count(target.counts, outcome(said))
      await wait(100)
    })
  },
  judge: ({ counts, met }) => [
    ...(counts.guests === ROOMS * limit('waitingGuests') ? [] : [`${counts.guests} guests waited`]),
    ...(met.room_full === ROOMS ? [] : [`${met.room_full} were told that a room is full`]),
  ],
}

export const crowds: readonly Attack[] = [flood('join-flood', 60, 60), flood('takeovers', 1, 20), lobbies]
