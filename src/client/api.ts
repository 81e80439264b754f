/** What the client offers a page: what to put in, what to show, what to listen to, what to say. */
import type { ErrorCode } from '../protocol/errors.ts'
import type { ClientMessage, LeaveReason } from '../protocol/messages.ts'
import type { PracticeKey } from '../protocol/seal.ts'
import type { Call, CallOptions, Media } from './call.ts'
import type { Log } from './log.ts'
import type { Problem } from './negotiation.ts'
import type { SeatStorage } from './seat.ts'
import type { View } from './view.ts'
import type { World } from './world.ts'

/** What happens once, as opposed to what is shown (that is `view`). */
export type ClientEvents = {
  /** `view` or somebody's media have changed. */
  change: undefined
  /** Host: a guest has come. `quiet`: a session is running, do not disturb it. */
  knock: { peer: string; name: string; quiet: boolean }
  /** Host, staff: a guest has gone, from the waiting room or the session; `held` is back in the waiting room. */
  left: { peer: string; name: string; reason: LeaveReason; admitted: boolean }
  /** Guest: one line from the practice. Show it as text, never as markup. */
  notice: { text: string }
  /**
   * Something that we said was refused; nothing has changed. What fits into no frame (64 KiB) is not even sent: it is
   * `bad_message` at once, also a `signal` of the client's own.
   */
  refused: { code: ErrorCode; command: ClientMessage['type'] | undefined }
  /** A guest has seen another safety number than we, and leaves. Where the host has, a guest's visit is over. */
  denied: { peer: string; name: string }
  /** Somebody in the session has written a line, from page to page. Show it as text, never as markup. */
  wrote: { peer: string; name: string; text: string }
  /**
   * For developers: the page of `peer` said something that our browser refused, or that we do not understand. It is
   * on the console, too. `error` is the name of the browser's exception; what was said is not in it.
   */
  problem: { peer: string } & Problem
}

export type ClientOptions = {
  /**
   * A dial-in code as it was typed, or a whole link; without one, the seat that `storage` remembers is taken again.
   * Where it has a seal, nothing is accepted from the others that the practice's key does not stand for.
   */
  code?: string
  /** How the others see us; guests need one. */
  name?: string
  /** Takes the seat over although somebody is in a session with it. */
  takeover?: boolean
  /** Own camera and microphone, where there are any. */
  stream?: MediaStream | undefined
  /** Host: the practice's key, from `readPracticeKey`, for guests whose links are sealed. */
  practiceKey?: PracticeKey | undefined
  /** `sessionStorage`, so that the seat survives a reload. */
  storage?: SeatStorage
  /** Address of the signaling endpoint; default `/v1/signal` where the page comes from. */
  url?: string
  /** Takes what the client does, for developers; default: what is wrong goes to the console. */
  log?: Log
  /** Clock, timers, chance and sockets, where they are not the browser's: for tests and simulations. */
  world?: World
  /** The media side, where there is no WebRTC. */
  openCall?: (options: CallOptions) => Call
}

export type Client = {
  readonly view: View
  /** The server's time, ms since 1970, as far as it is known: this device's clock may be wrong, `since` in the lobby is not. */
  readonly now: number
  /** The stream and the state of the connection with somebody of `view.peers`, whether it is sealed, its safety number. */
  media(peer: string): Media
  /** Listens; returns the function that stops it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void
  /**
   * Own camera and microphone from now on; to be called again when a track is switched on or off (`enabled`). A video track
   * with the `contentHint` "detail" is a screen: the others are told that it is, and it is sent in full size.
   */
  setStream(stream: MediaStream | undefined): void
  /**
   * Writes a line (up to 2,000 characters) to everybody in the session whose page shows it (`media(peer).chat`), over data
   * channels that no server hears of. @returns the peers that get it, as soon as their connection stands
   */
  write(text: string): string[]
  /** Host: the practice's key from now on, where it comes later. */
  setPracticeKey(key: PracticeKey | undefined): void
  /**
   * The two have compared their safety numbers: this one was shown here. Where they are not the same, the call ends: a guest
   * leaves, a host sends the guest away, and the other side is told why.
   */
  compared(peer: string, same: boolean, number: string): Promise<void>
  /** Host: lets a waiting guest in. */
  admit(peer: string): void
  /** Host: sends a guest away, with an optional line of explanation. */
  deny(peer: string, reason?: string): void
  /** Host: puts an admitted guest back into the waiting room. */
  hold(peer: string): void
  /**
   * Host, staff: one line to one waiting guest, or to all who wait. @returns whether the server has taken it, as soon as it has
   * answered; without a connection that takes as long as it takes to come back
   */
  notice(text: string, peer?: string): Promise<boolean>
  /** Host: ends the session; those who wait keep waiting. */
  end(): void
  /**
   * Hangs up and gives the seat up: the visit is over at once. Where nobody hears us at the moment, the server is told as
   * soon as it does, if the page is still there; without that the seat is gone after `resume.within`.
   */
  leave(): void
}
