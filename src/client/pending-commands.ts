/** What we have said and the server has not confirmed yet, to be said again after a resume. */
import type { ClientMessage, MAX_FRAME } from '../protocol/messages.ts'

/** Bytes that the server takes, typed by the protocol's own constant; less the digits of any id. */
const largestFrame: typeof MAX_FRAME = 65_536
const FITS = largestFrame - String(Number.MAX_SAFE_INTEGER).length

/** Frames kept at most. Where older ones would be needed, `resumed` answers with a gap: see there. */
const LIMIT = 500
/** From how many ids a page that comes to a seat chooses where it begins. */
const IDS = 1e9

/** `answered`: told, once, whether the server has taken it. */
type Entry = { id: number; message: Command; text: string; answered?: ((taken: boolean) => void) | undefined }

/** A command, as opposed to `join` and `resume`, which open a connection and are never said again. */
export type Command = Exclude<ClientMessage, { type: 'join' | 'resume' }>

/**
 * @param send sends a frame, or returns false where it cannot at the moment
 * @param random from 0 up to, but not including, 1
 */
export function createPendingCommands(send: (text: string) => boolean, random: () => number) {
  let lastId = 0
  let entries: Entry[] = []
  /** The last that was let go for want of space. */
  let forgotten = 0
  /** The last that a process of the server has heard; what it does may still wait for its disk. */
  let heard = 0

  function entry({ type, ...rest }: Command): Entry {
    lastId += 1
    return { id: lastId, message: { type, ...rest } as Command, text: JSON.stringify({ type, id: lastId, ...rest }) }
  }

  /** Starts counting anew: a `join` begins a new epoch. Returns the id for the `join` itself. */
  function restart(): number {
    entries = []
    forgotten = 0
    heard = 0
    lastId = 1
    return lastId
  }

  /**
   * Takes a command, gives it its id, and sends it if there is somebody to send it to. Returns the id; undefined where
   * no frame can hold the command: then it is not kept, since whoever says it is cut off, each time anew.
   */
  function put(message: Command, answered?: Entry['answered']): number | undefined {
    const said = { ...entry(message), answered }
    if (new TextEncoder().encode(said.text).length > FITS) return undefined
    entries.push(said)
    send(said.text)
    if (entries.length > LIMIT) forgotten = entries.shift()?.id ?? forgotten
    return lastId
  }

  /** Sends a ping, whose answer says that everything before it was heard. */
  function ask(): void {
    send(entry({ type: 'ping' }).text)
  }

  /** Whether a command waits to be heard; a signal does not count, since it is not said again in a new epoch. */
  function waits(): boolean {
    return entries.some(({ id, message }) => id > heard && message.type !== 'signal')
  }

  /** The server has answered this id, so it has heard everything before it. Returns the command of that very id. */
  function confirm(id: number): Command | undefined {
    heard = Math.max(heard, id)
    // One before it may still wait for the disk, and be refused.
    const confirmed = entries.find((entry) => entry.id === id)
    entries = entries.filter((entry) => entry !== confirmed)
    // Of its own a command is answered with an error only.
    confirmed?.answered?.(false)
    for (const before of entries) {
      if (before.id > id) break
      before.answered?.(true)
      before.answered = undefined
    }
    return confirmed?.message
  }

  /**
   * Says again, in order, what the server has not processed.
   *
   * In the same epoch the server's count is exact. A new epoch means that the server was restarted; then its count is
   * exact for everything that has changed a seat, and a notice that nobody has confirmed to have heard may come twice.
   * A count beyond our own means that another page has spoken from this seat: a copy of this tab, or the page before
   * a reload. Then what was not heard gets new ids, so far away that the other's frames, if they still come, are not
   * taken for ours. In both cases signals are left out, since the negotiation starts over.
   * @returns whether everything is there; false: something is missing, treat it as lost
   */
  function sayAgain(processed: number, sameEpoch: boolean): boolean {
    const ours = processed <= lastId
    if (!ours) lastId = processed + Math.ceil(random() * IDS)
    entries = entries.filter(({ id, message: { type } }) => {
      // What was processed is kept: its answer may be among the frames that were missed.
      if (ours && (sameEpoch || id <= processed)) return true
      return type !== 'signal' && (id > heard || (ours && type !== 'notice'))
    })
    if (!ours) entries = entries.map(({ message, answered }) => ({ ...entry(message), answered }))
    for (const { id, text } of entries) if (id > processed) send(text)
    return ours && forgotten <= processed
  }

  return { restart, put, ask, waits, confirm, sayAgain }
}
