/**
 * Turns at all servers: they run all the time and are measured one after the other, so that what else the machine does
 * meets all alike.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { startClient } from './clients.ts'
import type { Effort } from './efforts.ts'
import {
  everywhere,
  GUESTS,
  idleRows,
  inRooms,
  overTls,
  PAIRS,
  type Row,
  type Scenario,
  type Side,
} from './scenarios.ts'
import { type Kind, type Server, startServer } from './servers.ts'

/** A row, and what was measured in each turn. */
export type Figures = { row: Row; of: Partial<Record<Kind, number[]>> }

/** How busy the processes were, in cores, while one scenario was measured: says whether it was the server that was. */
export type Use = { title: string; kind: Kind; server: number[]; client: number[] }

export type Measured = { figures: Figures[]; uses: Use[] }

type Entry = { side: Side; scenario: Scenario; figures: Figures[]; use: Use }

async function stopAll(sides: readonly Side[]): Promise<void> {
  for (const { client } of sides) client.stop()
  await Promise.all(sides.map(({ server }) => server.stop()))
}

/** Makes entries of which each scenario's rows are those of all its sides. */
function entriesOf(plan: readonly { scenario: Scenario; sides: readonly Side[] }[]): Entry[] {
  return plan.flatMap(({ scenario, sides }) => {
    const figures = scenario.rows.map((row): Figures => ({ row, of: {} }))
    return sides.map((side): Entry => {
      for (const { of } of figures) of[side.server.kind] = []
      const use = { title: scenario.rows[0]?.title ?? '', kind: side.server.kind, server: [], client: [] }
      return { side, scenario, figures, use }
    })
  })
}

async function takeTurn({ side, scenario, figures, use }: Entry, effort: Effort, counts: boolean): Promise<void> {
  const { server, client } = side
  const [serverCpu, clientCpu, began] = [await server.cpu(), await client.cpu(), performance.now()]
  const measured = await scenario.turn(side, effort)
  const seconds = (performance.now() - began) / 1000
  if (!counts) return
  for (const [index, value] of measured.entries()) figures[index]?.of[server.kind]?.push(value)
  use.server.push(((await server.cpu()) - serverCpu) / seconds)
  use.client.push(((await client.cpu()) - clientCpu) / seconds)
}

async function takeTurns(entries: readonly Entry[], effort: Effort): Promise<Measured> {
  for (const entry of entries) await takeTurn(entry, { ...effort, load: effort.warmUp }, false)
  for (let turn = 0; turn < effort.turns; turn++) {
    for (const entry of entries) await takeTurn(entry, effort, true)
  }
  return { figures: [...new Set(entries.flatMap(({ figures }) => figures))], uses: entries.map(({ use }) => use) }
}

/** What signals, calls, dialling in, coming back and a lobby cost. */
export async function measureTraffic(kinds: readonly Kind[], effort: Effort): Promise<Measured> {
  const begin = async (kind: Kind, tls = false): Promise<Side> => {
    const server = await startServer(kind, tls)
    const client = await startClient(server, { pairs: PAIRS, callers: effort.callers, lobby: GUESTS })
    await client.open(PAIRS)
    return { server, client }
  }
  const sides = await Promise.all(kinds.map((kind) => begin(kind)))
  const tlsSides = [await begin('wartezimmer', true), await begin('bare', true)]
  const plan = everywhere.map((scenario) => ({
    scenario,
    sides: sides.filter(({ server }) => server.kind !== scenario.without),
  }))
  plan.push({ scenario: overTls, sides: tlsSides })
  const measured = await takeTurns(entriesOf(plan), effort)
  await stopAll([...sides, ...tlsSides])
  return measured
}

/** Whether a signal costs the same in few rooms and in many. */
export async function measureRooms(effort: Effort): Promise<Measured> {
  const plan: { scenario: Scenario; sides: Side[] }[] = []
  for (const rooms of effort.rooms) {
    const sides: Side[] = []
    for (const kind of ['wartezimmer', 'bare'] as const) {
      const server = await startServer(kind)
      const client = await startClient(server, { pairs: rooms })
      await client.open(rooms)
      sides.push({ server, client })
    }
    plan.push({ scenario: inRooms(rooms), sides })
  }
  const measured = await takeTurns(entriesOf(plan), effort)
  await stopAll(plan.flatMap(({ sides }) => sides))
  return measured
}

/** What those weigh and cost who only wait; all servers at once, as most of the time is waiting. */
export async function measureIdle(
  kinds: readonly Kind[],
  { counts: [few, many], idle, watch }: Effort,
): Promise<Measured> {
  const sides: Side[] = []
  for (const [index, kind] of kinds.entries()) {
    const server = await startServer(kind)
    // An address of its own each, as one has ports for 28,000 connections at most.
    sides.push({ server, client: await startClient(server, { pairs: many / 2 }, `127.0.${index + 1}.1`) })
    await server.renew?.()
  }
  const weigh = async (pairs: number) => {
    await Promise.all(sides.map(({ client }) => client.open(pairs)))
    await wait(idle)
    return Promise.all(sides.map(({ server }) => server.memory()))
  }
  const cpus = () => Promise.all(sides.map(({ server }: { server: Server }) => server.cpu()))
  const before = await weigh(few / 2)
  const after = await weigh((many - few) / 2)
  const from = await cpus()
  await wait(watch)
  const to = await cpus()
  await stopAll(sides)
  const slope = (of: 'heap' | 'rss') => (n: number) =>
    ((after[n]?.[of] ?? Number.NaN) - (before[n]?.[of] ?? Number.NaN)) / (many - few) / 1000
  const whole = (n: number) => (after[n]?.rss ?? Number.NaN) / 1e6
  const cpu = (n: number) => (((to[n] ?? Number.NaN) - (from[n] ?? Number.NaN)) * 3_600_000) / watch / many
  const figures = [slope('heap'), slope('rss'), whole, cpu].map(
    (of, index): Figures => ({
      row: idleRows[index] as Row,
      of: Object.fromEntries(kinds.map((kind, n) => [kind, [of(n)]])),
    }),
  )
  return { figures, uses: [] }
}
