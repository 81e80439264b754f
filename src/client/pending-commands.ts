/** What we have said and the server has not confirmed yet, to be said again after a resume. */
import type { ClientMessage } from '../protocol/messages.ts'

/** Frames kept at most. Where older ones would be needed, `resumed` answers with a gap: see there. */
const LIMIT = 500

type Entry = { id: number; message: ClientMessage; text: string; sent: boolean }

/** A command, as opposed to `join` and `resume`, which open a connection and are never said again. */
export type Command = Exclude<ClientMessage, { type: 'join' | 'resume' }>

export type PendingCommands = {
  /** Starts counting anew: a `join` begins a new epoch. Returns the id for the `join` itself. */
  restart(): number
  /** Takes a command and sends it, if there is somebody to send it to. Returns the id that it was given. */
  put(message: Command): number
  /** The server has answered this id, and so everything before it. Returns the command of that very id. */
  confirm(id: number): ClientMessage | undefined
  /**
   * Says again, in order, what the server has not processed.
   *
   * In the same epoch the server's count is exact. A new epoch means that the server was restarted;
   * then its count is exact for everything that has changed a seat. Signals are left out, since the
   * negotiation starts over, and so are notices that may have been heard already.
   * @returns whether everything is there; false: something is missing, treat it as lost
   */
  sayAgain(processed: number, sameEpoch: boolean): boolean
}

/** @param send sends a frame, or returns false where it cannot at the moment */
export function createPendingCommands(send: (text: string) => boolean): PendingCommands {
  let lastId = 0
  let entries: Entry[] = []
  /** The last that was let go for want of space. */
  let forgotten = 0

  function confirm(id: number) {
    const confirmed = entries.find((entry) => entry.id === id)
    entries = entries.filter((entry) => entry.id > id)
    return confirmed?.message
  }

  return {
    restart() {
      entries = []
      forgotten = 0
      lastId = 1
      return lastId
    },
    put(message) {
      lastId += 1
      const { type, ...rest } = message
      const text = JSON.stringify({ type, id: lastId, ...rest })
      entries.push({ id: lastId, message, text, sent: send(text) })
      if (entries.length > LIMIT) forgotten = entries.shift()?.id ?? forgotten
      return lastId
    },
    confirm,
    sayAgain(processed, sameEpoch) {
      // A reloaded page has not counted along: it goes on where the server is.
      lastId = Math.max(lastId, processed)
      // What was processed is kept: its answer may be among the frames that were missed.
      entries = entries.filter(
        ({ id, message, sent }) =>
          id <= processed || sameEpoch || (message.type !== 'signal' && !(sent && message.type === 'notice')),
      )
      for (const entry of entries) if (entry.id > processed) entry.sent = send(entry.text)
      return forgotten <= processed
    },
  }
}
