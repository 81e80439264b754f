/** Floods of requests, many at once on each connection: without a token, with wrong ones, and with a good one. */
import { randomBytes } from 'node:crypto'
import { openRecord } from '../../src/record/record.ts'
import { type Attack, count, hurry, type Target } from './attack.ts'
import { addresses, ask, head, pick } from './raw.ts'

const AT_ONCE = 20
const RECORDED = 20_000
const HOUR = 3_600_000

async function burst({ port, counts }: Target, from: string, make: () => string): Promise<void> {
  const all = Array.from({ length: AT_ONCE }, make)
  // The last one ends it, so that the end of the connection is the end of the answers.
  all.push(`${head('GET /healthz', { Connection: 'close' })}\r\n`)
  count(counts, 'requests', all.length)
  const said = await ask(port, from, all.join(''))
  for (const [, status] of said.matchAll(/HTTP\/1\.1 (\d{3}) /g)) count(counts, status ?? '')
}

const json = (headers: Readonly<Record<string, string>>, body: object): string => {
  const text = JSON.stringify(body)
  const all = { ...headers, 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)) }
  return `${head('POST /v1/codes', all)}\r\n${text}`
}

function anything(authorization: Readonly<Record<string, string>>): string {
  return pick([
    () => json(authorization, { roles: Array(9).fill('guest'), reference: 'x'.repeat(64) }),
    () => `${head('GET /v1/codes?limit=500', authorization)}\r\n`,
    () => `${head('GET /v1/sessions?limit=500', { ...authorization, Accept: 'text/csv' })}\r\n`,
  ])()
}

const attack = (name: string, sources: number, authorize: (token: string) => Record<string, string>): Attack => ({
  name,
  thrown: 'requests',
  run: (target) => {
    const from = addresses(9, sources)
    return hurry(target.seconds, 20, () => burst(target, pick(from), () => anything(authorize(target.token))))
  },
})

/** A record as large as a large practice's of a month. */
async function recordMuch(dataDir: string): Promise<void> {
  const record = await openRecord({ dataDir, retentionDays: 30, sweepMinutes: 60 })
  const now = Date.now()
  const sessions = Array.from({ length: RECORDED }, (_, index) => ({
    id: record.newId(now),
    room: `zimmer${index % 40}`,
    ...{ start: now - HOUR, end: now, codes: [], cutOff: null, participants: 2, reason: 'ended' as const },
    reference: 'T-2026-117',
  }))
  await record.persist(sessions.map((session) => ({ change: 'session', session })))
  await record.close()
}

export const requests: readonly Attack[] = [
  attack('rest-no-token', 100, () => ({})),
  attack('rest-wrong-token', 100, () => ({ Authorization: `Bearer ${randomBytes(24).toString('base64url')}` })),
  { ...attack('rest-token', 10, (token) => ({ Authorization: `Bearer ${token}` })), prepare: recordMuch },
]
