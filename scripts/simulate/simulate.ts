/**
 * The whole system in one simulation: the real server core and the real client on a virtual network, disk and clock.
 *
 *     npm run simulate -- --seed 7 --hours 1000 [--without clock,crash] [--shrink] [--trace 40]
 *
 * `--without` leaves out kinds of troubles: see troubles.ts.
 */
import { parseArgs } from 'node:util'
import { shrink } from './shrink.ts'
import { clock, type Outcome, tell } from './story.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    hours: { type: 'string', default: '100' },
    without: { type: 'string', default: '' },
    shrink: { type: 'boolean', default: false },
    trace: { type: 'string', default: '0' },
  },
})
const hours = Number(values.hours)
const cut = { without: new Set(values.without.split(',').filter(Boolean)), skip: new Set<string>() }
const started = performance.now()
const outcome = await tell(values.seed, hours, cut)
const seconds = (performance.now() - started) / 1000

function summary({ troubles, frames, resumes, ...rest }: Outcome): [string, string | number][] {
  const per = (count: number) => Math.round(count / seconds)
  return [
    ['seed', values.seed],
    ['virtual hours', `${rest.hours.toFixed(1)} (${per(rest.hours)} a second)`],
    ['steps', `${rest.steps} (${per(rest.steps)} a second)`],
    ['real seconds', seconds.toFixed(1)],
    ['appointments', rest.appointments.length],
    ['sessions recorded', rest.recorded],
    ['frames', `${frames.toServer} to the server, ${frames.toClients} to clients, ${frames.signals} of them signals`],
    ['resumes', `${resumes.lossless} lossless, ${resumes.whole} with the whole state`],
    ['commits', rest.commits],
    ['lives of the server', rest.lives],
    ...Object.entries(troubles.counts).sort(),
  ]
}

for (const [what, value] of summary(outcome)) console.log(`${what.padEnd(20)} ${value}`)
if (outcome.failure) {
  const { why, at } = outcome.failure
  console.log(`\nBROKEN at ${clock(at)} with seed ${values.seed}: ${why}`)
  if (values.shrink || values.trace > '0') {
    const traced = Number(values.trace)
    const story = values.shrink
      ? await shrink(values.seed, hours, cut, traced)
      : await tell(values.seed, hours, cut, traced)
    console.log(`\nThe story: ${clock(story.failure?.at ?? 0)}: ${story.failure?.why}`)
    for (const { at, name, whom } of story.troubles.happened) console.log(`  ${clock(at)} ${name} ${whom}`)
    for (const line of story.trace) console.log(`  ${line}`)
  }
  process.exitCode = 1
} else console.log('\nall promises kept')
