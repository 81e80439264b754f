/** Somebody in a consultation without a browser: our own client in Node, with a moving picture and a tone. */
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type Client, dialIn } from '../../src/client/client.ts'
import type { SeatStorage } from '../../src/client/seat.ts'
import { browserWorld, type World } from '../../src/client/world.ts'
import { openCamera, type Received, watch } from './webrtc.ts'

const ignore = () => () => {}

/** A page's world without a page. It can lose its line, and end as if the page were closed. */
function openWorld(): World & { cut: () => void; end: () => void } {
  let line: Socket | undefined
  let ended = false
  return {
    now: browserWorld.now,
    after: (ms, task) => browserWorld.after(ms, () => ended || task()),
    every: (ms, task) => browserWorld.every(ms, () => ended || task()),
    random: browserWorld.random,
    hidden: () => false,
    on: ignore,
    open(url, protocol, { opened, received, closed }) {
      const socket = new WebSocket(url, protocol)
      socket.on('upgrade', (response) => {
        line = response.socket
      })
      socket.on('open', opened)
      socket.on('message', (data) => received(String(data)))
      socket.on('close', (code) => ended || closed(code))
      socket.on('error', () => {})
      return {
        send(text) {
          if (socket.readyState !== WebSocket.OPEN) return false
          socket.send(text)
          return true
        },
        close: () => socket.close(),
      }
    },
    cut: () => line?.resetAndDestroy(),
    end() {
      ended = true
      line?.resetAndDestroy()
    },
  }
}

/** What a tab remembers. */
function openStorage(): SeatStorage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

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
