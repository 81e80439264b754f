// Preloaded into each server under measurement: tells the bench over IPC what its process has used.
// Plain JavaScript, like all that runs in those processes, so that tsx weighs on none of them.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

const delay = monitorEventLoopDelay({ resolution: 5 })
const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 5)

async function answer(question) {
  if (question === 'watch') return delay.enable()
  if (question === 'delay') {
    return { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) }
  }
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  // What is left once its garbage is collected.
  for (let round = 0; round < 3; round++) {
    globalThis.gc()
    await wait(100)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// The server's threads are loaded with it as well.
if (isMainThread) {
  process.on('message', async (question) => process.send(await answer(question)))
  // No server is left behind when the bench is stopped.
  process.on('disconnect', () => process.exit())
  process.channel.unref()
}
