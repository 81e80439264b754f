/** The client on lines that a test holds in its hand: what it says, when it tries again, and how it says goodbye. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStorage, openWorld } from '../scripts/support/world.ts'
import type { Call, CallOptions } from '../src/client/call.ts'
import { type ClientOptions, dialIn, loadSeat } from '../src/client/client.ts'
import { noMedia } from '../src/client/pair.ts'
import type { SocketListener, World } from '../src/client/world.ts'
import { type ClientMessage, MAX_FIRST_FRAME, type ServerFrame } from '../src/protocol/messages.ts'
import { startServer } from './server-support.ts'

const CODE = 'K7M-4XQ-9TP'
const WITHIN = 120

type Line = SocketListener & { said: ClientMessage[]; open: boolean }

const silent: Call = {
  setStream: () => {},
  setIce: () => {},
  setPracticeKey: () => {},
  update: () => {},
  receive: () => {},
  recover: () => {},
  compared: async () => {},
  write: () => [],
  media: () => noMedia,
  clear: () => {},
  close: () => {},
}

/** A client whose clock only goes on when it is told to, and whose server is the test. */
function openClient(options: Partial<ClientOptions> = {}, way: { code?: string } = { code: CODE }) {
  let now = 0
  const timers = new Set<{ at: number; task: () => void }>()
  const lines: Line[] = []
  const updates: string[][] = []
  let callOptions = {} as CallOptions
  function after(ms: number, task: () => void) {
    const timer = { at: now + ms, task }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const world: World = {
    now: () => now,
    after,
    every(ms, task) {
      let stop = () => {}
      const again = () => {
        stop = after(ms, again)
        task()
      }
      stop = after(ms, again)
      return () => stop()
    },
    random: () => 1,
    open(_url, _protocol, listener) {
      const line: Line = { ...listener, said: [], open: false }
      lines.push(line)
      return {
        send(text) {
          if (line.open) line.said.push(JSON.parse(text))
          return line.open
        },
        close() {
          line.open = false
        },
      }
    },
    hidden: () => false,
    on: () => () => {},
  }
  const openCall = (given: CallOptions) => {
    callOptions = given
    return {
      ...silent,
      update: (present: readonly { peer: string }[]) => void updates.push(present.map(({ peer }) => peer)),
    }
  }
  const storage = openStorage()
  const client = dialIn({ url: 'wss://practice.example', name: 'Ada', storage, world, openCall, ...options, ...way })
  const line = () => lines.at(-1) as Line
  const told: string[] = []
  client.on('change', () => told.push(client.view.state.at))
  const refused: unknown[] = []
  client.on('refused', (event) => refused.push(event))
  return {
    ...{ client, storage, lines, timers, told, refused, updates },
    /** What the client says to others. */
    signal: (to: string, data: unknown) => callOptions.say(to, data),
    /** What was said on the last line, without the first frame. */
    said: () => line().said.slice(1),
    first: () => line().said[0],
    pass(ms: number) {
      const end = now + ms
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        now = next.at
        next.task()
      }
      now = end
    },
    open() {
      line().open = true
      line().opened()
    },
    hear: (frame: ServerFrame) => line().received(JSON.stringify(frame)),
    close(code: number) {
      line().open = false
      line().closed(code)
    },
    join(role: 'guest' | 'host' = 'guest') {
      this.open()
      this.hear(joined(role))
      this.hear(role === 'guest' ? { type: 'waiting', host: 'present', seq: 1 } : lobby)
    },
    /** The line breaks, and the next one stands. */
    comeBack() {
      this.close(1006)
      this.pass(10_000)
      this.open()
    },
  }
}

const joined = (role: 'guest' | 'host'): ServerFrame => ({
  ...{ type: 'joined', peer: 'me', role, state: role === 'host' ? 'admitted' : 'waiting', epoch: 1, re: 1 },
  ...{ resume: { token: 'me.t', within: WITHIN }, server: { version: '1', features: [] } },
})
const resumed = (id: number): ServerFrame => ({
  ...{ type: 'resumed', peer: 'me', role: 'guest', state: 'waiting', epoch: 1, id, lossless: true },
})
const lobby: ServerFrame = { type: 'lobby', now: 0, peers: [], staff: 0, seq: 1 }
const admitted: ServerFrame = {
  ...{ type: 'admitted', session: 's', ice: { servers: [], policy: 'all' }, seq: 2 },
  peers: [{ peer: 'h', role: 'host', name: '', polite: true }],
}
const LEFT = { at: 'over', over: { reason: 'left' } }

test('a command that fits into no frame is refused at once, and never said', () => {
  const page = openClient()
  page.join('host')
  for (const text of ['x'.repeat(70_000), 'ä'.repeat(33_000)]) {
    page.client.notice(text)
    assert.equal(page.refused.splice(0), [{ code: 'bad_message', command: 'notice' }])
  }
  page.client.deny('a', 'x'.repeat(70_000))
  page.client.admit('x'.repeat(70_000))
  page.signal('a', 'x'.repeat(70_000))
  assert.equal(
    page.refused.splice(0),
    ['deny', 'admit', 'signal'].map((command) => ({ code: 'bad_message', command })),
  )
  assert.equal(page.said(), [])
  // What the server can read, it refuses itself; whether it has taken a line is asked at once.
  page.client.notice('x'.repeat(60_000))
  const [notice, ...more] = page.said()
  assert.equal([notice?.type, ...more.map(({ type }) => type)], ['notice', 'ping'])
  page.close(1006)
  page.client.notice('x'.repeat(70_000))
  assert.is(page.refused.length, 1, 'also while there is no line')
  page.pass(10_000)
  page.open()
  page.hear(resumed(notice?.id ?? 0))
  assert.equal(page.said(), [])
})

test('a name of any length is said so that the server can refuse it', () => {
  const page = openClient({ name: 'ä'.repeat(70_000) })
  page.open()
  const { name = '' } = page.first() as Extract<ClientMessage, { type: 'join' }>
  assert.ok(name.length > 256, 'too long for a name')
  assert.ok(Buffer.byteLength(JSON.stringify(page.first())) < MAX_FIRST_FRAME)
})

test('who is cut off again right after each resume waits longer each time, until a line has held', () => {
  const page = openClient()
  page.join()
  const pauses = () => {
    const { length } = page.lines
    for (let ms = 250; ; ms += 250) {
      page.pass(250)
      if (page.lines.length > length) return ms
    }
  }
  const waits: number[] = []
  for (let times = 0; times < 7; times++) {
    page.close(1009)
    waits.push(pauses())
    page.open()
    page.hear(resumed(1))
  }
  assert.equal(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  page.pass(10_000)
  page.close(1006)
  assert.is(pauses(), 500)
})

test('what was said before the seat was confirmed is said once it is', () => {
  const page = openClient()
  page.open()
  page.client.notice('Bitte warten')
  assert.equal(page.said(), [])
  page.hear(joined('host'))
  assert.equal(page.said(), [{ type: 'notice', id: 2, text: 'Bitte warten' }])
})

test('who leaves before anything was said has nothing to say', () => {
  const page = openClient()
  page.client.leave()
  assert.equal(page.client.view.state, LEFT)
  page.open()
  page.pass(60_000)
  assert.equal([page.lines.length, page.lines[0]?.said, page.timers.size], [1, [], 0])
})

test('who leaves before the seat is confirmed gives it up as soon as it is, and remembers none', () => {
  const page = openClient()
  page.open()
  page.client.leave()
  assert.equal(page.client.view.state, LEFT)
  const { length } = page.told
  page.hear(joined('guest'))
  page.hear({ type: 'waiting', host: 'present', seq: 1 })
  assert.equal(page.said(), [{ type: 'leave', id: 2 }])
  assert.equal(page.client.view.state, LEFT)
  assert.is(page.told.length, length, 'nothing has changed')
  assert.is(loadSeat(page.storage), undefined)
  page.close(1000)
  page.pass(60_000)
  assert.equal([page.lines.length, page.timers.size], [1, 0])
})

test('who leaves before the seat is confirmed, and is cut off then, does not dial in again for it', () => {
  const page = openClient()
  page.open()
  page.client.leave()
  page.close(1006)
  page.pass(60_000)
  assert.equal([page.lines.length, page.timers.size], [1, 0])
})

test('who leaves while the line is cut comes back to give the seat up, and for nothing else', () => {
  const page = openClient()
  page.join()
  page.close(1006)
  page.client.leave()
  assert.equal(page.client.view.state, LEFT)
  assert.is(loadSeat(page.storage), undefined)
  const { length } = page.told
  page.pass(10_000)
  page.open()
  assert.is(page.first()?.type, 'resume')
  page.hear(resumed(1))
  page.hear(admitted)
  assert.equal(page.said(), [{ type: 'leave', id: 2 }])
  assert.equal([page.client.view.state, page.updates.at(-1)], [LEFT, []])
  assert.equal([page.told.length, loadSeat(page.storage)], [length, undefined])
  page.close(1000)
  page.pass(60_000)
  assert.equal([page.lines.length, page.timers.size], [2, 0])
})

test('a page that was loaded anew and leaves at once gives up the seat of the page before it', () => {
  const before = openClient()
  before.join()
  const page = openClient({ storage: before.storage }, {})
  page.client.leave()
  page.open()
  page.hear(resumed(7))
  assert.equal(
    page.said().map(({ type }) => type),
    ['leave'],
  )
})

test('whose goodbye is not answered says it again; nobody tries for longer than the seat is kept', () => {
  const page = openClient()
  page.join()
  page.client.leave()
  page.comeBack()
  page.hear(resumed(1))
  assert.equal(page.said(), [{ type: 'leave', id: 2 }])
  page.close(1006)
  for (let seconds = 0; seconds < WITHIN; seconds++) {
    page.pass(1000)
    page.close(1006)
  }
  const { length } = page.lines
  page.pass(60_000)
  assert.equal([page.lines.length, page.timers.size], [length, 0])
})

test('a server that has heard the goodbye and says nothing is hung up on', () => {
  const page = openClient()
  page.join()
  page.client.leave()
  page.pass(5_000)
  const { type, id } = page.said().at(-1) as ClientMessage
  assert.is(type, 'ping')
  page.hear({ type: 'pong', seq: 2, re: id as number })
  assert.equal([page.lines[0]?.open, page.timers.size], [false, 0])
})

test('who has left is let in no more, whatever was on its way', () => {
  const page = openClient()
  page.join()
  page.client.leave()
  const { length } = page.told
  page.hear(admitted)
  page.hear({ type: 'notice', text: 'Gleich', seq: 3 })
  assert.equal(page.client.view.state, LEFT)
  assert.equal([page.client.view.peers, page.updates.at(-1), page.told.length], [[], [], length])
  page.client.leave()
  assert.is(page.said().length, 1, 'once is enough')
})

test('the practice sees go who leaves on the way in; the same page may dial in again at once, and stays', async () => {
  const server = await startServer()
  const { codes } = await server.mint()
  const host = await server.join(codes[0]?.code ?? '')
  const url = `${server.url.replace('http', 'ws')}/v1/signal`
  const dial = (world: World) =>
    dialIn({ code: codes[1]?.code ?? '', name: 'Ada', url, openCall: () => silent, world, log: () => {} })
  const world = openWorld()
  const early = dial({
    ...world,
    open(address, protocol, listener) {
      const socket = world.open(address, protocol, listener)
      const send = (text: string) => {
        setImmediate(() => early.leave())
        return socket.send(text)
      }
      return { ...socket, send }
    },
  })
  const { peer } = await host.next('knock')
  const left = await host.next('peer-left')
  assert.equal([left.peer, left.reason, early.view.state], [peer, 'left', LEFT])

  const away = dial(openWorld())
  await host.next('knock')
  const line = openWorld()
  const again = dial(line)
  await host.next('knock')
  line.cut()
  const gone = await host.next('peer-away')
  again.leave()
  const stays = dial(openWorld())
  const { peer: last } = await host.next('knock')
  assert.equal([away.view.state, gone.peer === last], [{ at: 'over', over: { reason: 'replaced' } }, false])
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  assert.is(stays.view.state.at, 'waiting')
  stays.leave()
  assert.is((await host.next('peer-left')).peer, last)
})

test.run()
