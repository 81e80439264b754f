/** The program of the thread that writes wartezimmer.db. */
import { setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'
import { openCold } from './cold.ts'
import { serve } from './thread.ts'

// On Linux threads have a priority each: in a call nobody notices what an admin does.
setPriority(10)
serve(
  () => openCold(workerData),
  (cold, waited) => cold.waited(waited),
)
