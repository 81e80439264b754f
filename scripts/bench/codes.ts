/** Rooms at our own server: their codes, minted as a practice's software does. */
import type { Target } from './wire.ts'

/** The codes of a room: the host's first. */
export type Codes = string[]

/** As many roles as one call may ask for. */
const ROLES = 9

/** How many rooms are made at a time. */
const AT_ONCE = 8

async function mint(guests: number, { port, token, tls }: Target): Promise<Codes> {
  const codes: Codes = []
  let room: string | undefined
  while (codes.length <= guests) {
    const roles = Array.from({ length: Math.min(ROLES, guests + 1 - codes.length) }, (_, n) =>
      codes.length + n === 0 ? 'host' : 'guest',
    )
    const answer = await fetch(`http${tls ? 's' : ''}://127.0.0.1:${port}/v1/codes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ room, roles }),
    })
    const minted = (await answer.json()) as { room: string; codes: { code: string }[] }
    room = minted.room
    codes.push(...minted.codes.map(({ code }) => code))
  }
  return codes
}

/** Makes rooms, each for a host and so many guests. */
export async function mintRooms(rooms: number, guests: number, target: Target): Promise<Codes[]> {
  const made: Codes[] = []
  for (let left = rooms; left > 0; left -= AT_ONCE) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => mint(guests, target)))))
  }
  return made
}
