/** The conformance kit's judgement of our own server, and that its sentences are those of the protocol. */
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clientRules, serverRules } from '../scripts/conformance/rules.ts'
import { judgeServer } from '../scripts/conformance/server.ts'
import { spawnServer } from '../scripts/support/server.ts'

test('each sentence by which the kit judges stands in the protocol, word for word', () => {
  const page = readFileSync(new URL('../src/docs/protocol.md', import.meta.url), 'utf8').replace(/\s+/g, ' ')
  for (const sentence of [...Object.values(clientRules), ...Object.values(serverRules)]) {
    assert.ok(page.includes(sentence), sentence)
  }
})

test('our own server conforms in everything that the kit judges', async () => {
  const server = await spawnServer()
  const verdict = await judgeServer(server.url, server.token)
  assert.equal(
    verdict.lines().filter((line) => !line.startsWith('ok')),
    [],
  )
  assert.is(await server.stop(), 0)
})

test.run()
