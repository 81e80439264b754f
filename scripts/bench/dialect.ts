/** What a server's dialect has to say to be measured: dialects.ts has them. */
import type { Target, Wire } from './wire.ts'

/** A place in a room. */
export type Seat = {
  wire: Wire
  /** What others send to. */
  id: string
  /** The text of the next signal. */
  signal: (to: string, data: string) => string
  /** Takes the place again after its line was cut, by the best means that the server has. */
  comeBack: () => Promise<Seat>
  /** Gives it up; settles when the server knows. */
  leave: () => Promise<void>
}

export type Dialect<Key> = {
  /** Makes rooms for a host and so many guests; called before, so that it is not measured with what follows. */
  prepare: (rooms: number, guests: number, target: Target) => Promise<Key[]>
  /** @param who 0 is the host, others are guests */
  enter: (key: Key, who: number, target: Target) => Promise<Seat>
  /** What it takes until the two may signal. */
  admit?: (host: Seat, guest: Seat) => Promise<void>
  /** What a frame that brings a signal begins with. */
  prefix: string
  /** What its own client says every so many milliseconds, so as not to be given up. */
  keepAlive?: { every: number; text: string }
}

/** Waits for a frame with each of these in it, and passes over any other. */
export function hear(wire: Wire, ...marks: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const missing = new Set(marks)
    let first = ''
    wire.onClose = reject
    wire.onText = (payload) => {
      const text = payload.toString()
      if (text.includes('"type":"error"')) reject(new Error(text))
      for (const mark of missing) {
        if (!text.includes(mark)) continue
        missing.delete(mark)
        first ||= text
      }
      if (missing.size === 0) resolve(first)
    }
  })
}

/** Says something, and waits for these answers. @returns the first */
export async function tell(wire: Wire, text: string, ...marks: string[]): Promise<string> {
  const heard = hear(wire, ...marks)
  wire.send(text)
  return heard
}
