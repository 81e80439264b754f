/** Who may call the API, and what they may do there: admins, known by their tokens, with their rights and rooms. */
import type { FastifyRequest, FastifySchema } from 'fastify'
import type { Admin, Practice, Right } from '../config/admins.ts'
import { digestOf } from '../config/admins-file.ts'
import { Refusal } from '../protocol/errors.ts'
import type { By } from '../record/scope.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token the request carries. */
    admin: Admin
  }
  interface FastifySchema {
    /** Which rights open a route, any of them; these are the words of the OpenAPI document, too. */
    security?: readonly { admin?: readonly Right[] }[]
  }
}

export type Admins = ReturnType<typeof keepAdmins>

/** All admins there are at the moment. */
export function keepAdmins(given: readonly Admin[]) {
  let byDigest = new Map<string, Admin>()
  /** By what the names of their rooms begin with, sorted. */
  let practices: readonly Practice[] = []

  const followers: (() => void)[] = []

  /** From now on it is these; requests that are under way are still answered as those of before. */
  function replace(admins: readonly Admin[]): void {
    byDigest = new Map(admins.map((admin) => [admin.tokenSha256, admin]))
    const all = new Map(admins.flatMap(({ practice }) => (practice ? [[practice.rooms, practice] as const] : [])))
    practices = [...all.values()].sort((a, b) => (a.rooms < b.rooms ? -1 : 1))
    for (const follow of followers) follow()
  }
  replace(given)

  return {
    replace,

    /** Does something now, and whenever they are others. */
    follow(act: () => void): void {
      followers.push(act)
      act()
    },

    /**
     * Who has the token that a request carries. What is looked up is its hash, so the time that it takes says nothing
     * about tokens.
     */
    of: ({ headers }: Pick<FastifyRequest, 'headers'>): Admin | undefined => {
      const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
      return token === undefined ? undefined : byDigest.get(digestOf(token))
    },

    practices: (): readonly Practice[] => practices,

    count: () => ({ admins: byDigest.size, practices: practices.length }),

    /** The practice that a room belongs to. As no prefix begins with another, only the last one before its name can be. */
    practiceOf(room: string): Practice | undefined {
      let [low, high] = [0, practices.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((practices[middle]?.rooms ?? '') <= room) low = middle + 1
        else high = middle
      }
      const practice = practices[low - 1]
      return practice && room.startsWith(practice.rooms) ? practice : undefined
    },
  }
}

/** The host names that are one practice's alone, and what the names of its rooms begin with. */
export function ownAddresses(practices: readonly Practice[], everybodys: string | undefined): Map<string, string> {
  const own = new Map<string, string>()
  const shared = new Set(everybodys === undefined ? [] : [new URL(everybodys).host])
  for (const { publicUrl, rooms } of practices) {
    if (publicUrl === undefined) continue
    const { host } = new URL(publicUrl)
    if (own.has(host)) shared.add(host)
    own.set(host, rooms)
  }
  for (const host of shared) own.delete(host)
  return own
}

/** For a route's schema: it takes any of these rights; without one, to be an admin is enough. */
export const needs = (...rights: Right[]): Pick<FastifySchema, 'security'> => ({
  security: rights.length === 0 ? [{ admin: [] }] : rights.map((right) => ({ admin: [right] })),
})

/** @throws Refusal forbidden */
export function must(admin: Admin, ...rights: Right[]): void {
  if (rights.some((right) => admin.rights.includes(right))) return
  throw new Refusal('forbidden', `This needs the right ${rights.join(' or ')}.`)
}

/**
 * Makes the onRequest hook that lets admins through, notes who it is, and looks whether they may; others get
 * `unauthorized` or `forbidden`, whatever it is that they ask about.
 */
export function onlyAdmins(admins: Pick<Admins, 'of'>): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const admin = admins.of(request)
    if (admin === undefined) throw new Refusal('unauthorized')
    request.admin = admin
    const required = request.routeOptions.schema?.security?.flatMap(({ admin = [] }) => admin) ?? []
    if (required.length > 0) must(admin, ...required)
  }
}

/** Who acts in the record, about whose rooms, and when. */
export const actor = ({ admin: { name, practice } }: Pick<FastifyRequest, 'admin'>, now: number): By => ({
  admin: name,
  rooms: practice?.rooms ?? '',
  codesPerDay: practice?.codesPerDay,
  now,
})

/** Whose share of the server's time and requests it is, so that no practice uses up that of another. */
export const shareOf = ({ name, practice }: Admin): string =>
  practice ? `practice ${practice.rooms}` : `admin ${name}`
