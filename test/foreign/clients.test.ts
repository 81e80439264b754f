/** Clients that were made from the documents alone, in calls with our own pages: sound and picture on both sides. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import { admit, hostOpens, launchBrowser, patientWaits } from '../browser/support.ts'
import { picturesRun } from '../browser/watching.ts'

const PYTHON = ['/usr/bin/python3', 'test/foreign/clients/consult.py']
const NODE = [process.execPath, 'test/foreign/clients/echo.mjs']

const [server, browser] = await Promise.all([spawnServer(), launchBrowser('granted', { args: [] })])
test.after(async () => {
  await browser.close()
  await server.stop()
})

function start([file = '', ...args]: readonly string[], code: string, role: string): ChildProcess {
  const url = `${server.url.replace('http', 'ws')}/v1/signal`
  return spawn(file, [...args, url, code, role], { stdio: ['ignore', 'pipe', 'ignore'] })
}

/** Waits until a client says that so many frames of each kind have come. */
async function receives({ stdout }: ChildProcess, count: number): Promise<void> {
  const missing = new Set(['video', 'audio'])
  if (!stdout) throw new Error('it says nothing')
  for await (const line of createInterface(stdout)) {
    const { event, kind, frames } = JSON.parse(line) as { event: string; kind?: string; frames?: number }
    if (event === 'media' && kind && frames && frames > count) missing.delete(kind)
    if (missing.size === 0) return
  }
  throw new Error('it ended before')
}

async function leave(client: ChildProcess): Promise<void> {
  const ended = once(client, 'exit')
  client.kill('SIGTERM')
  assert.is((await ended)[0], 0)
}

test('a guest in Python with the page of the practice, also after that was loaded anew', async () => {
  const { codes } = await server.mint()
  const host = await hostOpens(browser, server, codes[0] ?? '')
  const guest = start(PYTHON, codes[1] ?? '', 'guest')
  await admit(host, 'Anna')
  await Promise.all([picturesRun(host), receives(guest, 20)])
  await host.page.reload()
  await picturesRun(host)
  await leave(guest)
  await host.page.context().close()
})

test('a host in Python with the page of a patient', async () => {
  const { codes } = await server.mint()
  const guest = await patientWaits(browser, server, codes[1] ?? '', 'Otto')
  const host = start(PYTHON, codes[0] ?? '', 'host')
  await Promise.all([picturesRun(guest), receives(host, 20)])
  await leave(host)
  await guest.page.context().close()
})

test('a guest for Node with the page of the practice: what it is shown comes back', async () => {
  const { codes } = await server.mint()
  const host = await hostOpens(browser, server, codes[0] ?? '')
  const guest = start(NODE, codes[1] ?? '', 'guest')
  await admit(host, 'Echo')
  await picturesRun(host)
  await leave(guest)
})

test.run()
