/** The parts of the client that need no browser: when to try again, what to say again, what to show. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStorage } from '../scripts/support/world.ts'
import { createListeners } from '../src/client/listeners.ts'
import { overBecause } from '../src/client/over.ts'
import { createPendingCommands } from '../src/client/pending-commands.ts'
import { retryDelay } from '../src/client/reconnecting-socket.ts'
import { forgetSeat, loadSeat, saveSeat } from '../src/client/seat.ts'
import { disconnected, emptyView, nextView, type View } from '../src/client/view.ts'
import { readData } from '../src/protocol/data.ts'
import { closeCodes } from '../src/protocol/errors.ts'
import type { Ice, ServerMessage } from '../src/protocol/messages.ts'

const resume = { token: 't', within: 120 }
const server = { version: '1', features: [] }
const joined = (role: 'guest' | 'host'): ServerMessage => ({
  type: 'joined',
  peer: 'me',
  role,
  state: role === 'host' ? 'admitted' : 'waiting',
  epoch: 1,
  resume,
  server,
})
const after = (...frames: ServerMessage[]): View => frames.reduce(nextView, emptyView)
const anna = { peer: 'a', name: 'Anna', since: 1 }
const guest = { peer: 'a', role: 'guest', name: 'Anna', polite: false } as const

/** An outbox whose line can be cut, with everything that went out over it. */
function outboxOnLine() {
  const line = { up: true, sent: [] as { type: string; id: number }[] }
  const outbox = createPendingCommands((text) => {
    if (line.up) line.sent.push(JSON.parse(text))
    return line.up
  }, Math.random)
  outbox.restart()
  return { line, outbox, ids: () => line.sent.splice(0).map(({ id }) => id) }
}

test('every close code of the protocol is either tried again or says why it is over', () => {
  for (const { code } of Object.values(closeCodes)) {
    const stops = code === 1000 || code >= 4500
    assert.is(retryDelay(code, 0, 0.5) === undefined, stops, String(code))
    if (stops) assert.ok(overBecause(code, undefined).reason)
  }
  for (const code of [1001, 1006, 1009, 1011, 4000, 4499]) assert.ok(retryDelay(code, 0, 0) !== undefined)
  assert.equal(overBecause(4506, { code: 'code_unknown' }), { reason: 'refused', code: 'code_unknown' })
  assert.equal(overBecause(4504, { code: 'seat_expired' }), { reason: 'seat_expired' })
})

test('the delay grows, differs, and stays below ten seconds, however long it takes', () => {
  const delays = [0, 1, 2, 3, 4, 5, 1000].map((failures) => retryDelay(1006, failures, 1))
  assert.equal(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  assert.is(retryDelay(1006, 0, 0), 250)
  assert.equal([retryDelay(1012, 7, 0), retryDelay(1012, 0, 1)], [0, 5000])
})

test('what was not confirmed is said again, in order and with the same ids', () => {
  const { outbox, line, ids } = outboxOnLine()
  for (const peer of ['a', 'b']) outbox.put({ type: 'admit', peer })
  line.up = false
  outbox.put({ type: 'hold', peer: 'a' })
  assert.equal(ids(), [2, 3])
  line.up = true
  assert.is(outbox.sayAgain(2, true), true)
  assert.equal(ids(), [3, 4])
  outbox.put({ type: 'end' })
  assert.equal(ids(), [5])
})

test('in a new epoch what has changed no seat is said again, but for signals; notices too, unless they were confirmed', () => {
  const { outbox, line, ids } = outboxOnLine()
  outbox.put({ type: 'notice', text: 'heard' })
  outbox.ask()
  outbox.put({ type: 'admit', peer: 'a' })
  outbox.put({ type: 'notice', text: 'heard, perhaps' })
  const [, ping = 0, admit = 0] = ids()
  line.up = false
  outbox.put({ type: 'signal', to: 'a', data: 1 })
  outbox.put({ type: 'notice', text: 'not heard' })
  line.up = true
  outbox.confirm(ping)
  outbox.sayAgain(1, false)
  assert.equal(ids(), [admit, admit + 1, admit + 3])
})

test('a page and its copy do not take the frames of each other for their own, and nothing that was said is lost', () => {
  const [page, copy] = [outboxOnLine(), outboxOnLine()]
  page.line.up = false
  page.outbox.put({ type: 'admit', peer: 'a' })
  page.outbox.put({ type: 'signal', to: 'b', data: 1 })
  copy.outbox.sayAgain(41, true)
  copy.outbox.put({ type: 'end' })
  const [end = 0] = copy.ids()
  assert.ok(end > 41)
  page.line.up = true
  assert.is(page.outbox.sayAgain(end, true), false, 'the signal is lost')
  const [admit = 0, ...more] = page.ids()
  assert.equal([admit > end, more], [true, []])
  assert.is(page.outbox.confirm(end), undefined)
  assert.equal(page.outbox.confirm(admit), { type: 'admit', peer: 'a' })
})

test('an answer names its command, also where a later one was answered before', () => {
  const { outbox } = outboxOnLine()
  for (const peer of ['a', 'b', 'c']) outbox.put({ type: 'admit', peer })
  assert.is(outbox.waits(), true)
  outbox.ask()
  outbox.confirm(5)
  assert.is(outbox.waits(), false)
  assert.equal(outbox.confirm(3), { type: 'admit', peer: 'b' })
  assert.equal(outbox.confirm(2), { type: 'admit', peer: 'a' })
})

test('whether a command was taken is told once it is known: by an answer to it, or to one after it', () => {
  const { line, outbox } = outboxOnLine()
  const answers: string[] = []
  const say = (text: string) =>
    outbox.put({ type: 'notice', text }, (taken) => answers.push(`${text} ${taken ? 'taken' : 'refused'}`))
  say('a')
  outbox.confirm(say('b') ?? 0)
  assert.equal(answers, ['b refused', 'a taken'])
  line.up = false
  say('c')
  line.up = true
  // A copy of this tab has spoken meanwhile: it gets another id, and is answered all the same.
  outbox.sayAgain(100, true)
  outbox.ask()
  assert.is(answers.length, 2)
  outbox.confirm(line.sent.at(-1)?.id ?? 0)
  assert.equal(answers.slice(2), ['c taken'])
})

test('what was refused while the line was cut is still known when the answer comes after the resume', () => {
  const { outbox, ids } = outboxOnLine()
  for (const peer of ['a', 'b']) outbox.put({ type: 'hold', peer })
  ids()
  outbox.sayAgain(3, true)
  assert.equal(ids(), [], 'processed is not said again')
  assert.equal(outbox.confirm(2), { type: 'hold', peer: 'a' })
})

test('an outbox that overflowed says that something may be missing', () => {
  const { outbox } = outboxOnLine()
  for (let count = 0; count < 600; count++) outbox.put({ type: 'signal', to: 'a', data: count })
  assert.is(outbox.sayAgain(1, true), false)
  assert.is(outbox.sayAgain(500, true), true)
})

test('a guest waits, is admitted, is held, and loses the connection in between', () => {
  const waiting = after(joined('guest'), { type: 'waiting', host: 'absent' })
  assert.equal(waiting.state, { at: 'waiting', host: 'absent' })
  const lost = disconnected(waiting, 1, undefined)
  assert.equal(lost.state, { at: 'reconnecting', was: { at: 'waiting', host: 'absent' }, because: undefined })
  assert.equal(disconnected(lost, 2, 'restarting').state, lost.state)
  const frame = {
    type: 'resumed',
    peer: 'me',
    role: 'guest',
    state: 'waiting',
    epoch: 1,
    id: 1,
    lossless: true,
  } as const
  assert.equal(nextView(lost, frame).state, waiting.state)
  const ice: Ice = { servers: [], policy: 'all' }
  const admitted = nextView(waiting, { type: 'admitted', session: 's', peers: [{ ...guest, polite: true }], ice })
  assert.equal(admitted.state, { at: 'session' })
  assert.equal(admitted.peers, [{ ...guest, polite: true, present: true }])
  const held = nextView(admitted, { type: 'held' })
  assert.equal([held.state.at, held.peers], ['waiting', []])
})

test('the list of the practice follows knock, admit, away, back, hold and leave', () => {
  const lobby: ServerMessage = { type: 'lobby', now: 0, staff: 0, peers: [] }
  const knock: ServerMessage = { type: 'knock', ...anna, quiet: false }
  let view = after(joined('host'), lobby, knock)
  assert.equal([view.state.at, view.lobby], ['open', [{ ...anna, state: 'waiting', present: true }]])
  view = nextView(view, { type: 'peer-joined', ...guest })
  assert.equal([view.state.at, view.lobby[0]?.state, view.peers.length], ['session', 'admitted', 1])
  view = nextView(view, { type: 'peer-away', peer: 'a' })
  assert.equal([view.lobby[0]?.present, view.peers[0]?.present], [false, false])
  view = nextView(view, { type: 'peer-back', peer: 'a' })
  assert.equal([view.lobby[0]?.present, view.peers[0]?.present], [true, true])
  view = nextView(view, { type: 'peer-left', peer: 'a', reason: 'held' })
  assert.equal([view.state.at, view.lobby[0]?.state, view.peers.length], ['open', 'waiting', 0])
  view = nextView(view, { type: 'peer-left', peer: 'a', reason: 'left' })
  assert.equal(view.lobby, [])
})

test('what a later server might say changes nothing that is shown', () => {
  const seen = after(joined('host'), { type: 'knock', quiet: false, ...anna })
  assert.is(nextView(seen, { type: 'weather', sky: 'blue' } as unknown as ServerMessage), seen)
})

test('a fresh lobby is the whole truth: who is not admitted in it is not in the session any more', () => {
  const view = after(
    joined('host'),
    { type: 'knock', ...anna, quiet: false },
    { type: 'peer-joined', ...guest },
    { type: 'lobby', now: 0, staff: 0, peers: [{ ...anna, state: 'waiting', present: true }] },
  )
  assert.equal([view.state.at, view.peers], ['open', []])
})

test('data is read in the shapes that browsers and the plainest clients give it, and in no others', () => {
  const offer = { type: 'offer', sdp: 'v=0' }
  const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'x' }
  const bare = { candidate: '', sdpMid: null }
  assert.equal(readData({ description: offer, theirs: 1 }), { description: offer })
  assert.equal(readData({ description: offer, candidate: null }), { description: offer })
  assert.equal(readData({ description: null, candidate }), { candidate })
  assert.equal(readData({ candidate: bare }), { candidate: bare })
  assert.equal(readData({ candidate: null }), { candidate: null })
  const wz = { v: 1, offer: 'a' }
  assert.equal(readData({ description: offer, wz: { ...wz } }), { description: offer, wz })
  for (const other of [{ v: 2, offer: 'a' }, { v: 1, offer: 7 }, { offer: 'a' }, 7, null]) {
    assert.equal(readData({ description: offer, wz: other }), { description: offer }, 'what is not known is ignored')
  }
  const broken = [{ type: 'offer' }, { type: 'rollback', sdp: '' }, 'v=0', 7].map((description) => ({ description }))
  const wrong = [{}, { candidate: 7 }, { ...candidate, sdpMLineIndex: '0' }].map((candidate) => ({ candidate }))
  for (const data of [undefined, null, 'offer', 7, [], {}, { wz }, ...broken, ...wrong]) {
    assert.is(readData(data), undefined, JSON.stringify(data))
  }
})

test('a page that fails at what it is told keeps its client, and the others who listen; the failure is its own', async () => {
  const { on, tell } = createListeners()
  const heard: string[] = []
  const failures: unknown[] = []
  const failed = (error: unknown) => void failures.push(error)
  process.once('uncaughtException', failed)
  const fault = new Error('the page is wrong')
  on('notice', () => {
    throw fault
  })
  on('notice', ({ text }) => heard.push(text))
  tell('notice', { text: 'one' })
  await new Promise((resolve) => setTimeout(resolve))
  assert.equal([heard, failures], [['one'], [fault]])
})

test('a seat is remembered and forgotten, and a storage that fails or holds rubbish costs nothing else', () => {
  const kept = new Map<string, string>()
  const storage = openStorage(kept)
  const seat = { token: 't', epoch: 3, role: 'guest', name: 'Anna' } as const
  saveSeat(storage, seat)
  assert.equal(loadSeat(storage), seat)
  for (const key of kept.keys()) kept.set(key, '{"token":7}')
  assert.is(loadSeat(storage), undefined)
  forgetSeat(storage)
  assert.is(kept.size, 0)
  const broken = () => {
    throw new Error('forbidden')
  }
  saveSeat({ getItem: broken, setItem: broken, removeItem: broken }, seat)
  assert.is(loadSeat({ getItem: broken, setItem: broken, removeItem: broken }), undefined)
  assert.is(loadSeat(undefined), undefined)
})

test.run()
