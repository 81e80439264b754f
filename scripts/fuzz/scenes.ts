/** What attackers do from beginning to end, a scene each; a scene follows from its own generator. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Known } from './json.ts'
import { burst, goodbye, message, says, violation } from './messages.ts'
import { type OurRoom, Player } from './players.ts'
import { type Random, random } from './random.ts'
import type { newRequests } from './rest.ts'
import { brokenRequest, upgrade } from './upgrade.ts'
import { type Target, Wire } from './wire.ts'

/** The names of a scene's generator. */
export type Name = readonly (string | number)[]

/** Any of 127.0.0.0/8, so that ports do not run out; the bystanders are at 127.0.0.1. */
const address = (random: Random): string => `127.0.${random.between(1, 250)}.${random.between(1, 250)}`

const ROUNDS = 40

/** How a round ends for the connection it was about. */
const ENDS = { stay: 60, ask: 25, slow: 2, violation: 5, close: 3, fin: 2, reset: 3 }

async function end(wire: Wire, how: keyof typeof ENDS, random: Random, known: Known): Promise<void> {
  switch (how) {
    case 'stay':
      return
    case 'ask': {
      // A round trip, so that what was said is also carried out before the next round.
      let answered = false
      const { hear } = wire
      wire.hear = (frame) => {
        if (frame.type === 'pong') answered = true
        hear(frame)
      }
      await wire.send('frames', [message('ping', random, known)], random)
      await wire.until(() => answered, 200)
      wire.hear = hear
      return
    }
    case 'slow':
      return wire.sleep(random.between(10, 200))
    case 'violation':
      await wire.send('frames', [violation(random)], random)
      if (await wire.until(() => wire.over, 200)) return
      return random.chance(0.5) ? wire.end('reset') : wire.destroy()
    case 'close': {
      const { code, ...frame } = goodbye(random)
      wire.closes.add(code)
      return wire.send('frames', [frame], random)
    }
    case 'fin':
    case 'reset':
      return wire.end(how)
    default:
      how satisfies never
  }
}

/** A host and guests get through the states of a room, and say everything at the wrong time as well. */
export async function roomScene(target: Target, name: Name, room: OurRoom): Promise<void> {
  const casting = random(...name)
  const players = room.codes.map((code) => new Player(code, room))
  const from = address(casting)
  const wires = new Set<Wire>()
  for (let round = 0; round < ROUNDS; round++) {
    const dice = random(...name, round)
    // First everybody comes; then whoever is there speaks, the host more often, and sometimes comes a second time.
    const player = players[round] ?? dice.pick([players[0] as Player, ...players])
    if (!player.wire || dice.chance(0.05)) await player.come(target, from, random(...name, round, 'come'))
    const { wire } = player
    if (!wire) continue
    wires.add(wire)
    const brokenness = dice.pick([0, 0, 0.05, 0.1, 0.5])
    const length = round < players.length ? 3 : dice.between(1, brokenness === 0.5 ? 25 : 50)
    await wire.send('frames', burst(length, brokenness, says[player.role], dice, player.known), dice)
    await end(wire, dice.weighted(ENDS), dice, player.known)
  }
  for (const wire of wires) wire.destroy()
}

/** A connection that never gets a seat: as much nonsense as it may say, and then what ends it. */
export async function strangerScene(target: Target, name: Name, room: OurRoom): Promise<void> {
  const dice = random(...name)
  const { known } = new Player({ role: 'guest', code: '0' }, room)
  const wire = new Wire(target, address(dice))
  const frames = burst(dice.between(1, 30), 0.85, says.nobody, dice, known)
  wire.write(upgrade())
  // Frames may come together with the upgrade: then they must be heard after it.
  if (dice.chance(0.2)) await wire.send('frames', frames, dice)
  else if (await wire.until(() => wire.upgraded, 5000)) await wire.send('frames', frames, dice)
  const last = dice.weighted({ violation: 70, close: 10, fin: 5, reset: 5, slow: 2 })
  await end(wire, last, dice, known)
  if (last === 'close') await wire.until(() => wire.over, 500)
  wire.destroy()
}

/** HTTP that is none. */
export async function httpScene(target: Target, name: Name): Promise<void> {
  const dice = random(...name)
  const wire = new Wire(target, address(dice))
  await wire.send('requests', [brokenRequest(dice)], dice)
  await wire.until(() => wire.responses > 0, 100)
  if (dice.chance(0.3)) await wire.send('requests', [brokenRequest(dice)], dice)
  if (dice.chance(0.1)) await wait(dice.between(1, 100))
  if (dice.chance(0.5)) wire.end(dice.pick(['fin', 'reset']))
  await wire.until(() => wire.over, 20)
  wire.destroy()
}

/** Calls of the REST API on one connection, in turn or all at once. */
export async function restScene(
  target: Target,
  name: Name,
  make: ReturnType<typeof newRequests>,
  read: (body: string) => void,
) {
  const dice = random(...name)
  const wire = new Wire(target, address(dice))
  wire.read = read
  const requests = Array.from({ length: dice.between(1, 20) }, () => make(dice))
  if (dice.chance(0.5)) {
    await wire.send('requests', requests, dice)
    await wire.until(() => wire.responses >= requests.length, 2000)
  } else {
    for (const request of requests) {
      const before = wire.responses
      await wire.send('requests', [request], dice)
      await wire.until(() => wire.responses > before, 500)
    }
  }
  wire.destroy()
}
