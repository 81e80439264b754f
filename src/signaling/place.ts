/** The outside of a seat: how it is connected, how it is resumed, and what it has been sent. */
import type { Outside } from '../conversation/changes.ts'
import { Outbox } from '../conversation/outbox.ts'
import type { SeatRecord } from '../conversation/ports.ts'
import { type CloseReason, errorCodes } from '../protocol/errors.ts'
import type { ServerMessage } from '../protocol/messages.ts'

/** A live connection, as far as a seat needs to know one. */
export type Line = {
  readonly open: boolean
  send(text: string): void
  close(reason: CloseReason): void
}

/** Said where this program failed; nothing has changed. */
export const INTERNAL: ServerMessage = { type: 'error', code: 'internal', message: errorCodes.internal }

/** A frame outside the numbering of a seat, in answer to the client's frame `re`. */
export function answer(message: ServerMessage, re: number | undefined): string {
  return JSON.stringify(re === undefined ? message : { ...message, re })
}

export class Place {
  readonly peer: string
  readonly room: string
  readonly outbox: Outbox
  line: Line | null = null
  /** The last client frame processed. */
  lastId: number
  /** The resume token's keyed hash. */
  readonly token: string

  /** @param replay how much is kept to be sent again, in characters */
  constructor({ peer, room, token, epoch, lastId }: Outside & Pick<SeatRecord, 'peer' | 'room'>, replay: number) {
    this.peer = peer
    this.room = room
    this.token = token
    this.outbox = new Outbox(epoch, replay)
    this.lastId = lastId
  }

  get outside(): Outside {
    return { token: this.token, epoch: this.outbox.epoch, lastId: this.lastId }
  }

  /** Numbers a message, keeps it for as long as it may have to be repeated, and sends it if there is a connection. */
  send(message: ServerMessage): void {
    const text = this.outbox.push(message)
    this.line?.send(text)
  }

  /** Closes the connection, if there is one. */
  cut(reason: CloseReason): void {
    this.line?.close(reason)
    this.line = null
  }
}
