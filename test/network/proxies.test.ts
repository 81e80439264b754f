/**
 * Consultations through Caddy, nginx and haproxy, each run with the very configuration that stands in
 * src/docs/proxies.md. Runs as root in a network namespace with nothing but loopback, on ports 80, 443 and 8080.
 */

import { subscribe } from 'node:diagnostics_channel'
import { networkInterfaces } from 'node:os'
import type { FastifyRequest } from 'fastify'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { admit, closeWindows, hostOpens, LOOPBACK, launchBrowser, patientWaits } from '../browser/support.ts'
import { picturesRun } from '../browser/watching.ts'
import { type Server, startServer, TOKEN } from '../server-support.ts'
import { ask, askPlainly, babble, brokenHandshake, dialIn, OUTSIDE, PRACTICE } from './asking.ts'
import { DOMAIN, PROXIES, type RunningProxy, startProxy } from './proxy.ts'

assert.equal(Object.keys(networkInterfaces()), ['lo'], 'only in a namespace of its own: it takes well-known ports')

const URL = `https://${DOMAIN}`
const ENV = { WZ_PORT: '8080', WZ_PUBLIC_URL: URL, WZ_TRUSTED_PROXIES: '127.0.0.1' }
/** What a client claims. Who claims plain HTTP in Forwarded, which these proxies hand on, shuts itself out. */
const FORGED = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
}

/** The requests that the server took to a route, as it understood them. */
const heard: { route: string | undefined; ip: string; ips: string[] | undefined; host: string; protocol: string }[] = []
subscribe('tracing:fastify.request.handler:start', (message) => {
  const { routeOptions, ip, ips, host, protocol } = (message as { request: FastifyRequest }).request
  heard.push({ route: routeOptions.url, ip, ips, host, protocol })
})

const admin = { authorization: `Bearer ${TOKEN}` }
const browser = await launchBrowser('granted', {
  args: [...LOOPBACK, `--host-resolver-rules=MAP ${DOMAIN} 127.0.0.1`, '--ignore-certificate-errors'],
})
let unfinished = Object.keys(PROXIES).length

for (const [name, description] of Object.entries(PROXIES)) {
  const test = suite(name)
  let server: Server
  let proxy: RunningProxy

  test.before(async () => {
    server = await startServer(ENV)
    proxy = await startProxy(description)
  })
  test.after(async () => {
    await server.stop()
    if (--unfinished === 0) await browser.close()
  })

  test(`R57: through ${name}, plain HTTP is sent on to https and never reaches the server`, async () => {
    const { status, location } = await askPlainly('/praxis')
    assert.ok([301, 308].includes(status), String(status))
    assert.is(location, `${URL}/praxis`)
    assert.equal(server.logged, [])
  })

  test(`R51: through ${name}, the server hears who really asks, whatever they say of themselves`, async () => {
    for (const headers of [{}, FORGED]) {
      heard.length = 0
      assert.is((await ask(proxy, '/', { from: OUTSIDE, headers })).status, 200)
      const client = await dialIn(proxy, OUTSIDE, headers)
      client.drop()
      const truth = { ip: OUTSIDE, ips: ['127.0.0.1', OUTSIDE], host: DOMAIN, protocol: 'https' }
      assert.equal(
        heard,
        ['/', '/v1/signal'].map((route) => ({ route, ...truth })),
      )
    }
  })

  test(`R52: through ${name}, a foreign origin is refused, and our own is not`, async () => {
    const evil = dialIn(proxy, OUTSIDE, { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' })
    assert.match(await evil.then(String, String), 'HTTP 403')
    const ours = await dialIn(proxy, OUTSIDE, { origin: URL })
    ours.drop()
  })

  test(`through ${name}, everybody reaches the pages, and only the practice the REST API`, async () => {
    const statement = ['/docs/barrierefreiheit', '/docs/docs.css']
    for (const path of ['/', '/praxis', '/assets/web/style.css?v=x', ...statement]) {
      assert.is((await ask(proxy, path, { from: OUTSIDE })).status, 200, path)
    }
    const body = JSON.stringify({ roles: ['host', 'guest'] })
    const mint = { method: 'POST', headers: { ...admin, 'content-type': 'application/json' }, body }
    assert.is((await ask(proxy, '/v1/codes', { from: PRACTICE, ...mint })).status, 201)
    assert.is((await ask(proxy, '/v1/codes', { from: OUTSIDE, ...mint })).status, 403)
    for (const path of [
      '/v1/codes',
      '/v1/sessions',
      '/v1/rooms/zimmer1',
      '/healthz',
      '/readyz',
      '/metrics',
      '/docs',
      '/docs/tom',
    ]) {
      assert.is((await ask(proxy, path, { from: OUTSIDE, headers: admin })).status, 403, path)
    }
  })

  test(`through ${name}, no spelling of an address leads around that`, async () => {
    heard.length = 0
    for (const path of [
      '/v1/%63odes',
      '/%761/codes',
      '//v1/codes',
      '/assets/../v1/codes',
      '/assets/%2e%2e/v1/codes',
      '/assets/..%2fv1/codes',
      '/v1/signal/../codes',
      '/v1/codes/..%2f..%2f',
      '/v1/codes/../signal',
      '/v1/codes?/assets/',
      '/v1/codes#/assets/',
      `${URL}/v1/codes`,
      'https://other.example/v1/codes',
    ]) {
      await ask(proxy, path, { from: OUTSIDE, headers: admin })
    }
    const beyond = heard.filter(({ route }) => !route?.startsWith('/assets/'))
    assert.equal(beyond, [], 'no route of the REST API has heard any')
  })

  test(`two browsers have a consultation through ${name}`, async () => {
    const { codes } = await server.mint()
    const patient = await patientWaits(browser, { url: URL }, codes[1]?.code ?? '', 'Anna')
    const host = await hostOpens(browser, { url: URL }, codes[0]?.code ?? '')
    await admit(host, 'Anna')
    for (const window of [patient, host]) {
      await picturesRun(window)
      assert.equal(window.problems, [])
    }
    const why = patient.page.evaluate(async () => (await (await fetch('/v1/signal')).json()).code)
    assert.is(await why, 'upgrade_required', 'a browser is told why its WebSocket would be refused')
    await closeWindows(browser)
  })

  test(`through ${name}, the server may restart: until then there is an error, then everybody is back`, async () => {
    const { codes } = await server.mint()
    const guest = await dialIn(proxy, OUTSIDE)
    guest.send({ type: 'join', code: codes[1]?.code ?? '', name: 'Anna' })
    const { peer } = await guest.next('joined')
    await server.app.close()
    server.record.close()
    assert.is((await guest.closed).code, 1012)
    assert.is((await ask(proxy, '/', { from: OUTSIDE })).status, description.down)
    server = await startServer(ENV, server.dataDir, server.clock)
    const again = await dialIn(proxy, OUTSIDE)
    again.send({ type: 'resume', ...guest.memory, name: 'Anna' })
    assert.is((await again.next('resumed')).peer, peer)
    again.drop()
  })

  test(`R30: ${name} keeps no address, neither of a consultation nor of anything that fails`, async () => {
    try {
      await ask(proxy, '/', { from: OUTSIDE, headers: { x: 'x'.repeat(60_000) } }).catch(() => {})
      await ask(proxy, '/v1/codes', { from: PRACTICE, method: 'POST', headers: admin, body: 'x'.repeat(3e6) }).catch(
        () => {},
      )
      await babble(proxy, 'hello\r\n\r\n', 'tls')
      await babble(proxy, 'POST /v1/signal HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx', 'tls')
      await babble(proxy, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'tcp')
      await babble(proxy, await brokenHandshake(), 'tcp')
    } finally {
      const traces = await proxy.stop()
      for (const address of [OUTSIDE, PRACTICE, '203.0.113.9']) assert.not.match(traces, address)
    }
  })

  test(`the search in ${name}'s logs finds an address where one is`, async () => {
    const loud = await startProxy(description, description.loud)
    let traces = ''
    try {
      await server.app.close()
      await ask(loud, '/', { from: OUTSIDE })
    } finally {
      traces = await loud.stop()
    }
    assert.match(traces, OUTSIDE)
  })

  test.run()
}
