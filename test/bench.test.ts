/** What the bench counts with: its client reads what servers write, and its ratios are of the same turn. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type WebSocket, WebSocketServer } from 'ws'
import { hear, tell } from '../scripts/bench/dialect.ts'
import type { Figures } from '../scripts/bench/measure.ts'
import { ANSWER, CANDIDATE, OFFER } from '../scripts/bench/payloads.ts'
import { plot } from '../scripts/bench/plot.ts'
import { ratio, table } from '../scripts/bench/table.ts'
import { Wire } from '../scripts/bench/wire.ts'

test('the client of the bench says and hears texts of any length, also in parts, and answers pings', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const connected = once(server, 'connection')
  const wire = await Wire.open({ port: (server.address() as AddressInfo).port, token: '', tls: false }, '/')
  const [socket] = (await connected) as [WebSocket]
  socket.on('message', (data) => socket.send(String(data)))
  for (const length of [10, 125, 126, 70_000]) {
    if (length < 65_536) assert.is((await tell(wire, `${'ä'.repeat(length)}!`, '!')).length, length + 1)
    const heard = hear(wire, '!')
    socket.send('ä'.repeat(length), { fin: false })
    socket.send('!')
    assert.is((await heard).length, length + 1)
  }
  socket.ping('alive?')
  assert.is(String((await once(socket, 'pong'))[0]), 'alive?')
  const closed = once(socket, 'close')
  wire.cut()
  await closed
  server.close()
})

test('a call of the bench has the sizes of a real one, and is JSON', () => {
  assert.ok(OFFER.length > 4_500 && OFFER.length < 6_500)
  assert.ok(ANSWER.length > 3_500 && ANSWER.length < OFFER.length)
  assert.ok(CANDIDATE.length > 150)
  for (const said of [OFFER, ANSWER, CANDIDATE]) JSON.parse(said)
})

const figures: Figures[] = [
  { row: { title: 'cost', unit: 'µs', digits: 1 }, of: { wartezimmer: [1, 20, 3], bare: [1, 10, 1] } },
  { row: { title: 'rate', unit: '1/s', digits: 0, more: true }, of: { wartezimmer: [50], bare: [100] } },
  { row: { title: 'alone', unit: 's', digits: 0, alone: true }, of: { wartezimmer: [5], bare: [1] } },
]

test('ratios are of what was measured in the same turn, and where the bare relay does nothing there is none', () => {
  assert.is(ratio(figures[0] as Figures, 'wartezimmer', 'bare'), 2)
  assert.match(table(figures, ['wartezimmer', 'bare']), '| cost, µs | 3.0 | 1.0 | 2.00× |')
  assert.match(table(figures, ['wartezimmer', 'bare']), '| alone, s | 5 | 1 | – |')
})

test('in the picture left is better, also of rates, and it is drawn for light and for dark', () => {
  const svg = plot(figures, ['wartezimmer', 'bare'])
  const places = [...svg.matchAll(/class="wartezimmer" transform="translate\(([\d.]+) /g)].map(([, x]) => x)
  assert.is(places[1], places[2])
  assert.is(places.length, 3)
  assert.match(svg, 'prefers-color-scheme:dark')
})

test.run()
