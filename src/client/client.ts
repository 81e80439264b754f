/**
 * The Wartezimmer client: dials in, keeps the seat through lost connections and reloads, and
 * connects the media of everybody who is admitted.
 *
 *     const client = dialIn({ code: 'K7M-4XQ-9TP', name: 'Ada', storage: sessionStorage })
 *     client.on('change', () => render(client.view))
 *     client.setStream(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }))
 *
 * How it is made: reconnecting-socket.ts holds one WebSocket and opens it again; pending-commands.ts keeps what
 * was not confirmed; seat.ts remembers the seat; view.ts says what each frame means for the page; call.ts and pair.ts hold
 * what there is with everybody else: sealed-channel.ts what is said to them, safety-number.ts the six digits, peer.ts,
 * negotiation.ts and tracks.ts the media; world.ts is what all this takes from outside. This file lets frames flow
 * between them.
 */

import { readCode } from '../protocol/dial-code.ts'
import type { ClientMessage, ServerFrame } from '../protocol/messages.ts'
import type { Client, ClientOptions } from './api.ts'
import { createCall } from './call.ts'
import { browserKeepsakes } from './keepsakes.ts'
import { createListeners } from './listeners.ts'
import { logWarnings } from './log.ts'
import { closeReason, type Over, overBecause, type Refused } from './over.ts'
import { type Command, createPendingCommands } from './pending-commands.ts'
import { openSocket, type SocketEvents } from './reconnecting-socket.ts'
import { forgetSeat, loadSeat, type Seat, saveSeat } from './seat.ts'
import { disconnected, emptyView, named, nextView, type View } from './view.ts'
import { browserWorld } from './world.ts'

export { type PracticeKey, readPracticeKey } from '../protocol/seal.ts'
export type { Client, ClientEvents, ClientOptions } from './api.ts'
export type { Media } from './call.ts'
export type { LogEntry } from './log.ts'
export type { Over } from './over.ts'
export type { Link } from './peer.ts'
export type { Safety } from './safety-number.ts'
export type { Seal } from './sealed-channel.ts'
export type { SeatStorage } from './seat.ts'
export { loadSeat } from './seat.ts'
export type { Participant, SeatedState, State, View } from './view.ts'

/** Of what is no code, as much as somebody types. */
const LONGEST_CODE = 20

/** Of what is no name, as much as shows that: the server looks at 256. */
const LONGEST_NAME = 300
/** Seconds that a seat is kept, where the server has not said it to this page. */
const KEPT = 120

/** So many milliseconds a guest's page has to say why it leaves. */
const FAREWELL = 1_000
/** So many milliseconds before a page leaves that has said why. */
const GOING = 300

/** Dials in, or comes back. Never throws for what the network or the server do: see `view.state`. */
export function dialIn(options: ClientOptions): Client {
  const { storage, code, world = browserWorld, openCall = createCall, log = logWarnings } = options
  const { on, tell } = createListeners()
  let view = emptyView
  let seat: Seat | undefined = code === undefined ? loadSeat(storage) : undefined
  const dialled = readCode(code ?? '')
  const seal = code === undefined ? seat?.seal : dialled?.seal
  /** The seal never leaves this page, nor what may be left of one in a link that was damaged. */
  const sayable = dialled?.symbols ?? (code ?? '').slice(0, LONGEST_CODE)
  let self = ''
  /** What the server's clock said, and when. */
  let clock: { now: number; at: number } | undefined
  let seq = 0
  /** What the present connection is: none that stands, one that has asked for our seat, or that of our seat. */
  let line: 'none' | 'asking' | 'seated' = 'none'
  /** For how many seconds the seat is kept without one, and when it is gone by itself once we have left. */
  let within = KEPT
  let goneAt = 0
  let lost = false
  /** The ping whose answer says that all that was said to an earlier page of this seat has been repeated. */
  let repeating: number | undefined
  let refused: Refused | undefined
  let farewell: Over | undefined
  const isOver = () => view.state.at === 'over'

  /** What is over stays so, also where a listener has left while it was told of something. */
  function show(next: View) {
    if (isOver()) return
    view = next
    tell('change', undefined)
  }

  const pending = createPendingCommands((text) => line === 'seated' && socket.send(text), world.random)

  function say(command: Command, answered?: (done: boolean) => void): number | undefined {
    if (isOver()) return undefined
    const id = pending.put(command, answered)
    if (id === undefined) tell('refused', { code: 'bad_message', command: command.type })
    else log({ level: 'debug', event: 'said', type: command.type })
    return id
  }

  const keepsakes = browserKeepsakes(() => self)
  const call = openCall({
    world,
    seal,
    keepsakes,
    role: () => view.role ?? 'guest',
    denied(peer) {
      const { name = '', role } = view.peers.find((each) => each.peer === peer) ?? {}
      if (role === 'host') quit({ reason: 'not_safe', by: 'them' })
      else tell('denied', { peer, name })
    },
    wrote(peer, text) {
      tell('wrote', { peer, name: view.peers.find((each) => each.peer === peer)?.name ?? '', text })
    },
    say: (to, data) => void say({ type: 'signal', to, data }),
    reaches: (peer) => line === 'seated' && view.peers.some((each) => each.peer === peer && each.present),
    changed: () => tell('change', undefined),
    problem(peer, problem) {
      log({ level: 'warn', event: 'problem', peer, ...problem })
      tell('problem', { peer, ...problem })
    },
  })
  call.setStream(options.stream)
  call.setPracticeKey(options.practiceKey)

  function opened() {
    log({ level: 'debug', event: 'opened' })
    line = 'asking'
    const name = (seat?.name ?? options.name ?? '').slice(0, LONGEST_NAME)
    const named = name === '' ? {} : { name }
    const { takeover } = options
    // A resume carries no id: a reloaded page does not know yet how far the server has counted.
    const hello: ClientMessage = seat
      ? { type: 'resume', token: seat.token, epoch: seat.epoch, seq, ...named }
      : { type: 'join', code: sayable, id: pending.restart(), ...named, ...(takeover ? { takeover } : {}) }
    log({ level: 'debug', event: 'said', type: hello.type })
    socket.send(JSON.stringify(hello))
  }

  function take(frame: ServerFrame) {
    log({ level: 'debug', event: 'heard', type: frame.type })
    if (isOver()) return takeLate(frame)
    if (frame.seq !== undefined) {
      if (frame.seq <= seq) return
      seq = frame.seq
    }
    switch (frame.type) {
      case 'joined':
        joined(frame)
        break
      case 'resumed':
        return resumed(frame)
      case 'error':
        return refuse(frame)
      case 'signal':
        if (repeating === undefined) call.receive(frame.from, frame.data)
        return
      case 'pong':
        if (frame.re !== undefined) pending.confirm(frame.re)
        if (repeating !== undefined && frame.re === repeating) allRepeated()
        return
      case 'ice':
        return call.setIce(frame)
      case 'denied':
        farewell = { reason: 'denied', ...(frame.reason === undefined ? {} : { text: frame.reason }) }
        break
      case 'ended':
        if (view.role === 'guest') farewell = { reason: 'ended' }
        break
      case 'lobby':
        clock = { now: frame.now, at: world.now() }
        break
      case 'admitted':
        call.setIce(frame.ice)
    }
    const known = 'peer' in frame ? view.lobby.find(({ peer }) => peer === frame.peer) : undefined
    const next = nextView(view, frame)
    // First the media, so that whoever draws the new view finds them.
    view = next
    if (repeating === undefined) {
      call.update(next.peers, named(frame), lost)
      if (frame.type === 'admitted' || frame.type === 'waiting') lost = false
    }
    if (frame.type === 'peer-back' && call.media(frame.peer).link === 'interrupted') call.recover(frame.peer)
    show(next)
    if (frame.type === 'knock') tell('knock', frame)
    if (frame.type === 'peer-left' && known) {
      tell('left', { peer: frame.peer, name: known.name, reason: frame.reason, admitted: known.state === 'admitted' })
    }
    if (frame.type === 'notice') tell('notice', frame)
  }

  /** Once we have left, nothing counts but that the seat is given up as soon as it is ours. */
  function takeLate(frame: ServerFrame) {
    if (frame.type === 'joined') joined(frame)
    else if (frame.type === 'resumed') resumed(frame)
    else if (frame.type === 'error') socket.pause(frame.retryAfter)
    // Our server closes; whoever only answers has heard us as well.
    else if (frame.type === 'pong') socket.close()
  }

  /** The seat is ours, and what the server has not heard yet is said. @returns whether all of it is still there */
  function settle(taken: Seat, processed: number, sameEpoch: boolean): boolean {
    seat = taken
    line = 'seated'
    socket.settled()
    if (!isOver()) saveSeat(storage, seat)
    return pending.sayAgain(processed, sameEpoch)
  }

  function joined({ peer, epoch, role, resume, re = 1 }: Extract<ServerFrame, { type: 'joined' }>) {
    self = peer
    within = resume.within
    const name = options.name ?? ''
    settle({ token: resume.token, epoch, role, name, ...(seal === undefined ? {} : { seal }) }, re, true)
  }

  function resumed(frame: Extract<ServerFrame, { type: 'resumed' }>) {
    if (!seat) return
    self = frame.peer
    const sameEpoch = frame.epoch === seat.epoch
    // A page that asked from the beginning has only just been loaded: nobody knows it yet.
    const reloaded = seq === 0
    lost = reloaded && frame.state === 'admitted'
    if (!sameEpoch) seq = 0
    const whole = settle({ ...seat, epoch: frame.epoch }, frame.id, sameEpoch)
    if (!whole && frame.lossless) call.recover()
    if (!frame.lossless) repeating = undefined
    else if (reloaded) repeating = say({ type: 'ping' })
    show(nextView(view, frame))
  }

  function allRepeated() {
    repeating = undefined
    call.update(view.peers, [], true)
    lost = false
  }

  function refuse(frame: Extract<ServerFrame, { type: 'error' }>) {
    const { code, re, notBefore, retryAfter } = frame
    // Also of a seat: then the server closes, and the seat is kept.
    socket.pause(retryAfter)
    if (line !== 'seated') {
      refused = {
        code,
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }
      return
    }
    const said = re === undefined ? undefined : pending.confirm(re)
    // A signal to somebody who has just gone crosses with the news of it; one that the server failed with is lost.
    if (said?.type !== 'signal') tell('refused', { code, command: said?.type })
    else if (code === 'internal') call.recover(said.to)
  }

  function over(why: Over) {
    forgetSeat(storage)
    keepsakes.clear()
    call.close()
    show({ ...view, state: { at: 'over', over: why }, peers: [], lobby: [] })
  }

  /**
   * Gives the seat up. Nothing more is shown, and the server hears of it as soon as that is possible: nobody waits for
   * whoever has gone. It answers with close 1000.
   */
  function quit(why: Over) {
    if (isOver()) return
    say({ type: 'leave' })
    over(why)
    goneAt = world.now() + within * 1000
    if (!seat && line === 'none') socket.close()
  }

  const url = options.url ?? new URL('/v1/signal', location.href.replace(/^http/, 'ws')).href
  const events: SocketEvents = {
    opened,
    received: (text) => take(JSON.parse(text) as ServerFrame),
    lost(failures, closeCode) {
      log({ level: 'debug', event: 'lost', closeCode })
      line = 'none'
      if (isOver()) {
        // Without a seat there is nothing to come back to: to join for it might drive out who has dialled in since.
        if (!seat || world.now() > goneAt) socket.close()
        return
      }
      show(disconnected(view, failures, closeReason(closeCode)))
      refused = undefined
    },
    silent: pending.ask,
    waits: pending.waits,
    ended(closeCode) {
      log({ level: 'debug', event: 'over', closeCode })
      if (!isOver()) over(farewell ?? overBecause(closeCode, refused))
    },
  }
  const socket = openSocket(url, events, world)

  return {
    get view() {
      return view
    },
    get now() {
      return clock ? clock.now + world.now() - clock.at : Date.now()
    },
    media: call.media,
    on,
    setStream: call.setStream,
    setPracticeKey: call.setPracticeKey,
    write: call.write,
    async compared(peer, same, number) {
      await call.compared(peer, same, number)
      if (same) return
      // What is sealed takes a moment to be opened, and who has left is not heard any more.
      if (view.role !== 'host') return void world.after(GOING, () => quit({ reason: 'not_safe', by: 'us' }))
      // A page that is told why leaves by itself, and shows it.
      world.after(FAREWELL, () => view.peers.some((each) => each.peer === peer) && say({ type: 'deny', peer }))
    },
    admit: (peer) => void say({ type: 'admit', peer }),
    deny: (peer, reason) => void say({ type: 'deny', peer, ...(reason ? { reason } : {}) }),
    hold: (peer) => void say({ type: 'hold', peer }),
    notice: (text, peer) =>
      new Promise((answered) => {
        if (say({ type: 'notice', text, ...(peer ? { peer } : {}) }, answered) === undefined) return answered(false)
        // So that it is not only answered with the next ping.
        pending.ask()
      }),
    end: () => void say({ type: 'end' }),
    leave: () => quit({ reason: 'left' }),
  }
}
