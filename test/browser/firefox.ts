#!/usr/bin/env node
/**
 * Firefox, as Playwright can drive it: started in its place, with its arguments. Playwright asks over WebDriver BiDi for
 * light or dark, which Firefox does not know yet; here the answer is that it is so.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { WebSocket, WebSocketServer } from 'ws'

const UNKNOWN = 'emulation.setMediaFeaturesOverride'

const firefox = spawn(process.env.FIREFOX ?? '/usr/bin/firefox-esr', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'pipe'],
})
firefox.on('exit', (code) => process.exit(code ?? 1))
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => firefox.kill(signal))

for await (const line of createInterface(firefox.stderr)) {
  const [, address] = /WebDriver BiDi listening on (ws:.*)$/.exec(line) ?? []
  if (address === undefined) {
    console.error(line)
    continue
  }
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('listening', () =>
    console.error(`WebDriver BiDi listening on ws://127.0.0.1:${(server.address() as { port: number }).port}`),
  )
  server.on('connection', (driver) => {
    const browser = new WebSocket(`${address}/session`)
    const open = new Promise((resolve) => browser.once('open', resolve))
    driver.on('message', async (data) => {
      const { id, method } = JSON.parse(String(data))
      if (method === UNKNOWN) return driver.send(JSON.stringify({ type: 'success', id, result: {} }))
      await open
      browser.send(String(data))
    })
    browser.on('message', (data) => driver.send(String(data)))
    browser.on('close', () => driver.close())
    driver.on('close', () => browser.close())
  })
}
