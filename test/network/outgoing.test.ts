/**
 * By default nobody else is contacted: two people and the server in networks with a way to everybody, and
 * every packet and system call that takes it is seen. Runs as root in a namespace with nothing but loopback.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { click } from '../browser/support.ts'
import { media, picturesRun, quiet, resumes, until } from '../browser/watching.ts'
import { BASE, HERE, openCallers } from './callers.ts'
import { NAMESERVER, PEOPLE, type Person, SERVERS } from './internet.ts'

/** Chromium asks its maker for this and that, on an empty page as well, whatever the flags; a page's requests are seen. */
const BROWSERS_OWN = /\.(google|googleapis|gstatic)\.com$/
const NOBODY = '192.0.2.77'

const callers = await openCallers()
const { internet } = callers
test.after(callers.close)

/** Has the sockets of a process, and whom they go out to, written down. */
const watching = (file: string) => ['strace', '-D', '-f', '-qq', '-A', '-e', 'trace=socket,connect', '-o', file]
/** What was written down of connections made, and of sockets that can send without one (but to the kernel). */
const outgoing = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /\bconnect\(|AF_(INET6?|PACKET), SOCK_(DGRAM|RAW)/.test(line))
const others = () => internet.asked().filter((name) => !BROWSERS_OWN.test(name))

test('R41: in a whole consultation neither the server nor a page contacts anybody else', async () => {
  const file = join(internet.folder, 'server')
  const server = await spawnServer({ env: HERE, under: watching(file) })
  try {
    const { room, codes } = await server.mint()
    const windows = await callers.meet(codes)
    const [patient, host] = windows
    for (const window of windows) await picturesRun(window)
    for (const window of windows) {
      const [now] = await media(window)
      assert.is.not(now?.local?.type, 'relay')
    }
    await server.end('SIGKILL')
    await server.start()
    for (const window of windows) {
      await until(
        () => resumes(window),
        ({ length }) => length > 0,
      )
      await quiet(window)
      await picturesRun(window)
    }
    for (const { frames } of windows)
      for (const frame of frames) {
        if (frame.type === 'ice') assert.equal(frame.servers, [])
        if (frame.type === 'admitted') assert.equal(frame.ice.servers, [])
      }
    await click(host, 'end')
    await patient.page.getByText('Das Gespräch ist beendet').waitFor()
    await server.rest(`/v1/sessions?room=${room}`)
    const documents = await callers.open('practice', `${BASE}/docs/turn`)
    for (const { requests } of [...windows, documents])
      for (const url of requests) assert.is(new URL(url).host, new URL(BASE).host, url)
  } finally {
    await server.stop()
  }
  assert.match(readFileSync(file, 'utf8'), 'SOCK_STREAM', 'its own listener was seen')
  assert.equal(outgoing(file), [])
  assert.equal(internet.left(), [])
  assert.equal(others(), [])
  const expected = [`${SERVERS} tcp ${new URL(BASE).port}`, `${NAMESERVER} udp 53`]
  const besides = (person: Person, other: string) =>
    internet.sentBy(person).filter((to) => !expected.includes(to) && !to.startsWith(`${other} udp `))
  assert.equal(besides('patient', PEOPLE.practice), [])
  assert.equal(besides('practice', PEOPLE.patient), [])
})

test('what watches here sees who does contact somebody', async () => {
  const file = join(internet.folder, 'other')
  const talks = `
    require('node:net').connect(9, '${NOBODY}')
    require('node:dgram').createSocket('udp4').send('x', 9, '${NOBODY}', () => process.exit())`
  const [program = '', ...args] = [...watching(file), process.execPath, '-e', talks]
  execFileSync(program, args)
  const found = await until(
    () => outgoing(file).join(),
    (lines) => lines.includes(NOBODY),
  )
  assert.match(found, 'SOCK_DGRAM')
  assert.equal(internet.left().sort(), [`${NOBODY} tcp 9`, `${NOBODY} udp 9`])

  const { page } = await callers.open('patient', 'about:blank')
  await page.evaluate(async (nobody) => {
    const servers = [{ urls: 'stun:stun.somebody.example' }, { urls: `stun:${nobody}:3478` }]
    const pc = new RTCPeerConnection({ iceServers: servers })
    pc.createDataChannel('')
    await pc.setLocalDescription()
  }, NOBODY)
  await until(
    () => others(),
    (names) => names.includes('stun.somebody.example'),
  )
  await until(
    () => internet.sentBy('patient'),
    (sent) => sent.includes(`${NOBODY} udp 3478`),
  )
})

test.run()
