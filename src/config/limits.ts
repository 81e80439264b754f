/** The limits as a table: what anybody on the internet may cost this server. Each default says why it is what it is. */
import { integer, type Setting } from './values.ts'

export const limits = {
  connections: {
    default: '10000',
    meaning: 'WebSockets open at a time; each costs about 6 KB and a file descriptor',
    read: integer(1, 1_000_000),
  },
  connectionsPerAddress: {
    default: '200',
    meaning: 'connections open at a time from one address (IPv6: /64); a whole clinic may be behind one',
    read: integer(1, 1_000_000),
  },
  joinSeconds: {
    default: '10',
    unit: 's',
    meaning: 'how long a connection may take to join or resume',
    read: integer(1, 60),
  },
  framesPerSecond: {
    default: '100',
    unit: '1/s',
    meaning:
      'frames and pings of one connection, on average over 4 seconds: nine people who exchange candidates need half of it',
    read: integer(1, 1_000_000),
  },
  kibPerSecond: {
    default: '128',
    unit: 'KiB/s',
    meaning:
      'what one seat may say, on average over 4 seconds: a call is set up with less than 50 KiB, with eight others at once less than 400',
    read: integer(16, 1_000_000),
  },
  kibPerSecondPerAddress: {
    default: '1024',
    unit: 'KiB/s',
    meaning:
      'what all connections of one address may say, ten seconds of it at once: 200 calls that are set up together',
    read: integer(16, 1_000_000),
  },
  refusalsPerMinute: {
    default: '30',
    unit: '1/min',
    meaning:
      'refused frames of one connection, also before it has joined; a frontend that errs more often is broken or hostile',
    read: integer(1, 10_000),
  },
  queueKib: {
    default: '1024',
    unit: 'KiB',
    meaning: 'bytes that may wait for a slow reader before it is cut; it may resume',
    read: integer(64, 65_536),
  },
  replayKib: {
    default: '256',
    unit: 'KiB',
    meaning: 'what is kept for a seat whose connection is lost; a call is set up with less than 50',
    read: integer(1, 65_536),
  },
  waitingGuests: { default: '50', meaning: 'how many guests may wait in one room', read: integer(1, 1000) },
  wrongCodesPerAddress: {
    default: '10',
    meaning:
      'codes that do not exist, tried from one address within an hour, before it has to wait, longer each time; typing errors do not count',
    read: integer(1, 1_000_000),
  },
  wrongCodesPerMinute: {
    default: '600',
    unit: '1/min',
    meaning: 'codes that do not exist, over all addresses: with 10,000 codes in use a hit takes 127 days on average',
    read: integer(1, 1_000_000),
  },
  requestsPerMinute: {
    default: '1200',
    unit: '1/min',
    meaning: 'HTTP requests from one address, that many at once; a page needs 4',
    read: integer(1, 10_000_000),
  },
  requestSeconds: {
    default: '15',
    unit: 's',
    meaning: 'how long a request may take to arrive, headers and body; they have less than 32 KiB',
    read: integer(1, 300),
  },
} satisfies Record<string, Setting<number>>
