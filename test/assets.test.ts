/** What pages load, as it goes over the wire: compressed once, named by its content, and answered under every name it ever had. */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tempFolder } from './record-support.ts'
import { startServer } from './server-support.ts'

const server = await startServer()
test.after(() => server.stop())

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }

/** As it comes, which `fetch` would not show. */
function get(path: string, headers: Record<string, string> = {}, url = server.url): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { headers }, async (response) => {
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, headers, body: Buffer.concat(await response.toArray()) })
    })
    asked.on('error', reject).end()
  })
}

/** The addresses that a page names. */
const namedIn = (html: Buffer): string[] => [
  ...new Set([...html.toString().matchAll(/"(\/assets\/[^"]+)"/g)].map(([, url = '']) => url)),
]

test('pages, what they load, the client and the documents are compressed as the browser likes', async () => {
  const urls = [
    '/',
    '/praxis',
    ...namedIn((await get('/')).body),
    '/assets/wartezimmer.js',
    '/docs/protocol',
    '/docs/docs.css',
  ]
  for (const url of urls) {
    const plain = await get(url)
    assert.is(plain.headers['content-encoding'], undefined, url)
    for (const [accepted, coding, decompress] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip, br;q=0', 'gzip', gunzipSync],
      ['br ; q=0.5', 'br', brotliDecompressSync],
      ['deflate, gzip;q=1.0', 'gzip', gunzipSync],
    ] as const) {
      const { status, headers, body } = await get(url, { 'accept-encoding': accepted })
      assert.equal([status, headers['content-encoding']], [200, coding], url)
      assert.is(headers['content-type'], plain.headers['content-type'])
      assert.match(String(headers.vary), 'accept-encoding')
      assert.ok(body.length < plain.body.length, url)
      assert.ok(decompress(body).equals(plain.body), url)
    }
    const none = await get(url, { 'accept-encoding': 'gzip;q=0, br;q=0.0, identity, *;q=0' })
    assert.is(none.headers['content-encoding'], undefined, url)
  }
  assert.match(String((await get('/docs/docs.css')).headers['content-type']), 'text/css')
})

test('who has a page already is told so, whatever it was compressed with', async () => {
  for (const url of ['/', '/praxis', '/docs/protocol', '/assets/wartezimmer.js']) {
    const { headers } = await get(url, { 'accept-encoding': 'gzip' })
    assert.is(headers['cache-control'], 'no-cache')
    const again = { 'if-none-match': `"other", ${headers.etag}`, 'accept-encoding': 'br' }
    const { status, body, headers: same } = await get(url, again)
    assert.equal([status, body.length, same.etag], [304, 0, headers.etag], url)
    assert.is((await get(url, { 'if-none-match': 'W/"other"' })).status, 200)
  }
})

test('what a page names may be kept for ever; a version of before is answered, and not kept', async () => {
  const named = namedIn((await get('/praxis')).body)
  assert.ok(named.length >= 3, named.join())
  for (const url of named) {
    assert.match(url, /\?v=[\w-]{16}$/)
    const now = await get(url)
    assert.equal([now.status, now.headers['cache-control']], [200, 'public, max-age=31536000, immutable'], url)
    for (const old of [url.replace(/=.*/, '=of-the-day-before'), url.replace(/\?.*/, ''), url.replace('?', '?v=x&')]) {
      const { status, headers, body } = await get(old)
      assert.equal([status, headers['cache-control']], [200, 'no-cache'], old)
      assert.ok(body.equals(now.body))
    }
  }
})

test('another origin that may read the client is told apart from one that may not, by caches, too', async () => {
  const own = await startServer({ WZ_ALLOWED_ORIGINS: 'https://praxis.example' })
  const headers = { origin: 'https://praxis.example', 'accept-encoding': 'gzip' }
  const answer = await get('/assets/wartezimmer.js', headers, own.url)
  assert.is(answer.headers.vary, 'origin, accept-encoding')
})

const SVG =
  '<?xml version="1.0"?>\n<!-- <b> -->\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>x</script></svg>'

test("the practice's logo stands on its pages under its name; opened by itself it can do nothing", async () => {
  const file = join(tempFolder(), 'logo')
  writeFileSync(file, SVG)
  const own = await startServer({ WZ_PRACTICE_LOGO: file, WZ_PRACTICE_NAME: 'Praxis "Süd"' })
  for (const path of ['/', '/praxis']) {
    const { body } = await get(path, {}, own.url)
    const [, src = ''] =
      /<img src="([^"]+)" alt="Praxis &#34;Süd&#34;" class="logo"><span aria-hidden="true">/.exec(String(body)) ?? []
    const logo = await get(src, {}, own.url)
    assert.equal([logo.status, String(logo.body)], [200, SVG])
    const { 'content-type': type, 'content-security-policy': policy, 'x-content-type-options': sniff } = logo.headers
    assert.equal(
      [type, policy, sniff],
      ['image/svg+xml', "default-src 'none'; style-src 'unsafe-inline'; sandbox", 'nosniff'],
    )
    assert.match(String(logo.headers['cache-control']), 'immutable')
  }
  await own.stop()
  assert.is((await get('/assets/logo')).status, 404, 'without one there is none')
})

test.run()
