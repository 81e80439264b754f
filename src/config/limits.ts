/** The limits as a table: what anybody on the internet may cost this server. Each default says why it is what it is. */
import { setting } from './setting.ts'
import { integer } from './values.ts'

const limit = (name: `WZ_${string}`, value: number, unit: string, range: readonly [number, number], meaning: string) =>
  setting({ name, default: String(value), ...(unit && { unit }), meaning, read: integer(...range) })

export const limits = {
  connections: limit(
    'WZ_CONNECTIONS',
    10_000,
    '',
    [1, 1_000_000],
    'WebSockets open at a time; each costs about 6 KB and a file descriptor',
  ),
  connectionsPerAddress: limit(
    'WZ_CONNECTIONS_PER_ADDRESS',
    200,
    '',
    [1, 1_000_000],
    'connections open at a time from one address (IPv6: /64); a whole clinic may be behind one',
  ),
  joinSeconds: limit('WZ_JOIN_SECONDS', 10, 's', [1, 60], 'how long a connection may take to join or resume'),
  framesPerSecond: limit(
    'WZ_FRAMES_PER_SECOND',
    100,
    '1/s',
    [1, 1_000_000],
    'frames and pings of one connection, on average over 4 seconds: nine people who exchange candidates need half of it',
  ),
  kibPerSecond: limit(
    'WZ_KIB_PER_SECOND',
    128,
    'KiB/s',
    [16, 1_000_000],
    'what one seat may say, on average over 4 seconds: a call is set up with less than 50 KiB, with eight others at once less than 400',
  ),
  kibPerSecondPerAddress: limit(
    'WZ_KIB_PER_SECOND_PER_ADDRESS',
    1024,
    'KiB/s',
    [16, 1_000_000],
    'what all connections of one address may say, ten seconds of it at once: 200 calls that are set up together',
  ),
  refusalsPerMinute: limit(
    'WZ_REFUSALS_PER_MINUTE',
    30,
    '1/min',
    [1, 10_000],
    'refused frames of one connection, also before it has joined; a frontend that errs more often is broken or hostile',
  ),
  queueKib: limit(
    'WZ_QUEUE_KIB',
    1024,
    'KiB',
    [64, 65_536],
    'bytes that may wait for a slow reader before it is cut; it may resume',
  ),
  replayKib: limit(
    'WZ_REPLAY_KIB',
    256,
    'KiB',
    [1, 65_536],
    'what is kept for a seat whose connection is lost; a call is set up with less than 50',
  ),
  waitingGuests: limit('WZ_WAITING_GUESTS', 50, '', [1, 1000], 'how many guests may wait in one room'),
  wrongCodesPerAddress: limit(
    'WZ_WRONG_CODES_PER_ADDRESS',
    10,
    '',
    [1, 1_000_000],
    'codes that do not exist, tried from one address within an hour, before it has to wait, longer each time; typing errors do not count',
  ),
  wrongCodesPerMinute: limit(
    'WZ_WRONG_CODES_PER_MINUTE',
    600,
    '1/min',
    [1, 1_000_000],
    'codes that do not exist, over all addresses: with 10,000 codes in use a hit takes 127 days on average',
  ),
  requestsPerMinute: limit(
    'WZ_REQUESTS_PER_MINUTE',
    1200,
    '1/min',
    [1, 10_000_000],
    'HTTP requests from one address, that many at once; a page needs 4',
  ),
  requestSeconds: limit(
    'WZ_REQUEST_SECONDS',
    15,
    's',
    [1, 300],
    'how long a request may take to arrive, headers and body; they have less than 32 KiB',
  ),
}
