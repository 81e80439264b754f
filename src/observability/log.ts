/**
 * All that this program logs. It is a closed list of events with listed fields, and no library gets
 * at the logger, so what people say, type, are called or come from has no way into a log line.
 */
import { writeSync } from 'node:fs'
import pino from 'pino'

export type LogEvent =
  | { event: 'listening'; address: string; port: number }
  | { event: 'few_descriptors'; connections: number }
  | { event: 'certificate_read' }
  | { event: 'stopping'; signal: string }
  | { event: 'stopped' }
  | { event: 'swept'; deleted: number; wiped: boolean }
  | { event: 'sweep_failed'; error: unknown }
  | { event: 'failed'; where: 'signaling' | 'rest' | 'record' | 'certificate' | 'process'; error: unknown }
  | { event: 'request'; method: string; route: string; status: number }

export type Log = (event: LogEvent) => void

const levels = {
  listening: 'info',
  few_descriptors: 'warn',
  certificate_read: 'info',
  stopping: 'info',
  stopped: 'info',
  swept: 'info',
  sweep_failed: 'error',
  failed: 'error',
  request: 'debug',
} as const satisfies Record<LogEvent['event'], pino.Level>

/** Says what kind of error it was and where, but not its message: messages quote what was processed. */
function withoutMessage(error: unknown) {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack = '' } = error
  const head = `${name}: ${message}\n`
  const at = stack.startsWith(head) ? stack.slice(head.length).split('\n') : []
  return { type: name, code: (error as NodeJS.ErrnoException).code, at: at.map((line) => line.trim()) }
}

/** Standard output. Where nobody reads it any more, a line is lost; the server must not wait for a reader. */
const stdout: pino.DestinationStream = {
  write(line) {
    try {
      writeSync(1, line)
    } catch {}
  },
}

/** JSON lines on standard output. */
export function createLog(level: pino.LevelWithSilent, destination = stdout): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: withoutMessage },
    },
    destination,
  )
  return ({ event, ...fields }) => logger[levels[event]](fields, event)
}
