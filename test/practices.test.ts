/** R90: nothing that an admin of a practice is told depends on what is outside of that practice. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Admin, allRights, type Practice } from '../src/config/admins.ts'
import type { Role } from '../src/protocol/messages.ts'
import { adminWith } from './rest-support.ts'
import { type Server, startServer } from './server-support.ts'

type Target = { own: boolean; at: number }

/** What happens, and to which practice: requests of its admins, sessions in its rooms, people who dial in. */
type Act = { who: number; limited: boolean } & (
  | { act: 'mint'; room?: Target; roles: Role[]; hours: number; key?: number }
  | { act: 'list'; of: 'codes' | 'sessions' | 'audit'; limit?: number; after?: Target; room?: Target; csv: boolean }
  | { act: 'one'; method: 'GET' | 'PATCH' | 'DELETE' | 'ERASE'; id: Target; session: boolean }
  | { act: 'room'; room: Target }
  | { act: 'page'; url: string }
  | { act: 'session'; room: number; ended: boolean }
  | { act: 'join'; code: number }
)

const nat = (max: number) => fc.nat({ max })
const target = fc.record({ own: fc.boolean(), at: nat(5) })
const mostlyOwn = fc.record({ own: nat(9).map((one) => one > 0), at: nat(5) })
const maybe = <Value>(one: fc.Arbitrary<Value>) => fc.option(one, { nil: undefined })
const common = { who: nat(2), limited: fc.integer({ min: 0, max: 4 }).map((one) => one === 0) }
const of = <Name extends string>(act: Name, fields: object) =>
  fc.record({ ...common, act: fc.constant(act), ...fields })

const acts = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: of('mint', mintFields()) },
    { weight: 3, arbitrary: of('session', { room: nat(1), ended: fc.boolean() }) },
    { weight: 6, arbitrary: of('join', { code: nat(5) }) },
    { weight: 6, arbitrary: of('list', listFields()) },
    { weight: 6, arbitrary: of('one', oneFields()) },
    { weight: 6, arbitrary: of('room', { room: target }) },
    { weight: 3, arbitrary: of('page', { url: fc.constantFrom(...PAGES()) }) },
  ) as unknown as fc.Arbitrary<Act>,
  { minLength: 20, maxLength: 60 },
)

function mintFields() {
  const roles = fc.array(fc.constantFrom('guest', 'host', 'staff'), { minLength: 1, maxLength: 3 })
  return { room: maybe(mostlyOwn), roles, hours: fc.integer({ min: -1, max: 40 }), key: maybe(nat(1)) }
}
function listFields() {
  const which = fc.constantFrom('codes', 'sessions', 'audit')
  return {
    of: which,
    limit: maybe(fc.integer({ min: 1, max: 3 })),
    after: maybe(target),
    room: maybe(target),
    csv: fc.boolean(),
  }
}
function oneFields() {
  return { method: fc.constantFrom('GET', 'PATCH', 'DELETE', 'ERASE'), id: target, session: fc.boolean() }
}
function PAGES() {
  return ['/metrics', '/metrics?practices=true', '/v1/inventory', '/v1/nothing', '/v1/codes?limit=0']
}

/** Prefixes that come right behind each other in every order, none of which begins with another. */
const prefixes = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(...'aAbz09.-_'), minLength: 1, maxLength: 3 }), {
    minLength: 3,
    maxLength: 3,
  })
  .filter((all) => all.every((one) => all.every((other) => one === other || !one.startsWith(other))))

const bounds = fc.array(
  fc.record({ codesPerDay: maybe(fc.integer({ min: 0, max: 12 })), seats: maybe(fc.integer({ min: 1, max: 2 })) }),
  { minLength: 3, maxLength: 3 },
)
const someRights = fc.subarray([...allRights], { minLength: 1 })

const KEYS = ['0b6f6a3e-7d52-4c1e-9a39-5b1f5d4c8e21', '7f1d2c3b-4a59-4687-b0c1-d2e3f4a5b6c7']
const NOBODYS = '019c2f6d-11aa-7b02-8f1c-6d5e4c3b2a10'
const token = (who: number, limited: boolean) => `token-of-practice-${who}-${limited ? 'limited' : 'full'}-0123456789`

/** What somebody was told, with what is random named by when it came first. */
function readable(told: string, names: Map<string, string>): string {
  const name = (kind: string) => (found: string) => {
    const known = names.get(found) ?? `${kind}${names.size}`
    names.set(found, known)
    return known
  }
  return told
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, name('id'))
    .replace(/\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b|\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/g, name('code'))
    .replace(/__[a-z2-9]{10}\b/g, name('room'))
}

type Story = { run: number; practices: Practice[]; rights: Admin['rights']; acts: Act[] }

/**
 * Plays a story on a server.
 * @param only whose acts happen; without it, all
 * @param foreign the ids of others that are asked for, by the number of the act; noted where all acts happen
 * @returns what each practice was told, in order
 */
async function play(
  server: Server,
  { run, practices, rights, acts }: Story,
  foreign: Map<number, string>,
  only?: number,
) {
  server.admins.replace(
    practices.flatMap((practice, who) => [
      adminWith(`full-${run}-${who}`, token(who, false), { practice }),
      adminWith(`limited-${run}-${who}`, token(who, true), { practice, rights }),
    ]),
  )
  const told = practices.map(() => [] as string[])
  const names = practices.map(() => new Map<string, string>())
  const known = practices.map(() => ({ ids: [] as string[], sessions: [] as string[], codes: [] as string[] }))
  const clients: { drop: () => void }[] = []
  const start = 1_800_000_000_000 + run * 3_600_000

  for (const [number, act] of acts.entries()) {
    const { who } = act
    server.clock.now = start + number * 1000
    if (only !== undefined && who !== only) continue
    const own = known[who] as (typeof known)[number]
    const others = known.filter((_, index) => index !== who)
    const roomOf = ({ own, at }: Target) => `${practices[own ? who : (who + 1) % 3]?.rooms}room${at % 2}`
    const idOf = ({ own: isOwn, at }: Target, sessions = false) => {
      const mine = sessions ? own.sessions : own.ids
      if (isOwn) return mine[at % mine.length] ?? NOBODYS
      const theirs = others.flatMap(({ ids, sessions: some }) => (sessions ? some : ids))
      if (only === undefined) foreign.set(number, theirs[at % theirs.length] ?? NOBODYS)
      return foreign.get(number) ?? NOBODYS
    }
    const ask = async (method: string, url: string, body?: object, headers: Record<string, string> = {}) => {
      const authorization = `Bearer ${token(who, act.limited)}`
      const payload = body && { payload: JSON.stringify(body) }
      const all = { authorization, ...(body && { 'content-type': 'application/json' }), ...headers }
      const response = await server.app.inject({ method: method as 'GET', url, headers: all, ...payload })
      const { date, 'content-length': length, ...shown } = response.headers
      told[who]?.push(
        readable(
          `${number} ${response.statusCode} ${JSON.stringify(shown)}\n${response.body}`,
          names[who] ?? new Map(),
        ),
      )
      return response
    }

    switch (act.act) {
      case 'mint': {
        const { room, roles, hours, key } = act
        const body = { room: room && roomOf(room), roles, expiresAt: start + hours * 3_600_000 }
        const headers = key === undefined ? undefined : { 'idempotency-key': KEYS[key] ?? '' }
        const { codes = [] } = (await ask('POST', '/v1/codes', body, headers)).json() as {
          codes?: { id: string; code: string }[]
        }
        own.ids.push(...codes.map(({ id }) => id))
        own.codes.push(...codes.map(({ code }) => code))
        break
      }
      case 'list': {
        const query = new URLSearchParams()
        if (act.limit !== undefined) query.set('limit', String(act.limit))
        if (act.after) query.set('after', idOf(act.after, act.of === 'sessions'))
        if (act.room && act.of !== 'audit') query.set('room', roomOf(act.room))
        await ask('GET', `/v1/${act.of}?${query}`, undefined, act.csv ? { accept: 'text/csv' } : {})
        break
      }
      case 'one': {
        const url = `/v1/${act.session ? 'sessions' : 'codes'}/${idOf(act.id, act.session)}`
        const method = act.method === 'ERASE' ? 'DELETE' : act.method
        const body = method === 'PATCH' ? { expiresAt: start + 86_400_000 } : undefined
        await ask(method, act.method === 'ERASE' && !act.session ? `${url}?erase=true` : url, body)
        break
      }
      case 'room':
        await ask('GET', `/v1/rooms/${roomOf(act.room)}`)
        break
      case 'page':
        await ask('GET', act.url)
        break
      case 'session': {
        const id = server.record.newId(server.clock.now)
        const end = act.ended ? server.clock.now + 1000 : null
        const session = {
          id,
          room: roomOf({ own: true, at: act.room }),
          start: server.clock.now,
          end,
          codes: [],
          cutOff: null,
        }
        const rest = { participants: 2, reason: act.ended ? ('left' as const) : null, reference: null }
        await server.record.persist([{ change: 'session', session: { ...session, ...rest } }])
        own.sessions.push(id)
        break
      }
      case 'join': {
        const client = await server.connect()
        clients.push(client)
        client.send({ type: 'join', code: own.codes[act.code % own.codes.length] ?? 'K7M-4XQ-9TP', name: 'Anna' })
        await client.settle()
        const first = client.frames[0]
        told[who]?.push(`${number} ${first?.type} ${first?.type === 'error' ? `${first.code} ${first.message}` : ''}`)
        break
      }
      default:
        act satisfies never
    }
  }
  for (const client of clients) client.drop()
  return told
}

test('with two other practices beside it a practice is told exactly what it is told alone', async () => {
  // Wrong codes are of whose address they come from, and here everybody comes from one.
  const many = { WZ_WRONG_CODES_PER_ADDRESS: '1000000', WZ_WRONG_CODES_PER_MINUTE: '1000000' }
  const env = { WZ_PUBLIC_URL: 'https://video.praxis.example', ...many }
  const [together, alone] = [await startServer(env), await startServer(env)]
  let run = 0
  const statuses = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(prefixes, bounds, someRights, acts, async (some, bounds, rights, acts) => {
      run += 1
      const practices = some.map((prefix, index) => ({ rooms: `r${run}.${prefix}__`, ...bounds[index] }))
      const story = { run, practices, rights, acts }
      const foreign = new Map<number, string>()
      const told = await play(together, story, foreign)
      const me = acts[0]?.who ?? 0
      const toldAlone = await play(alone, story, foreign, me)
      const [one = [], other = []] = [told[me], toldAlone[me]]
      const at = one.findIndex((line, index) => line !== other[index])
      if (at >= 0) throw new Error(`together:\n${one[at]}\nalone:\n${other[at]}`)
      for (const line of told.flat()) {
        const status = line.split(' ', 3)[1] ?? ''
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }),
    {
      numRuns: Number(process.env.RUNS ?? 80),
      ...(process.env.SEED && { seed: Number(process.env.SEED) }),
      endOnFailure: true,
      includeErrorInReport: true,
    },
  )
  // Otherwise it would have shown nothing.
  for (const status of ['200', '201', '204', '403', '404', '429', 'joined']) assert.ok(statuses.get(status), status)
})

test.run()
