/** The process that attacks: is told whom, does it, says what it counted, and waits to be killed. */
import type { Target } from './attack.ts'
import { attacks } from './list.ts'

export type Order = Omit<Target, 'counts'> & { name: string }

process.once('message', async ({ name, ...target }: Order) => {
  const counts = {}
  await attacks.find((attack) => attack.name === name)?.run({ ...target, counts })
  process.send?.(counts)
})
process.on('disconnect', () => process.exit())
// Whoever imports this through tsx has taken a while: only now it is ready.
process.send?.('ready')
