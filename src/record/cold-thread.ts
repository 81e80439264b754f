/** The program of the thread that writes wartezimmer.db. */
import { setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'
import { openCold } from './cold.ts'
import { serve } from './thread.ts'

serve(
  () => {
    const cold = openCold(workerData)
    // On Linux threads have a priority each: in a call nobody is to notice what an admin does.
    setPriority(10)
    return cold
  },
  (cold, waited) => cold.waited(waited),
)
