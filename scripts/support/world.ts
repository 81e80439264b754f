/** What our own client needs of a page, without a page: for those who take part in consultations from Node. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import type { SeatStorage } from '../../src/client/seat.ts'
import { browserWorld, hear, type World } from '../../src/client/world.ts'

/** What a tab remembers. */
export const openStorage = (items = new Map<string, string>()): SeatStorage => ({
  getItem: (key) => items.get(key) ?? null,
  setItem: (key, value) => void items.set(key, value),
  removeItem: (key) => void items.delete(key),
})

export type NodeWorld = World & {
  /** How many connections were tried. */
  readonly tries: number
  /** The line breaks. */
  cut: () => void
  /** As if the page were closed. */
  end: () => void
}

/**
 * A page's world, whose line can be cut.
 * @param wire how it is connected
 * @param at where to, whatever the address is that the client knows
 */
export function openWorld(wire: ClientOptions = {}, at?: string): NodeWorld {
  let line: Socket | undefined
  let ended = false
  let tries = 0
  const cut = () => void (line instanceof TLSSocket ? line.destroy() : line?.resetAndDestroy())
  return {
    ...browserWorld,
    after: (ms, task) => browserWorld.after(ms, () => ended || task()),
    every: (ms, task) => browserWorld.every(ms, () => ended || task()),
    hidden: () => false,
    on: () => () => {},
    open(url, protocol, { closed, ...listener }) {
      tries += 1
      const socket = new WebSocket(at ?? url, protocol, wire)
      socket.on('upgrade', (response) => {
        line = response.socket
      })
      socket.on('error', () => {})
      return hear(socket as unknown as globalThis.WebSocket, { ...listener, closed: (code) => ended || closed(code) })
    },
    get tries() {
      return tries
    },
    cut,
    end() {
      ended = true
      cut()
    },
  }
}
