/** `npm run bench`: this server beside a bare relay and PeerJS, on this machine, as a table for the README. */
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { full, type Memory, measureMemory, measureRelay, quick, type Relay } from './measure.ts'
import { type Kind, kinds } from './servers.ts'

const titles: Record<Kind, string> = {
  bare: 'bare `ws` relay',
  peerjs: 'PeerJS server',
  wartezimmer: 'Wartezimmer',
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const effort = values.quick ? quick : full

if (!existsSync(new URL('../../dist/main.js', import.meta.url))) {
  console.error('Nothing to measure yet: npm run build')
  process.exit(1)
}

const relays: Record<Kind, Relay>[] = []
const memories: Record<Kind, Memory>[] = []
for (let start = 0; start < effort.starts; start++) relays.push(...(await measureRelay(kinds, effort)))
for (let round = 0; round < effort.memoryRounds; round++) memories.push(await measureMemory(kinds, effort))

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}

/** What a column shows, as measured each time. */
type Column = { title: string; digits: number; of: (kind: Kind) => number[] }

const columns: Column[] = [
  { title: 'CPU per signal, µs', digits: 1, of: (kind) => relays.map((turn) => turn[kind].cpu) },
  { title: 'p50, ms', digits: 2, of: (kind) => relays.map((turn) => turn[kind].p50) },
  { title: 'p99, ms', digits: 2, of: (kind) => relays.map((turn) => turn[kind].p99) },
  { title: 'heap per connection, KB', digits: 1, of: (kind) => memories.map((round) => round[kind].heap / 1000) },
  { title: 'RSS per connection, KB', digits: 1, of: (kind) => memories.map((round) => round[kind].rss / 1000) },
]

/** The median of the ratios, not the ratio of the medians: what is compared was measured at the same time. */
function ratio(column: Column, other: Kind): string {
  const others = column.of(other)
  return `${median(column.of('wartezimmer').map((value, index) => value / (others[index] ?? Number.NaN))).toFixed(2)}×`
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

console.log(
  [
    row(['', ...columns.map(({ title }) => title)]),
    row(['---', ...columns.map(() => '--:')]),
    ...kinds.map((kind) => row([titles[kind], ...columns.map(({ of, digits }) => median(of(kind)).toFixed(digits))])),
    row(['Wartezimmer / bare relay', ...columns.map((column) => ratio(column, 'bare'))]),
    row(['Wartezimmer / PeerJS', ...columns.map((column) => ratio(column, 'peerjs'))]),
    '',
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}. Medians of ${relays.length} turns of`,
    `${effort.load} ms, and of ${memories.length} slopes from ${effort.counts.join(' to ')} connections.`,
  ].join('\n'),
)
process.exit()
