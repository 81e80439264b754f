/** The conformance kit on clients in three languages and stacks, with real calls, and on one that does everything wrong. */
import { spawn } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const clients = {
  robot: `${process.execPath} --import tsx scripts/robot/run.ts {url} {code} {role}`,
  echo: `${process.execPath} test/foreign/clients/echo.mjs {url} {code} {role}`,
  python: '/usr/bin/python3 test/foreign/clients/consult.py {url} {code} {role}',
}

/** What the kit says of each rule, as whoever runs it sees it: `ok`, `FAIL`, or `-` for what was not tried. */
async function judge(command: string, ...more: string[]): Promise<Map<string, string>> {
  const kit = ['--import', 'tsx', 'scripts/conformance/conformance.ts', '--client', command, ...more]
  const child = spawn(process.execPath, kit, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = String(Buffer.concat(await child.stdout.toArray()))
  return new Map(Array.from(output.matchAll(/^(ok|FAIL|-) +(\w+) +"/gm), ([, mark = '', rule = '']) => [rule, mark]))
}

/** The rules of which the kit says anything but ok. */
const others = (verdict: Map<string, string>): string[] =>
  [...verdict].filter(([, mark]) => mark !== 'ok').map(([rule, mark]) => `${mark} ${rule}`)

for (const [name, command] of Object.entries(clients)) {
  test(`${name} conforms, as guest and as host`, async () => {
    const [guest, host] = await Promise.all([judge(command), judge(command, '--role', 'host', '--quick')])
    assert.ok(guest.size > 15 && guest.size === host.size)
    assert.equal(others(guest), [])
    // A host needs no name, nobody puts it back into the waiting room, and the long silence is the same for both.
    assert.equal(others(host), ['- silence', '- named', '- replayed'])
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
  const verdict = await judge(`${process.execPath} -e "${wrong}"`)
  const broken = others(verdict).filter((other) => other.startsWith('FAIL'))
  assert.equal(
    broken.map((other) => other.slice(5)),
    ['address', 'text', 'first', 'schema', 'ids', 'call'],
  )
})

test.run()
