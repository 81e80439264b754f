// Preloaded into the server: the machine's wall clock as it is told to be wrong, in ms.
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const right = Date.now
  let wrong = 0
  Date.now = () => right() + wrong
  process.on('message', (ms) => {
    wrong = ms
  })
  process.channel.unref()
}
