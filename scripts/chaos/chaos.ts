/**
 * Consultations while everything breaks: connections are cut at random, and the server is killed, stands still, and
 * finds its clock wrong and its disk full or locked, again and again. A model outside checks what every client was told.
 *
 * npm run chaos -- [--seconds 120] [--consultations 150]
 */
import { parseArgs } from 'node:util'
import { Consultation, type Tally } from './consultation.ts'
import { CUTS } from './participant.ts'
import { startServer, TROUBLES, type Trouble } from './troubles.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, consultations: { type: 'string', default: '150' } },
})
const SECONDS = Number(values.seconds)
const COUNT = Number(values.consultations)

const tally: Tally = {
  ...{ signals: 0, lost: 0, doubled: 0, disordered: 0 },
  ...{ resumes: 0, lossless: 0, seatsLost: 0, wrongSeq: 0, unexpected: [] },
}
const cuts = { close: 0, reset: 0, silent: 0, 'mid-frame': 0 }
const befell: Partial<Record<Trouble, number>> = {}
let badExits = 0

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
    await wait(50)
  }
}

const { server, befall, complaints } = await startServer()
const url = () => `${server.url.replace('http', 'ws')}/v1/signal`
const consultations: Consultation[] = []
for (let index = 0; index < COUNT; index++) {
  const { room, codes } = await server.mint()
  consultations.push(new Consultation(url, room, [codes[0] ?? '', codes[1] ?? ''], tally))
}
await until('everyone is in session', () => consultations.every((one) => one.inSession))

const end = Date.now() + SECONDS * 1000
const chaos = (async () => {
  while (Date.now() < end) {
    await wait(10)
    for (let n = 0; n < COUNT / 15; n++) pick(consultations).signal(pick(['host', 'guest']))
    if (Math.random() < 0.3) {
      const how = pick(CUTS)
      cuts[how] += 1
      pick(consultations)[pick(['host', 'guest'] as const)].cut(how)
    }
    if (Math.random() < 0.04) pick(consultations).hold()
    if (Math.random() < 0.02) pick(consultations).end()
  }
})()
const trouble = async (kinds: readonly Trouble[]) => {
  for (let turn = 0; Date.now() < end - 3000; turn++) {
    await wait(1000 + Math.random() * 2000)
    // Each comes up, however short the time.
    const what = kinds[turn] ?? pick(kinds)
    befell[what] = (befell[what] ?? 0) + 1
    if (!(await befall(what))) badExits += 1
  }
}
await Promise.all([chaos, trouble(TROUBLES.process), trouble(TROUBLES.disk)])

// Quiet again: everyone must find back, hear what was still on its way, and end in good order.
await until('everyone is back in session', () =>
  consultations.every((one) => one.inSession && one.host.ready && one.guest.ready),
)
for (const one of consultations) {
  one.guest.leave()
  one.host.leave()
}
await wait(1000)

type Recorded = {
  id: string
  room: string
  start: number
  end: number | null
  duration: number | null
  reason: string
  participants: number
}
const recorded: Recorded[] = []
for (let after: string | null = ''; after !== null; ) {
  const page: { sessions: Recorded[]; next: string | null } = await server.rest(
    `/v1/sessions?limit=500${after && `&after=${after}`}`,
  )
  recorded.push(...page.sessions)
  after = page.next
}
const byId = new Map(recorded.map((session) => [session.id, session]))
const disagreements: string[] = []
for (const { room, sessions } of consultations) {
  for (const [id, reason] of sessions) {
    const session = byId.get(id)
    if (!session) disagreements.push(`a session that was told of is not recorded (${reason})`)
    else if (session.room !== room) disagreements.push('a session is recorded for another room')
    else if (session.end === null) disagreements.push('a session is recorded as running')
    else if (session.end < session.start || session.participants !== 2) disagreements.push('a record is impossible')
    else if (reason !== undefined && session.reason !== reason)
      disagreements.push(`told ${reason}, recorded ${session.reason}`)
  }
}
await server.end('SIGTERM')
const { rightly = [], wrongly = [] } = complaints()

const count = (counts: Record<string, number>) => {
  const each = Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  return `${Object.values(counts).reduce((total, count) => total + count, 0)} (${each.join(', ')})`
}
const rows: [string, string | number][] = [
  ['consultations', COUNT],
  ['seconds', SECONDS],
  ['cuts', count(cuts)],
  ['troubles of the server', count(befell)],
  ['resumes', tally.resumes],
  ['lossless', `${((100 * tally.lossless) / Math.max(1, tally.resumes)).toFixed(1)} %`],
  ['signals delivered', tally.signals],
  ['sessions recorded', recorded.length],
  ['complaints with a reason', rightly.length],
]
const faults: [string, number, string[]?][] = [
  ['seats lost', tally.seatsLost],
  ['frames lost', tally.lost],
  ['frames doubled', tally.doubled],
  ['frames out of order', tally.disordered],
  ['frames with a wrong seq', tally.wrongSeq],
  ['records that disagree', disagreements.length, disagreements],
  ['unexpected refusals', tally.unexpected.length, tally.unexpected],
  ['stops that were not clean', badExits],
  ['complaints without one', wrongly.length, wrongly],
]
for (const [what, value] of rows) console.log(`${what.padEnd(26)} ${value}`)
for (const [what, count, details = []] of faults) {
  console.log(`${what.padEnd(26)} ${count}`)
  for (const detail of new Set(details)) console.log(`    ${detail}`)
}
const good = faults.every(([, count]) => count === 0) && tally.resumes > 0 && tally.signals > 0
process.exit(good ? 0 : 1)
