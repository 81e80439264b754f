/** All attackers at once: each plays one scene after another until enough was sent. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Known } from './json.ts'
import type { Codes, OurRoom } from './players.ts'
import { newRequests, type OpenApi } from './rest.ts'
import { httpScene, restScene, roomScene, strangerScene } from './scenes.ts'
import type { Server } from './server.ts'
import type { Target } from './wire.ts'

/** How many attackers of each kind there are at a time. */
const ATTACKERS = { room: 10, stranger: 6, http: 2, rest: 2 }
type Kind = keyof typeof ATTACKERS

/** A room for each scene that runs, and one that is left to its seats' expiry meanwhile. */
const ROOMS = 2 * ATTACKERS.room

export type Goal = { seed: number; frames: number; requests: number }

/** Rooms with a host and three guests each, of whom two may be in session. */
export function mintRooms(server: Server, strangers: readonly string[]): Promise<(OurRoom & { name: string })[]> {
  const mint = async (_: unknown, index: number) => {
    const name = `fuzz-${index}`
    const wish = { room: name, roles: ['host', 'guest', 'guest', 'guest'], guests: 2 }
    const { codes } = await server.rest<{ codes: Codes }>('/v1/codes', wish)
    return { name, codes, host: 'x', guests: [], strangers }
  }
  return Promise.all(Array.from({ length: ROOMS }, mint))
}

/**
 * Attacks until the goal is reached or the server is gone.
 * @param notOurs a room that is left alone
 */
export async function attack(server: Server, target: Target, rooms: readonly OurRoom[], notOurs: string, goal: Goal) {
  const { tally } = target
  const api = await server.rest<OpenApi>('/openapi.json')
  /** Ids of codes and sessions that admins have been told of, the latest last. */
  const ids: string[] = []
  const known: Known = (field, random) => {
    if (field === 'id') return random.pick(ids.slice(-30)) ?? 'x'
    if (field === 'notBefore' && random.chance(0.7)) return Date.now() - random.below(1000)
    if (field === 'expiresAt' && random.chance(0.7)) return Date.now() + 3_600_000
    if (field === 'room') return random.pick(['zimmer1', 'fuzz-0', 'fuzz-1', 'niemand'])
    return undefined
  }
  // Codes that attackers need are not in these answers: they may be revoked.
  const read = (body: string): void => {
    if (!body.includes('"link"') && !body.startsWith('{"sessions"')) return
    for (const [, id = '', room] of body.matchAll(/"id":"([\w-]+)"(?:,"room":"([\w.-]+)")?/g)) {
      if (room !== notOurs) ids.push(id)
    }
    if (ids.length > 1000) ids.splice(0, 500)
  }
  const make = newRequests(api, target.token, known)

  const enough = (kind: Kind): boolean =>
    kind === 'room' || kind === 'stranger' ? tally.frames >= goal.frames : tally.requests >= goal.requests
  /** So that requests come all the while, and not all at the beginning. */
  const ahead = (kind: Kind): boolean =>
    (kind === 'http' || kind === 'rest') && tally.requests * goal.frames > (tally.frames + 2000) * goal.requests

  async function attacker(kind: Kind, index: number): Promise<void> {
    for (let scene = 0; !enough(kind) && server.running(); ) {
      if (ahead(kind) && tally.frames < goal.frames) {
        await wait(20)
        continue
      }
      scene += 1
      const name = [goal.seed, kind, index, scene]
      const room = rooms[(2 * index + (scene % 2)) % rooms.length] as OurRoom
      if (kind === 'room') await roomScene(target, name, room)
      else if (kind === 'stranger') await strangerScene(target, name, room)
      else if (kind === 'http') await httpScene(target, name)
      else await restScene(target, name, make, read)
    }
  }
  const kinds = Object.entries(ATTACKERS) as [Kind, number][]
  await Promise.all(kinds.flatMap(([kind, many]) => Array.from({ length: many }, (_, index) => attacker(kind, index))))
}
