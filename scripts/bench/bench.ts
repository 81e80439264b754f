/**
 * npm run bench: this server beside a bare relay, PeerJS, Socket.IO and nextcloud-spreed-signaling, on this machine, as a
 * table for the README.
 *
 * --quick   whether it runs, in less than a minute   --json all that was measured   --plot FILE the ratios as a picture
 * --parts traffic,rooms,idle   --turns N at each server
 */
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { full, quick } from './efforts.ts'
import { type Measured, measureIdle, measureRooms, measureTraffic } from './measure.ts'
import { plot } from './plot.ts'

import { kindsHere } from './servers.ts'
import { busy, flat, table } from './table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    plot: { type: 'string' },
    parts: { type: 'string', default: 'traffic,rooms,idle' },
    turns: { type: 'string' },
  },
})
const chosen = values.quick ? quick : full
const effort = { ...chosen, turns: Number(values.turns ?? chosen.turns) }
const parts = values.parts.split(',')

if (!existsSync(new URL('../../dist/main.js', import.meta.url))) {
  console.error('Nothing to measure yet: npm run build')
  process.exit(1)
}

const kinds = kindsHere()
const nothing: Measured = { figures: [], uses: [] }
const traffic = parts.includes('traffic') ? await measureTraffic(kinds, effort) : nothing
const rooms = parts.includes('rooms') ? await measureRooms(effort) : nothing
const idle = parts.includes('idle') ? await measureIdle(kinds, effort) : nothing
const figures = [traffic, rooms, idle].flatMap((part) => part.figures)
const uses = [traffic, rooms, idle].flatMap((part) => part.uses)

if (values.plot !== undefined) writeFileSync(values.plot, plot(figures, kinds))
if (values.json) {
  console.log(JSON.stringify({ figures, uses }))
} else {
  console.log(table(figures, kinds))
  console.log(
    `\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}. Medians of ${effort.turns} turns;`,
  )
  console.log(`memory: the slope from ${effort.counts.join(' to ')} connections. ${flat(rooms.figures)} ${busy(uses)}`)
}
process.exit()
