/** R12: the transition table row by row, every refusal included. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../src/protocol/errors.ts'
import type { ClientMessage } from '../src/protocol/messages.ts'
import { type CommandName, refusalOf } from '../src/protocol/states.ts'
import { Scene, shape } from './conversation-support.ts'

/** The contract's own table, written out: what each sender is answered, by state. */
const expected: Record<CommandName, [nobody: string, waiting: string, admitted: string, host: string, staff: string]> =
  {
    join: ['', 'already_joined', 'already_joined', 'already_joined', 'already_joined'],
    resume: ['', 'already_joined', 'already_joined', 'already_joined', 'already_joined'],
    signal: ['not_joined', 'wrong_state', '', '', 'forbidden'],
    admit: ['not_joined', 'forbidden', 'forbidden', '', 'forbidden'],
    deny: ['not_joined', 'forbidden', 'forbidden', '', ''],
    hold: ['not_joined', 'forbidden', 'forbidden', '', 'forbidden'],
    notice: ['not_joined', 'forbidden', 'forbidden', '', ''],
    end: ['not_joined', 'forbidden', 'forbidden', '', 'forbidden'],
    ping: ['not_joined', '', '', '', ''],
    leave: ['not_joined', '', '', '', ''],
  }

const frames: Record<CommandName, ClientMessage> = {
  join: { type: 'join', code: 'X' },
  resume: { type: 'resume', token: 'x', epoch: 1, seq: 0 },
  signal: { type: 'signal', to: 'host', data: {} },
  admit: { type: 'admit', peer: 'bert' },
  deny: { type: 'deny', peer: 'bert' },
  hold: { type: 'hold', peer: 'anna' },
  notice: { type: 'notice', text: 'Gleich.' },
  end: { type: 'end' },
  ping: { type: 'ping' },
  leave: { type: 'leave' },
}

/** A host, anna in session, bert waiting, carl of the staff. */
function scene(): Scene {
  const scene = new Scene().consultation()
  scene.guest('bert', { guests: 2 })
  scene.staff('carl')
  return scene
}

for (const [command, [nobody, waiting, admitted, host, staff]] of Object.entries(expected) as [
  CommandName,
  string[],
][]) {
  test(`${command} without a seat is ${nobody || 'allowed'}`, () => {
    assert.is(refusalOf('nobody', 'none', command) ?? '', nobody)
  })
  const senders = [
    ['bert', 'a waiting guest', waiting],
    ['anna', 'an admitted guest', admitted],
    ['host', 'a host', host],
    ['carl', 'one of the staff', staff],
  ] as const
  for (const [sender, who, refusal] of senders) {
    test(`${command} from ${who} is ${refusal || 'allowed'}`, () => {
      const room = scene()
      const before = room.room
      const message = command === 'signal' && sender === 'host' ? { ...frames.signal, to: 'anna' } : frames[command]
      const answer = codeOf(() => room.say(sender, message as ClientMessage))
      assert.is(answer, refusal)
      if (refusal) assert.is(room.room, before, 'a refused frame changes nothing')
    })
  }
}

/** What a command of the practice meets, by the state of the guest that it names. */
const targets: [sender: string, command: CommandName, waiting: string, admitted: string][] = [
  ['host', 'admit', '', ''],
  ['host', 'deny', '', ''],
  ['host', 'hold', 'wrong_state', ''],
  ['host', 'notice', '', 'wrong_state'],
  ['carl', 'deny', '', 'wrong_state'],
  ['carl', 'notice', '', 'wrong_state'],
]

for (const [sender, command, waiting, admitted] of targets) {
  for (const [peer, refusal] of [
    ['bert', waiting],
    ['anna', admitted],
    ['nobody', 'no_such_peer'],
    ['host', 'no_such_peer'],
    ['carl', 'no_such_peer'],
  ] as const) {
    test(`${command} by ${sender} of ${peer === 'bert' ? 'a waiting guest' : peer === 'anna' ? 'an admitted guest' : peer} is ${refusal || 'allowed'}`, () => {
      const room = scene()
      const before = room.room
      const message = { ...frames[command], peer } as ClientMessage
      assert.is(
        codeOf(() => room.say(sender, message)),
        refusal,
      )
      if (refusal) assert.is(room.room, before)
    })
  }
}

for (const to of ['bert', 'host', 'carl', 'nobody']) {
  test(`a host's signal to ${to === 'bert' ? 'a waiting guest' : to} is no_such_peer`, () => {
    assert.is(
      codeOf(() => scene().say('host', { type: 'signal', to, data: 1 })),
      'no_such_peer',
    )
  })
}

test('end without a session is wrong_state', () => {
  const room = new Scene()
  room.host()
  assert.is(
    codeOf(() => room.say('host', { type: 'end' })),
    'wrong_state',
  )
})

test('admitting twice has no effect and is no error', () => {
  assert.equal(shape(scene().say('host', { type: 'admit', peer: 'anna' })), [])
})

function codeOf(act: () => unknown): string {
  try {
    act()
    return ''
  } catch (error) {
    assert.instance(error, Refusal)
    return (error as Refusal).code
  }
}

test.run()
