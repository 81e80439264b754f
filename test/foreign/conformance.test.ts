/** The conformance kit on clients in three languages and stacks, with real calls, and on one that does everything wrong. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { judgeClient } from '../../scripts/conformance/client.ts'

const clients = {
  robot: `${process.execPath} --import tsx scripts/robot/run.ts {url} {code} {role}`,
  echo: `${process.execPath} test/foreign/clients/echo.mjs {url} {code} {role}`,
  python: '/usr/bin/python3 test/foreign/clients/consult.py {url} {code} {role}',
}

/** All that was not good. `quick` leaves out what takes long and is the same for both roles. */
async function complaints(command: string, role: 'guest' | 'host', quick: boolean): Promise<string[]> {
  const lines = (await judgeClient(command, role, !quick)).lines()
  const bad = lines.filter((line) => !line.startsWith('ok'))
  // A host needs no name, and nobody puts it back into the waiting room.
  const untried = role === 'host' ? /^- +(silence|named|replayed) / : /^- +silence /
  return bad.filter((line) => !(quick || role === 'host') || !untried.test(line))
}

for (const [name, command] of Object.entries(clients)) {
  test(`${name} conforms, as guest and as host`, async () => {
    const verdicts = await Promise.all([complaints(command, 'guest', false), complaints(command, 'host', true)])
    assert.equal(verdicts, [[], []])
  })
}

test('a client that does everything wrong is found out, by the sentences that it breaks', async () => {
  const wrong = `
    const socket = new WebSocket('{url}?token=x', 'wartezimmer.v1')
    const say = (message) => socket.send(JSON.stringify(message))
    socket.onopen = () => {
      say({ type: 'ping', id: 5 })
      say({ type: 'leave', id: 4 })
      socket.send('hello')
      say({ type: 'join', code: '{code}', name: 'Anna', colour: 'red' })
      setTimeout(process.exit, 2000)
    }
  `
  const verdict = await judgeClient(`${process.execPath} -e "${wrong}"`, 'guest', false)
  const broken = verdict.lines().flatMap((line) => /^FAIL (\w+)/.exec(line)?.[1] ?? [])
  assert.equal(broken, ['address', 'text', 'first', 'schema', 'ids', 'call'])
})

test.run()
