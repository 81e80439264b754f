/**
 * Shards by hostname, as /docs/scaling has them, with a real haproxy: a machine dies and its folder comes up on another one
 * (R91). Runs as root in a network namespace with nothing but loopback.
 */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStorage, openWorld } from '../../scripts/support/world.ts'
import { dialIn } from '../../src/client/client.ts'
import { becomes, until } from '../browser/watching.ts'
import { ask, ca, folder, type Machine, type Shard, startHaproxy, startMachine } from './shards.ts'

const [AHORN, BIRKE, EICHE] = ['praxis-ahorn', 'praxis-birke', 'praxis-eiche'].map(
  (name) => `${name}.praxen.example`,
) as [string, string, string]
const FIRST: Shard = { dataDir: join(folder, 'first'), port: 8441, names: [AHORN, BIRKE] }
const SECOND: Shard = { dataDir: join(folder, 'second'), port: 8442, names: [EICHE, BIRKE] }
/** Pairs of a host and a guest at each practice. */
const PAIRS = 50

/** Somebody with our client, at home: it comes back by itself. */
function seat(host: string, code: string, home: string) {
  const wire = { ca, servername: host, localAddress: home, headers: { host, origin: `https://${host}` } }
  const world = openWorld(wire, 'wss://127.0.0.1/v1/signal')
  const url = `wss://${host}/v1/signal`
  const client = dialIn({ code, name: 'Anna', url, world, storage: openStorage(), log: () => {} })
  return {
    get at() {
      return client.view.state.at
    },
    /** A connection that was cut has come back, or none was. */
    get seated() {
      return ['open', 'waiting', 'session'].includes(client.view.state.at)
    },
    get opened() {
      return world.tries
    },
    close: world.end,
  }
}
type Seat = ReturnType<typeof seat>

/** Only where somebody never comes is it waited for so long, ms. */
const PATIENCE = 120_000

/** Those who are not there yet, by where they are, as whoever waits for them reads it. */
const allSeated = (all: Seat[]) =>
  until(
    () => all.filter(({ seated }) => !seated).map(({ at }) => at),
    ({ length }) => length === 0,
    PATIENCE,
  )

/** Everybody of a practice dials in, each pair from an address of its own. */
async function dialInAt(host: string): Promise<Seat[]> {
  const all: Seat[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const { status, text } = await ask(host, '/v1/codes', { roles: ['host', 'guest'] })
    assert.is(status, 201, text)
    const { codes } = JSON.parse(text) as { codes: { code: string }[] }
    for (const { code } of codes) all.push(seat(host, code, `127.0.2.${1 + (pair % 250)}`))
  }
  await allSeated(all)
  return all
}

/** Says something to haproxy's socket, and returns what it answers. */
async function command(words: string): Promise<string> {
  const socket = connect(join(folder, 'admin.sock'))
  socket.end(`${words}\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text.trim()
}

let everybody: Seat[] = []
test.after(() => {
  for (const { close } of everybody) close()
  setTimeout(() => process.exit(), 1_000).unref()
})

let machines: Machine[] = []
test('R91: each hostname is on its shard, and a name that nobody has reaches none', async () => {
  machines = await Promise.all([1, 2, 3].map((n) => startMachine(`machine${n}`, `192.0.2.1${n}`)))
  await Promise.all([machines[0]?.start(FIRST).listening, machines[1]?.start(SECOND).listening])
  await startHaproxy()
  await becomes(() => ask(EICHE, '/readyz').then(({ status }) => status, String), 200)
  const room = `r-${randomUUID()}`
  assert.is((await ask(AHORN, '/v1/codes', { roles: ['guest'], room })).status, 201)
  const rooms = async (host: string) => (await ask(host, `/v1/codes?room=${room}`)).text
  assert.match(await rooms(AHORN), room)
  assert.match(await rooms(BIRKE), room, 'the same shard')
  assert.not.match(await rooms(EICHE), room)
  assert.is((await ask('praxis-linde.praxen.example', '/praxis')).status, 421)
})

test('R91: a machine dies; its folder comes up on another one, all are back, and the other shard feels nothing', async () => {
  const [ahorn, birke, eiche] = [await dialInAt(AHORN), await dialInAt(BIRKE), await dialInAt(EICHE)]
  everybody = [...ahorn, ...birke, ...eiche]
  const lost = [...ahorn, ...birke]
  const tries = new Map(everybody.map((one) => [one, one.opened]))

  let watching = true
  let slowest = 0
  const watch = (async () => {
    while (watching) {
      const began = performance.now()
      assert.is((await ask(EICHE, '/v1/signal')).status, 426)
      slowest = Math.max(slowest, performance.now() - began)
      await wait(50)
    }
  })()

  const died = performance.now()
  await machines[0]?.die()
  const heir = machines[2]?.start(FIRST)
  await heir?.listening
  const listening = performance.now()
  const back = lost.map((one) =>
    until(
      () => [one.opened > (tries.get(one) ?? 0) && one.seated, one.at],
      ([isBack]) => isBack === true,
      PATIENCE,
    ).then(() => performance.now()),
  )
  const times = (await Promise.all(back)).map((time) => (time - died) / 1000).sort((a, b) => a - b)
  watching = false
  await watch
  const figure = (value: number | undefined) => (value ?? 0).toFixed(1)
  console.log(
    `# ${lost.length} seats: listening elsewhere after ${figure((listening - died) / 1000)} s, half of them back after ` +
      `${figure(times[times.length / 2])}, all after ${figure(times.at(-1))}; the other shard answered within ${slowest.toFixed(0)} ms`,
  )
  const untouched = eiche.filter((one) => one.seated && one.opened === tries.get(one))
  assert.is(untouched.length, eiche.length, 'of the other shard nobody lost a line')

  // It wakes up again with its old address, and knows nothing of what has happened.
  const again = await startMachine('machine1', '192.0.2.11')
  const { code, complaints } = await again.start(FIRST).ended
  assert.is(code, 1)
  assert.match(complaints, 'Another server is running on the data folder')
  assert.is((await ask(AHORN, '/readyz')).status, 200)
  assert.ok(lost.every(({ seated }) => seated))
})

test('R93: the doctor finds nothing wrong with the shard on its new machine but a certificate of two days', () => {
  const wrong = machines[2]?.examine(FIRST) ?? []
  assert.is(wrong.length, 1, wrong.join('\n'))
  assert.match(wrong[0] ?? '', `certificate of ${AHORN}:443: 1 days left`)
})

test('R91: a practice moves to another shard by its row in the map, without a reload', async () => {
  const map = join(folder, 'shards.map')
  assert.is(await command(`set map ${map} ${BIRKE} shard2`), '')
  const room = `r-${randomUUID()}`
  const minted = await ask(BIRKE, '/v1/codes', { roles: ['guest'], room })
  assert.is(minted.status, 201)
  const guest = seat(BIRKE, JSON.parse(minted.text).codes[0].code, '127.0.2.254')
  everybody.push(guest)
  await allSeated([guest])
  assert.match((await ask(EICHE, `/v1/codes?room=${room}`)).text, room, 'it is where praxis-eiche is')
  assert.match((await ask(AHORN, '/readyz')).text, 'ready', 'nobody else has moved')
})

test.run()
