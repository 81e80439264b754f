/** The log: a closed list of events, errors without what they quote (R30), and lines that are never waited for (R62). */
import { Writable } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createLog } from '../src/observability/log.ts'
import { openOutput } from '../src/observability/output.ts'

function lines(level: Parameters<typeof createLog>[0], write: (log: ReturnType<typeof createLog>) => void) {
  const written: string[] = []
  write(createLog(level, { write: (line: string) => written.push(line) }))
  return written.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a line says its level as a word, its time in UTC, what happened, and its fields', () => {
  const [line, ...more] = lines('info', (log) => log({ event: 'listening', address: '127.0.0.1', port: 8080 }))
  assert.equal(more, [])
  const { time, ...rest } = line ?? {}
  assert.equal(rest, { level: 'info', msg: 'listening', address: '127.0.0.1', port: 8080 })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('an error tells its kind and place, never its message, which may quote a frame or a name', () => {
  const error = Object.assign(new SyntaxError('Unexpected token in "Anna\n    at Müller" is not valid JSON'), {
    code: 'E_TEST',
    rawPacket: 'Anna Müller',
  })
  const [line] = lines('trace', (log) => log({ event: 'failed', where: 'signaling', error }))
  const text = JSON.stringify(line)
  assert.not.match(text, /Anna|Müller|Unexpected/)
  assert.match(text, /SyntaxError/)
  assert.match(text, /E_TEST/)
  assert.match(text, /log\.test/)
})

test('what is thrown that is no error is not written out', () => {
  const [line] = lines('trace', (log) => log({ event: 'failed', where: 'rest', error: 'Anna Müller' }))
  assert.not.match(JSON.stringify(line), /Anna/)
})

test('requests are only told when asked for, by their route, and silent is silent', () => {
  const request = { event: 'request', method: 'GET', route: '/v1/codes/:id', status: 200 } as const
  assert.is(lines('info', (log) => log(request)).length, 0)
  assert.is(lines('debug', (log) => log(request)).length, 1)
  assert.is(lines('silent', (log) => log({ event: 'failed', where: 'rest', error: new Error() })).length, 0)
})

test('a failure that goes on is told once a minute, with how often it was repeated, and each kind by itself', () => {
  const waiting: (() => void)[] = []
  const told: unknown[] = []
  const write = (line: string) => {
    const { where, error, repeated } = JSON.parse(line)
    told.push([where, error.code ?? error.type, repeated])
  }
  const log = createLog('info', { write }, (ms, act) => {
    assert.is(ms, 60_000)
    waiting.push(act)
  })
  const minute = () => {
    for (const act of waiting.splice(0)) act()
    return told.splice(0)
  }
  const full = () =>
    log({ event: 'failed', where: 'record', error: Object.assign(new Error(), { code: 'SQLITE_FULL' }) })
  for (let times = 0; times < 1000; times++) full()
  for (let times = 0; times < 3; times++) {
    log({ event: 'failed', where: 'rest', error: new TypeError() })
    log({ event: 'failed', where: 'rest', error: new TypeError() })
  }
  assert.equal(told.splice(0), [
    ['record', 'SQLITE_FULL', undefined],
    ['rest', 'TypeError', undefined],
    ['rest', 'TypeError', undefined],
  ])
  assert.equal(minute(), [
    ['record', 'SQLITE_FULL', 999],
    ['rest', 'TypeError', 2],
    ['rest', 'TypeError', 2],
  ])
  full()
  assert.equal(minute(), [['record', 'SQLITE_FULL', 1]], 'not more often than once a minute')
  assert.equal(minute(), [])
  full()
  assert.equal(told, [['record', 'SQLITE_FULL', undefined]], 'after a quiet minute it is news again')
})

/** A stream that holds on to its first chunk until it is let go. */
function slowReader() {
  const read: string[] = []
  const slow = { letGo: (_error?: Error) => {} }
  const stream = new Writable({
    decodeStrings: false,
    write(line, _encoding, done) {
      read.push(line)
      slow.letGo = done
    },
  })
  return { stream, read, letGo: (error?: Error) => slow.letGo(error) }
}

test('R62: what a reader does not take in time is kept up to 256 KiB, then lost and counted', async () => {
  const { stream, read, letGo } = slowReader()
  const output = openOutput(stream)
  const kib = `${'x'.repeat(1023)}\n`
  for (let lines = 0; lines < 300; lines++) output.write(kib)
  assert.is(stream.writableLength, 256 * 1024)
  assert.is(output.lost(), 300 - 256)
  letGo()
  output.write('and on\n')
  while (read.length < 257) letGo()
  assert.is(read.at(-1), 'and on\n')
  assert.is(output.lost(), 300 - 256)
})

test('R62: a line that cannot be written is counted, and no error comes of it', async () => {
  const { stream, letGo } = slowReader()
  const output = openOutput(stream)
  output.write('a line\n')
  letGo(new Error('EPIPE'))
  await new Promise(setImmediate)
  output.write('another line\n')
  await new Promise(setImmediate)
  assert.is(output.lost(), 2)
})

test.run()
