// Preloaded into each server under measurement: tells the bench over IPC what its process has used.
// Plain JavaScript, like all that runs in those processes, so that tsx weighs on none of them.
import { setTimeout as wait } from 'node:timers/promises'

process.on('message', async (question) => {
  if (question === 'memory') {
    for (let round = 0; round < 3; round++) {
      globalThis.gc()
      await wait(100)
    }
  }
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send({ cpu: user + system, rss, heap: heapUsed + external })
})
// No server is left behind when the bench is stopped.
process.on('disconnect', () => process.exit())
process.channel.unref()
