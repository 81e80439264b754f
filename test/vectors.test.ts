/** What /docs/sealing shows is what the client computes, and its few lines for practice software are right. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vectors } from '../scripts/conformance/vectors.ts'
import { makePracticeKey, readPracticeKey } from '../src/protocol/seal.ts'
import { block } from './browser/documents.ts'
import { tempFolder } from './record-support.ts'

test('the vectors that the document shows are those that the client computes', async () => {
  assert.equal(JSON.parse(block('sealing', 'json')), JSON.parse(JSON.stringify(await vectors())))
})

test('the lines for practice software make the same seals', async () => {
  const file = join(tempFolder(), 'seal.mjs')
  writeFileSync(file, block('sealing', 'js'))
  const { sealOf } = await import(pathToFileURL(file).href)
  for (let round = 0; round < 100; round++) {
    const key = await makePracticeKey()
    assert.is(sealOf(key), (await readPracticeKey(JSON.stringify(key)))?.seal)
  }
})

test.run()
