/** What it costs to open the pages, in real Chromium: few requests, compressed, and nearly nothing the second time. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openTwice } from '../../scripts/support/page-load.ts'
import { openPractice } from './support.ts'

const { server, patients } = await openPractice()

for (const path of ['/', '/praxis']) {
  test(`the first load of ${path} is compressed and below 100 KB, the second one a question whether it has changed`, async () => {
    const [first, second] = await openTwice(patients, server.url + path)
    assert.equal(first.uncompressed, [])
    assert.ok(first.bytes > 10_000 && first.bytes < 100_000, `${first.bytes} bytes`)
    assert.ok(first.requests <= 5, `${first.requests} requests`)
    assert.is(second.requests, 1, 'for the page itself')
    assert.ok(second.bytes < 2_000, `${second.bytes} bytes`)
  })
}

test.run()
