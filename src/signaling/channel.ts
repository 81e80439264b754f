/** A seat's channel: numbered frames in both directions, over one connection after another. */

import type { ResumeState, SeatRecord } from '../contract/records.ts'
import { type CloseReason, errorCodes } from '../protocol/errors.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import type { Budget } from './budget.ts'
import { encode } from './frames.ts'
import { ReplayBuffer } from './replay-buffer.ts'

/** A live connection, as far as a seat needs to know one. */
export type Transport = {
  readonly open: boolean
  send(frame: string | Buffer): void
  close(reason: CloseReason): void
}

/** Said where this program failed; nothing has changed. */
export const INTERNAL: ServerMessage = { type: 'error', code: 'internal', message: errorCodes.internal }

/** A frame outside the numbering of a seat, in answer to the client's frame `re`. */
export function answer(message: ServerMessage, re: number | undefined): string {
  return JSON.stringify(re === undefined ? message : { ...message, re })
}

export class Channel {
  readonly peer: string
  readonly room: string
  readonly buffer: ReplayBuffer
  transport: Transport | null = null
  /** The connection that is taking the seat, until it is told so; the newest wins. */
  claim: Transport | null = null
  /** How much of it waits for the disk: that it is admitted or put back, and signals to it. */
  unsettled = 0
  /** What its connections may still say; unset until there was one. */
  budget: Budget | undefined
  /** The last client frame processed. */
  lastId: number
  /** The resume token's keyed hash. */
  readonly token: string

  /** @param replay how much is kept to be sent again, in bytes */
  constructor({ peer, room, token, epoch, lastId }: ResumeState & Pick<SeatRecord, 'peer' | 'room'>, replay: number) {
    this.peer = peer
    this.room = room
    this.token = token
    this.buffer = new ReplayBuffer(epoch, replay)
    this.lastId = lastId
  }

  get resumeState(): ResumeState {
    return { token: this.token, epoch: this.buffer.epoch, lastId: this.lastId }
  }

  /** Numbers a message, keeps it for as long as it may have to be repeated, and sends it if there is a connection. */
  send(message: ServerMessage): void {
    const frame = encode(message, this.buffer.seq + 1)
    this.buffer.push(frame)
    this.transport?.send(frame)
  }

  /** Closes the connection, if there is one. */
  cut(reason: CloseReason): void {
    this.transport?.close(reason)
    this.transport = null
  }
}
