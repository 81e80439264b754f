/** Somebody in a consultation without a browser: our own client in Node, with a moving picture and a tone. */
import { type Client, dialIn } from '../../src/client/client.ts'
import { openStorage, openWorld } from '../support/world.ts'
import { openCamera, type Received, watch } from './webrtc.ts'

export type Robot = ReturnType<typeof startRobot>

/** Dials in, and takes part until it leaves. It does nothing by itself: see `client`. */
export function startRobot(url: string, code: string, name: string) {
  const storage = openStorage()
  const camera = openCamera()
  const received: Received = { video: 0, audio: 0 }
  const watched = new Map<string, () => void>()
  const listeners = new Set<(client: Client) => void>()
  const timers: NodeJS.Timeout[] = []
  let world = openWorld()
  let client = begin(code)

  function begin(code?: string): Client {
    world = openWorld()
    const page = dialIn({ url, name, storage, world, stream: camera.stream, log: () => {}, ...(code && { code }) })
    page.on('change', () => {
      if (page !== client) return
      for (const { peer } of page.view.peers) {
        for (const track of page.media(peer).stream?.getTracks() ?? []) {
          if (!watched.has(track.id)) watched.set(track.id, watch(track, received))
        }
      }
      for (const listener of listeners) listener(page)
    })
    return page
  }

  return {
    /** What has come from others so far. */
    received,
    get client() {
      return client
    },
    /** Hears of every change, also those of the page after a reload. @returns what ends that */
    listen(listener: (client: Client) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** Does something again and again until it stops. */
    every: (ms: number, task: () => void): void => void timers.push(setInterval(task, ms)),
    /** The line breaks; the client finds that out, and comes back. */
    cut: () => world.cut(),
    /** As a page that is loaded anew: all is forgotten but what the tab remembers. */
    reload() {
      const old = client
      for (const { peer } of old.view.peers) old.media(peer).pc?.close()
      world.end()
      client = begin()
    },
    stop() {
      client.leave()
      for (const timer of timers) clearInterval(timer)
      for (const stop of watched.values()) stop()
      camera.close()
    },
  }
}
