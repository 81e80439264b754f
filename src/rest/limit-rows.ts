/** The limits of the configuration as rows of the documents' table: each with what who meets it is told. */
import { limits } from '../config/limits.ts'
import { type Setting, variableOf } from '../config/values.ts'

/** What the client sees. A limit that is not here does not compile. */
const answers: Record<keyof typeof limits, string> = {
  connections:
    'no upgrade: 503 `server_busy`; where sockets of all kinds exceed it by 500, they are closed without an answer',
  connectionsPerAddress:
    'no upgrade: 429 `throttled`, `Retry-After`; without a proxy, connections beyond it are closed without an answer',
  joinSeconds: 'close 4008',
  framesPerSecond: '`throttled` with `retryAfter`, close 4029; the seat is kept, resume',
  kibPerSecond: '`throttled` with `retryAfter`, close 4029; the seat is kept, resume',
  kibPerSecondPerAddress:
    'the same, unless the connection has said 64 KiB or less in 4 seconds: a call is set up beside a flood',
  refusalsPerMinute: 'close 4507',
  queueKib: 'close 4001; the seat is kept, resume',
  replayKib: '`resumed` with `lossless: false` and the whole state',
  waitingGuests: '`room_full`, close 4506',
  wrongCodesPerAddress: '`throttled` with `retryAfter`, close 4029',
  wrongCodesPerMinute: '`throttled` with `retryAfter`, close 4029',
  requestsPerMinute: '429 `throttled`, `Retry-After`',
  requestSeconds: '408 `request_timeout`, closed; a TLS handshake, and an answer that nobody reads, without a word',
}

/** Name, default, meaning and reason, what the client sees, and the metric. */
export const limitRows = (): string[][] =>
  Object.entries<Setting<number>>(limits).map(([key, { default: value = '', unit, meaning }]) => [
    `\`${variableOf(key)}\``,
    [value, unit].filter(Boolean).join(' '),
    meaning,
    answers[key as keyof typeof limits],
    // The metric's label is the setting's name, in lower case.
    `\`limit="${variableOf(key).slice('WZ_'.length).toLowerCase()}"\``,
  ])
