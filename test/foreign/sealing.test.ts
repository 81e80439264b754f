/** The test vectors of /docs/sealing, computed anew by a program in Python that was made from that document alone. */
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { block } from '../browser/documents.ts'

test('another language and another library come to the same bytes', () => {
  const program = 'test/foreign/clients/sealing.py'
  const run = (input: string) => spawnSync('/usr/bin/python3', [program], { input, encoding: 'utf8' })
  const vectors = block('sealing', 'json')
  const { status, stdout } = run(vectors)
  assert.is(status, 0, stdout)
  assert.ok(stdout.split('\n').length > 40)
  // It would say so.
  assert.is(run(vectors.replace(/"number": "0/, '"number": "1')).status, 1)
})

test.run()
