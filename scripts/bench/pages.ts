/**
 * npm run bench:pages: what it costs to open either page, for the first and for the second time, in real Chromium on a CPU
 * that is slowed four times. Needs Chromium, as the browser tests do.
 *
 * --rounds N   of which the median is taken; each in a browser that has seen nothing yet
 */
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../test/browser/support.ts'
import { type Load, openTwice } from '../support/page-load.ts'
import { spawnServer } from '../support/server.ts'

const SLOWER = 4

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0

const server = await spawnServer()
console.log(`| page | load | requests | KB | form after, ms |\n| --- | --- | --: | --: | --: |`)
for (const path of ['/', '/praxis']) {
  const rounds: [Load, Load][] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const browser = await launchBrowser()
    rounds.push(await openTwice(browser, server.url + path, SLOWER))
    await browser.close()
  }
  for (const [which, name] of ['first', 'second'].entries()) {
    const of = (what: 'requests' | 'bytes' | 'ms') => median(rounds.map((loads) => loads[which]?.[what] ?? 0))
    const cells = [`\`${path}\``, name, of('requests'), (of('bytes') / 1000).toFixed(1), of('ms').toFixed(0)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
await server.stop()
