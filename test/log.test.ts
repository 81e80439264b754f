/** The log: a closed list of events, and errors without what they quote (R30). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createLog } from '../src/observability/log.ts'

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

test.run()
