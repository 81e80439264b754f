/** Who listens to the client's events. */
import type { ClientEvents } from './api.ts'

export function createListeners() {
  const listeners: { [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> } = {
    change: new Set(),
    knock: new Set(),
    left: new Set(),
    notice: new Set(),
    refused: new Set(),
    denied: new Set(),
    wrote: new Set(),
    problem: new Set(),
  }
  return {
    /** Listens; returns the function that stops it. */
    on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
      listeners[name].add(listener)
      return () => listeners[name].delete(listener)
    },
    tell<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
      for (const listener of listeners[name]) {
        try {
          listener(event)
        } catch (error) {
          // The page's own fault, and told as such: the call and the seat go on.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
