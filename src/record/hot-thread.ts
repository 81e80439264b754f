/** The program of the thread that writes seats.db. */
import { workerData } from 'node:worker_threads'
import { openHot } from './hot.ts'
import { serve } from './thread.ts'

serve(() => openHot(workerData))
