/** The whole system in a simulation: some virtual days with fixed seeds, and that it finds what is broken on purpose. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tell } from '../scripts/simulate/story.ts'
import type { Cut } from '../scripts/simulate/troubles.ts'
import { Channel } from '../src/signaling/channel.ts'
import { Hub } from '../src/signaling/hub.ts'
import { ReplayBuffer } from '../src/signaling/replay-buffer.ts'
import { Rooms } from '../src/signaling/rooms.ts'

const cut: Cut = { without: new Set(), skip: new Set() }

test('three practices keep their promises for some days, whatever the network, the server and people do (R6, R65)', async () => {
  for (const seed of ['1', '2', '3']) {
    const { failure, hours, resumes } = await tell(seed, 48, cut)
    assert.is(failure, undefined, failure?.why)
    assert.is(hours, 48)
    assert.ok(resumes.lossless > 10 && resumes.whole > 10, 'there was much to be mended')
  }
})

test('the same seed tells the same story', async () => {
  const tales = [await tell('4', 12, cut), await tell('4', 12, cut)]
  assert.equal(
    tales.map(({ steps, frames, troubles }) => [steps, frames, troubles.happened]).at(0),
    tales.map(({ steps, frames, troubles }) => [steps, frames, troubles.happened]).at(1),
  )
})

/** Breaks something for some stories. @returns what the simulation says of it first */
async function saidOf<Of extends object, Name extends keyof Of>(of: Of, name: Name, broken: Of[Name]): Promise<string> {
  const sound = of[name]
  of[name] = broken
  try {
    for (const seed of ['1', '2', '3', '4', '5']) {
      const { failure } = await tell(seed, 48, cut)
      if (failure) return failure.why
    }
    return 'nothing'
  } finally {
    of[name] = sound
  }
}

test('the simulation finds a lost frame: a replay buffer that forgets the oldest', async () => {
  const { after } = ReplayBuffer.prototype
  const why = await saidOf(ReplayBuffer.prototype, 'after', function (this: ReplayBuffer, seq: number) {
    return after.call(this, seq)?.slice(1)
  })
  assert.match(why, /a frame is lost/)
})

test('it finds somebody who is believed to be there: a lost connection that the hub does not note', async () => {
  assert.match(await saidOf(Hub.prototype, 'lost', () => {}), /believes? that .* is there|is recorded as/)
})

test('it finds a frame for somebody else: a knock for everybody who waits', async () => {
  const { send } = Channel.prototype
  const channels = new Set<Channel>()
  const why = await saidOf(Channel.prototype, 'send', function (this: Channel, message) {
    channels.add(this)
    const others = message.type === 'knock' ? [...channels].filter(({ room }) => room === this.room) : []
    for (const each of new Set([this, ...others])) send.call(each, message)
  })
  assert.match(why, /^knock to somebody who waits|^guest learns of guest/)
})

test('it finds a signal that is overtaken: one that waits for the disk, and does not hold up the next', async () => {
  const { relay } = Rooms.prototype
  const why = await saidOf(Rooms.prototype, 'relay', function (this: Rooms, channel, to, data, refuse) {
    const other = this.channel(to)
    const waits = other && channel.unsettled + other.unsettled > 0
    // It is not counted while it waits.
    const count = () => {
      if (other) other.unsettled += 1
    }
    if (waits) this.tell(channel.room, count)
    relay.call(this, channel, to, data, refuse)
    if (waits) other.unsettled -= 1
  })
  // As well where what overtakes it puts its recipient back into the waiting room.
  assert.match(why, /a signal came twice, or too late|^signal to somebody who waits/)
})

test.run()
