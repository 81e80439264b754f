/** Seated guests who read nothing, while their hosts send them as much as a connection may. */
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { type Attack, count, type Target } from './attack.ts'
import { addresses, dial, hello } from './raw.ts'

/** Just below what a frame may have. */
const DATA = 'x'.repeat(60_000)
/** ms; WZ_FRAMES_PER_SECOND allows a little more. */
const EVERY = 12

function pair({ port, counts }: Target, from: string, [hostCode, guestCode]: readonly string[]): void {
  const comeIn = () => {
    const guest = dial(port, from)
    guest.write(hello({ type: 'join', code: guestCode, name: 'Liest nicht', takeover: true }))
    return guest.pause()
  }
  let guest: ReturnType<typeof dial> | undefined
  let peer: string | undefined
  const host = new WebSocket(`ws://127.0.0.1:${port}/v1/signal`, 'wartezimmer.v1', { localAddress: from })
  const say = (message: object) => host.send(JSON.stringify(message))
  host.on('error', () => count(counts, 'failed'))
  host.on('open', () => say({ type: 'join', code: hostCode }))
  host.on('message', (data) => {
    const message = JSON.parse(String(data)) as ServerFrame
    if (message.type === 'joined') guest = comeIn()
    if (message.type === 'knock') say({ type: 'admit', peer: message.peer })
    if (message.type === 'peer-joined') peer = message.peer
    if (message.type !== 'peer-away') return
    // It was cut off for reading too slowly, and begins anew.
    count(counts, 'cut off')
    peer = undefined
    guest?.destroy()
    guest = comeIn()
  })
  setInterval(() => {
    if (!peer || host.bufferedAmount > DATA.length) return
    count(counts, 'signals')
    say({ type: 'signal', to: peer, data: DATA })
  }, EVERY)
}

export const readers: Attack = {
  name: 'slow-readers',
  thrown: 'signals',
  // What one may say by default takes a minute to fill a kernel's buffers and a queue.
  settings: { WZ_KIB_PER_SECOND: '1000000', WZ_KIB_PER_SECOND_PER_ADDRESS: '1000000' },
  // Until queues are full.
  least: 5,
  codes: { rooms: 15, hosts: 1, guests: 1 },
  async run(target) {
    const from = addresses(7, target.codes.length)
    for (const [index, codes] of target.codes.entries()) pair(target, from[index] ?? '', codes)
    await new Promise((resolve) => setTimeout(resolve, target.seconds * 1000))
  },
  judge: ({ met }) => ((met.queue_kib ?? 0) === 0 ? ['no slow reader was cut'] : []),
}
