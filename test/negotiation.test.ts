/** Two who negotiate over a line that is as slow as the test says, with the WebRTC of real browsers. */
import '../scripts/robot/webrtc.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { negotiate } from '../src/client/negotiation.ts'
import type { SignalData } from '../src/protocol/data.ts'

// Connections that were closed keep the process.
test.after(() => void setTimeout(() => process.exit(), 500).unref())

/** Two connections; what one says stays on its way to the other until the test lets it arrive. */
function openSides() {
  const problems: string[] = []
  const side = (polite: boolean) => {
    const pc = new RTCPeerConnection()
    const said: SignalData[] = []
    const { receive } = negotiate(pc, {
      ...{ polite, early: [], pass: () => {}, renewed: () => problems.push('renewed') },
      say: (data) => 'description' in data && said.push(data),
      problem: ({ problem }) => problems.push(problem),
    })
    return { pc, said, receive }
  }
  const [polite, impolite] = [side(true), side(false)]
  test.after(() => {
    for (const { pc } of [polite, impolite]) pc.close()
  })
  return { polite, impolite, problems }
}

type Side = ReturnType<typeof openSides>['polite']

/** Waits until somebody has said as many descriptions, and nothing else. */
async function says(one: Side, ...types: string[]) {
  const now = () => one.said.map((data) => 'description' in data && data.description.type)
  for (const end = Date.now() + 5_000; now().join() !== types.join() && Date.now() < end; ) await wait(10)
  assert.equal(now(), types)
}

/** Lets the first thing that somebody has said arrive. */
const arrives = (from: Side, at: Side) => at.receive(from.said.shift() as SignalData)

test('an offer that is said again as another crossed it is answered as before, and takes nothing back: both agree', async () => {
  const { polite, impolite, problems } = openSides()
  impolite.pc.addTransceiver('audio', { direction: 'recvonly' })
  await says(impolite, 'offer')
  arrives(impolite, polite)
  await says(polite, 'answer')
  arrives(polite, impolite)
  for (const { pc } of [impolite, polite]) pc.addTransceiver('video')
  await says(impolite, 'offer')
  await says(polite, 'offer')
  arrives(polite, impolite)
  await says(impolite, 'offer', 'offer')
  arrives(impolite, polite)
  await says(polite, 'answer', 'offer')
  arrives(polite, impolite)
  arrives(polite, impolite)
  await says(impolite, 'offer', 'answer')
  arrives(impolite, polite)
  await says(polite, 'answer')
  arrives(impolite, polite)
  arrives(polite, impolite)
  await says(impolite)
  await says(polite)
  for (const { pc } of [impolite, polite]) {
    assert.is(pc.signalingState, 'stable')
    const agreed = pc.getTransceivers().filter(({ currentDirection }) => currentDirection !== null)
    assert.equal(agreed.map(({ mid }) => mid).sort(), ['0', '1', '2'])
  }
  assert.equal(problems, [])
})

test.run()
