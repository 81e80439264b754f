/** Saying no costs at most what saying yes does (R63): what is refused, how early, and for how much work. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decode } from '../src/signaling/frames.ts'
import { type Server, startServer } from './server-support.ts'

const test = suite<{ server: Server }>('refusals')

test.before(async (context) => {
  context.server = await startServer()
})
test.after(async ({ server }) => {
  await server.stop()
})

const manyFields = (type: string) => `{"type":"${type}",${Array.from({ length: 6000 }, (_, n) => `"x${n}":1`)}}`

/** What a stranger says first, what it hears, and whether that is the end of it. */
const FIRST: [what: string, frame: string, code: string, closed?: number][] = [
  ['no JSON', 'join', 'bad_frame'],
  ['something else, however wrong', '{"type":"dance","x":1}', 'not_joined'],
  ['nothing', '{}', 'not_joined'],
  ['a word of the prototype', '{"type":"constructor"}', 'not_joined'],
  ['a type that is a list', '{"type":["join"]}', 'not_joined'],
  ['a join without a code', '{"type":"join"}', 'bad_message', 4506],
  ['a code that is longer than a link', JSON.stringify({ type: 'join', code: '7'.repeat(501) }), 'bad_message', 4506],
  [
    'a code of 101 characters',
    JSON.stringify({ type: 'join', code: '7'.repeat(101), name: 'A' }),
    'code_malformed',
    4506,
  ],
  ['a resume without a token', '{"type":"resume","epoch":1,"seq":1}', 'bad_message', 4506],
  ['4 KiB of a resume', '{"type":"resume"}'.padEnd(4096), 'bad_message', 4506],
  ['more than 4 KiB, whatever it is', '{"type":"ping"}'.padEnd(4097), 'bad_message', 4506],
  ['a large name', JSON.stringify({ type: 'join', code: 'x', name: '\u0301'.repeat(30_000) }), 'bad_message', 4506],
]

for (const [what, frame, code, closed] of FIRST) {
  test(`R63: a stranger who says ${what} hears ${code}${closed ? `, and is closed with ${closed}` : ''}`, async ({
    server,
  }) => {
    const client = await server.connect()
    assert.is((await client.refused(frame)).code, code)
    if (closed) assert.is((await client.closed).code, closed)
    else assert.is((await client.refused(frame)).code, code)
  })
}

for (const [frame, why] of [
  [{ type: 'notice', text: ' \u00a0\u3000' }, 'text must be one line of plain text, with something to read in it'],
  [{ type: 'deny', peer: 'x', reason: ' ' }, 'reason must be one line of plain text, with something to read in it'],
  [{ type: 'notice', text: 'a\nb' }, 'text must be one line of plain text, with something to read in it'],
] as const) {
  test(`what says nothing, or more than a line, is refused: ${JSON.stringify(frame)}`, () => {
    const decoded = decode(Buffer.from(JSON.stringify(frame)), false)
    assert.ok('refusal' in decoded)
    assert.equal([decoded.refusal.code, decoded.refusal.message], ['bad_message', why])
  })
}

/** The CPU time of something, in µs. */
function costOf(act: () => void): number {
  const { user, system } = process.cpuUsage()
  act()
  const spent = process.cpuUsage({ user, system })
  return spent.user + spent.system
}

test('R63: a frame that is refused takes about as long as one of its size that is relayed, and not many times as long', () => {
  const read = (frame: Buffer, times: number) =>
    costOf(() => {
      for (let time = 0; time < times; time++) decode(frame, false)
    })
  const good = Buffer.from(`{"type":"signal","to":"x","data":${manyFields('x')}}`)
  const nested = '['.repeat(32_000) + ']'.repeat(32_000)
  for (const [what, frame] of [
    ['unknown fields', manyFields('ping')],
    ['nested', `{"data":${nested},"to":"a","type":"signal"}`],
    ['brackets', `{"type":"signal","to":"x","data":[${'[],'.repeat(20_000)}[]],"x":1}`],
    ['one letter with accents', JSON.stringify({ type: 'admit', peer: `a${'\u0301'.repeat(30_000)}` })],
    ['a long notice', JSON.stringify({ type: 'notice', text: 'é'.repeat(30_000) })],
  ] as const) {
    // CPU time, whatever else the machine does, of so many that a clock that only ticks counts them; what was once wrong
    // took hundreds of times as long.
    const bad = Buffer.from(frame)
    const [refused, relayed] = [bad, good].map((one) => read(one, 100)) as [number, number]
    assert.ok(refused < 20 * relayed, `${what}: ${refused} µs, relayed: ${relayed} µs`)
  }
})

test.run()
