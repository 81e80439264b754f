/** What it costs to open a page: requests, bytes on the wire, and the time until its form is there, as Chromium itself says. */
import type { Browser } from 'playwright-core'

export type Load = {
  /** All that was asked of the server, also what it only said to be unchanged. */
  requests: number
  /** As they came over the wire, compressed, with the headers of the answers. */
  bytes: number
  /** What came without a compression, by its address. */
  uncompressed: string[]
  /** From the first moment until the form is drawn. */
  ms: number
}

/** Runs before the page's own scripts: notes when the form is on the screen. */
const WATCH = `
  const watch = new MutationObserver(() => {
    const entry = document.getElementById('entry')
    if (!entry || entry.hidden) return
    watch.disconnect()
    requestAnimationFrame(() => setTimeout(() => (globalThis.formAt = performance.now())))
  })
  watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['hidden'] })
`

/**
 * Opens a page in a browser that has never seen it, and a second time.
 * @param slower how many times slower than this machine its CPU is to be
 */
export async function openTwice(browser: Browser, url: string, slower = 1): Promise<[Load, Load]> {
  const context = await browser.newContext({ locale: 'de-DE' })
  const page = await context.newPage()
  const wire = await context.newCDPSession(page)
  await page.addInitScript(WATCH)
  await wire.send('Network.enable')
  await wire.send('Emulation.setCPUThrottlingRate', { rate: slower })
  let load: Load = { requests: 0, bytes: 0, uncompressed: [], ms: 0 }
  const fromCache = new Set<string>()
  wire.on('Network.requestServedFromCache', ({ requestId }) => fromCache.add(requestId))
  wire.on('Network.responseReceived', ({ requestId, response: { url, status, headers, fromDiskCache } }) => {
    if (fromDiskCache || !url.startsWith('http')) fromCache.add(requestId)
    if (fromCache.has(requestId)) return
    load.requests += 1
    if (status === 200 && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-encoding'))
      load.uncompressed.push(new URL(url).pathname)
  })
  wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (!fromCache.has(requestId)) load.bytes += encodedDataLength
  })
  const open = async (): Promise<Load> => {
    // Another page in between: the same address again would be a reload.
    await page.goto('about:blank')
    load = { requests: 0, bytes: 0, uncompressed: [], ms: 0 }
    await page.goto(url, { waitUntil: 'networkidle' })
    const drawn = await page.waitForFunction(() => (globalThis as unknown as { formAt?: number }).formAt)
    return { ...load, ms: Number(await drawn.jsonValue()) }
  }
  const loads: [Load, Load] = [await open(), await open()]
  await context.close()
  return loads
}
