/**
 * All that this program logs. It is a closed list of events with listed fields, and no library gets
 * at the logger, so what people say, type, are called or come from has no way into a log line.
 */
import pino from 'pino'

export type LogEvent =
  | { event: 'listening'; address: string; port: number }
  | { event: 'few_descriptors'; connections: number }
  | { event: 'certificate_read' }
  | { event: 'admins_read'; admins: number; practices: number }
  /** The old ones stay; each fault says its place in the file, never what stands there. */
  | { event: 'admins_refused'; faults: readonly string[] }
  | { event: 'turn_secret_read' }
  | { event: 'stopping'; signal: string }
  | { event: 'stopped' }
  /** The machine's clock was set, or says something wrong; then it is believed, or right again. */
  | { event: 'clock_doubted'; aheadSeconds: number }
  | { event: 'clock_followed' }
  | { event: 'clock_agrees' }
  | { event: 'swept'; deleted: number; wiped: boolean }
  | { event: 'sweep_failed'; error: unknown }
  | {
      event: 'failed'
      where: 'signaling' | 'rest' | 'record' | 'certificate' | 'turn_secret' | 'admins' | 'process'
      error: unknown
    }
  | { event: 'request'; method: string; route: string; status: number }

export type Log = (event: LogEvent) => void

/** Of what is no `info`. */
const levels: Partial<Record<LogEvent['event'], pino.Level>> = {
  few_descriptors: 'warn',
  admins_refused: 'error',
  clock_doubted: 'warn',
  clock_followed: 'warn',
  sweep_failed: 'error',
  failed: 'error',
  request: 'debug',
}

/** What kind of error it was and where, but not its message: messages quote what was processed. */
function withoutMessage(error: unknown): { type: string; code?: string | undefined; at?: string[] } {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack = '' } = error
  const head = message === '' ? `${name}\n` : `${name}: ${message}\n`
  const at = stack.startsWith(head) ? stack.slice(head.length).split('\n') : []
  return { type: name, code: (error as NodeJS.ErrnoException).code, at: at.map((line) => line.trim()) }
}

/** For how long, in ms, a failure that happens again is only counted. */
const QUIET = 60_000

/** Does something after so many ms, without keeping the process alive for it. */
type Later = (ms: number, act: () => void) => void
const afterwards: Later = (ms, act) => void setTimeout(act, ms).unref()

/**
 * Tells a failure that goes on once a minute, with how often it has `repeated` since. It is the same one if it has
 * the same place and code; without a code, if it was thrown from the same line.
 */
function sparing(tell: (event: LogEvent & { repeated?: number }) => void, later: Later): Log {
  const told = new Map<string, { latest: LogEvent; repeated: number }>()
  const tellAgain = (kind: string): void => {
    const failure = told.get(kind)
    if (!failure?.repeated) return void told.delete(kind)
    tell({ ...failure.latest, repeated: failure.repeated })
    failure.repeated = 0
    later(QUIET, () => tellAgain(kind))
  }
  return (event) => {
    if (!('error' in event)) return tell(event)
    const error = withoutMessage(event.error)
    const latest = { ...event, error }
    const kind = [event.event, 'where' in event && event.where, error.type, error.code ?? error.at?.[0]].join()
    const before = told.get(kind)
    told.set(kind, { latest, repeated: before ? before.repeated + 1 : 0 })
    if (before) return
    tell(latest)
    later(QUIET, () => tellAgain(kind))
  }
}

/** JSON lines to `output`. */
export function createLog(level: pino.LevelWithSilent, output: pino.DestinationStream, later = afterwards): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  )
  return sparing(({ event, ...fields }) => logger[levels[event] ?? 'info'](fields, event), later)
}
