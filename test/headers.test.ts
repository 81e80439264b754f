/** The pages for patients and practice, as a browser gets them: headers, and what they load (R58). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer } from './server-support.ts'

test('R58: both pages and all that they load come with the same strict headers', async () => {
  const server = await startServer({ WZ_PUBLIC_URL: 'https://video.praxis.example', WZ_STUN_URLS: 'stun:s.example' })
  const seen = new Set<string>()
  const load = async (path: string): Promise<string> => {
    const { status, headers } = await server.request(path, { method: 'HEAD' })
    assert.is(status, 200, path)
    assert.equal(
      Object.fromEntries([...headers].filter(([name]) => /security|policy|frame|content-type-opt|cookie/.test(name))),
      {
        'content-security-policy':
          "default-src 'self';base-uri 'none';connect-src 'self';form-action 'self';frame-ancestors 'none';object-src 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy':
          'camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      },
      path,
    )
    return await (await server.request(path)).text()
  }
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    const text = await load(path)
    assert.not.match(text, /\b(?:eval|Function)\(|innerHTML|insertAdjacentHTML|document\.write|javascript:/, path)
    if (!path.endsWith('.js')) assert.not.match(text, /<style|\sstyle=|\son\w+=|@import|url\((?!['"]?[#/])/, path)
    const inline = [...text.matchAll(/<script(?![^>]*\ssrc=)[^>]*>/g)]
    assert.is(inline.length, 0, `${path} has no script of its own`)
    const [, ...loaded] = path.endsWith('.js')
      ? ['', ...[...text.matchAll(/(?:from|import)\s*['"]([^'"]+)['"]/g)].map(([, to = '']) => to)]
      : ['', ...[...text.matchAll(/<(?:script|img|link)\b[^>]*\s(?:src|href)="([^"]*)"/g)].map(([, to = '']) => to)]
    for (const to of loaded) {
      const url = new URL(to, server.url + path)
      assert.is(url.origin, server.url, `${path} loads ${to}`)
      await follow(url.pathname)
    }
  }
  await follow('/')
  await follow('/praxis')
  assert.equal([...seen].map((path) => path.replace(/.*\//, '')).sort(), [
    '',
    'icon.svg',
    'patient.js',
    'praxis',
    'praxis.js',
    'style.css',
  ])
})

test.run()
