// Preloaded into a server under measurement: how late its event loop was, and that nothing outlives the bench.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
process.on('message', (order) => {
  if (order === 'reset') return delay.reset()
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 5)
  process.send({ p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) })
})
process.on('disconnect', () => process.exit())
process.channel.unref()
