/** All that there is with one other person in the session: what is said to them, the connection, the safety number. */
import { type DeviceState, type PeerData, readData, type Vouch } from '../protocol/data.ts'
import type { Role } from '../protocol/messages.ts'
import type { PracticeKey } from '../protocol/seal.ts'
import { createChat } from './chat.ts'
import type { Kept } from './keepsakes.ts'
import type { Problem } from './negotiation.ts'
import type { KeyRing } from './pair-keys.ts'
import { type Link, openPeer, type Peer, type PeerOptions } from './peer.ts'
import { certificatesOf, createSafetyNumber, type Safety } from './safety-number.ts'
import { openChannel, type Seal } from './sealed-channel.ts'
import { SCREEN } from './tracks.ts'
import type { Participant } from './view.ts'
import type { World } from './world.ts'

/** What a page shows of somebody. */
export type Media = {
  stream: MediaStream | undefined
  link: Link
  pc: RTCPeerConnection | undefined
  seal: Seal
  safety: Safety
  /** Whether their microphone and camera are on, and whether they show their screen, where their page says so. */
  devices: { audio: boolean; video: boolean; screen?: boolean } | undefined
  /** Whether their page shows lines of text. */
  chat: boolean
}

/** What there is with somebody of whom nothing is known. */
export const noMedia: Media = {
  stream: undefined,
  link: 'connecting',
  pc: undefined,
  seal: { at: 'agreeing' },
  safety: { at: 'none' },
  devices: undefined,
  chat: false,
}

export type PairOptions = Pick<PeerOptions, 'config' | 'tracks' | 'reaches' | 'changed'> & {
  world: World
  them: Participant
  ours: Role
  /** Of our link, where we are a guest. */
  seal: string | undefined
  keys: KeyRing
  practice(): PracticeKey | undefined
  /** The key that the practice says they have. */
  vouched(): string | undefined
  /** The practice says what key somebody has. */
  vouch(vouch: Vouch): void
  /** They have proven that they have this key. `again`: they may have missed what was said to them of others'. */
  proven(key: string, again: boolean): void
  /** A certificate that nothing has used yet. */
  certificate(): RTCCertificate | undefined
  /** What an earlier page of ours has kept; only asked after a reload. */
  kept(): Promise<Kept | undefined>
  keep(kept: Kept): void
  /** Hands something to the server for them. */
  send(data: unknown): void
  /** They have seen another safety number than we. */
  denied(): void
  /** The random name of our page. */
  page: string
  /** They have written a line. */
  wrote(text: string): void
  /** Whether another safety number may be made in this visit. */
  another(): boolean
  problem(problem: Problem): void
}

export type Pair = {
  readonly media: Media
  /** Their key, once it is proven. */
  readonly provenKey: string | undefined
  say(data: PeerData): void
  /** Says a line of text, past the server. @returns false where their page shows none, or it cannot be said */
  write(text: string): boolean
  receive(data: unknown): void
  /** Frames may be lost in both directions, or we know more than before. */
  recover(): void
  /** We have got to know a key: that of the practice, or what it says of theirs. */
  again(): void
  /** Looks whether what should stand by now does, and otherwise tries again. */
  check(): void
  retrack(): void
  share(others: number): void
  reconfigure(): void
  /** The numbers were compared, and are the same, or not. */
  compared(same: boolean, number: string): Promise<void>
  close(): void
}

/** @param lost they may be in the middle of a call with an earlier page of ours */
export function openPair(options: PairOptions, lost: boolean): Pair {
  const { world, them, problem, changed } = options
  let peer: Peer | undefined
  let kept: Kept | undefined
  let certificate: RTCCertificate | undefined
  /** Whether their page takes part in safety numbers, and the connection of which one was made, with its certificates. */
  let checks = false
  let chats = false
  const chat = createChat(options.page, options.wrote)
  let checked: { pc: RTCPeerConnection; certificates: string } | undefined
  let securing = Promise.resolve()
  /** What was said of our own devices last, and what they have said of theirs. */
  let said = ''
  let devices: DeviceState | undefined
  let others = 1
  let closed = false
  /** What came while we were looking for what an earlier page has kept. */
  let early: unknown[] | undefined = lost ? [] : undefined

  const channel = openChannel(
    {
      ...options,
      theirs: them.role,
      opened: begin,
      shut() {
        peer?.close()
        peer = undefined
        chat.use(undefined)
      },
      greeted: () => channel.provenKey !== undefined && options.proven(channel.provenKey, true),
      heard,
      problem: (fault) => problem({ problem: fault }),
    },
    readData,
  )

  let safety = number(undefined)
  function number(agreed: Kept | undefined) {
    return createSafetyNumber(
      {
        random: () => crypto.getRandomValues(new Uint8Array(32)),
        say: (check) => channel.say({ check }),
        changed,
        another: options.another,
        agreed(agreed) {
          if (!certificate) return
          kept = { ...agreed, certificate, sealed: channel.seal.at === 'sealed' }
          options.keep(kept)
        },
      },
      agreed,
    )
  }

  function begin() {
    peer?.close()
    peer = openPeer(
      {
        polite: them.polite,
        world,
        reaches: options.reaches,
        tracks: options.tracks,
        config: options.config,
        certificate() {
          // The same again for the same person, so that a number which was compared stays.
          certificate = kept?.certificate ?? options.certificate()
          return certificate
        },
        say: (data) => channel.say(data),
        changed() {
          chat.use(peer?.pc)
          secure()
          changed()
        },
        problem,
      },
      lost,
    )
    peer.share(others)
    chat.use(peer.pc)
    changed()
  }

  /** A connection that stands has certificates, of which a number is made; should they change, another. */
  function secure() {
    securing = securing.then(async () => {
      const pc = peer?.pc
      if (!checks || pc?.connectionState !== 'connected') return
      const found = await certificatesOf(pc)
      const certificates = JSON.stringify(found)
      if (closed || pc !== peer?.pc || (pc === checked?.pc && certificates === checked.certificates)) return
      await safety.connected(found)
      checked = { pc, certificates }
      changed()
    })
  }

  /** Says how our microphone and camera are, to pages that know what that is. */
  function sayDevices(again = false) {
    const { tracks } = options.tracks()
    const isOn = (kind: string) => tracks.some((track) => track.kind === kind && track.enabled)
    // As the page that shares its screen has marked it.
    const screen = tracks.some(({ kind, contentHint }) => kind === 'video' && contentHint === SCREEN)
    const state: DeviceState = { v: 1, audio: isOn('audio'), video: isOn('video'), ...(screen ? { screen } : {}) }
    if (!checks || (said === JSON.stringify(state) && !again)) return
    said = JSON.stringify(state)
    channel.say({ state })
  }

  function heard(data: PeerData) {
    if ('description' in data || 'candidate' in data) {
      if ('description' in data && data.wz?.chat) chats = true
      if ('description' in data && data.wz?.check) checks = globalThis.crypto?.subtle !== undefined
      peer?.receive(data)
      // Also to a page that has just been loaded, and knows nothing yet.
      if ('description' in data) sayDevices(true)
      if (channel.provenKey !== undefined) options.proven(channel.provenKey, false)
    } else if ('state' in data) {
      devices = data.state
      changed()
    } else if ('check' in data) {
      if ('denied' in data.check) options.denied()
      else void safety.receive(data.check)
    } else if ('vouch' in data && them.role === 'host' && channel.seal.at === 'sealed') options.vouch(data.vouch)
    else problem({ problem: 'not_understood' })
  }

  function receive(data: unknown) {
    if (early) return void early.push(data)
    const read = readData(data)
    if (read) channel.receive(read)
    else problem({ problem: 'not_understood' })
  }

  async function remember() {
    kept = await options.kept()
    if (closed) return
    safety = number(kept)
    const waiting = early ?? []
    early = undefined
    channel.start(kept?.sealed === true)
    for (const data of waiting) receive(data)
  }

  if (lost) void remember()
  else channel.start(false)

  return {
    get media() {
      const { seal } = channel
      const [pc, link] = [peer?.pc, peer?.link ?? 'connecting']
      // What was known of another connection says nothing of this one.
      const now: Safety = pc !== undefined && pc === checked?.pc ? safety.now : { at: 'none' }
      return { stream: peer?.stream, link, pc, seal, safety: now, devices, chat: chats }
    },
    get provenKey() {
      return channel.provenKey
    },
    say: channel.say,
    write: (text) => chats && chat.say(text),
    receive,
    recover() {
      channel.again()
      peer?.recover()
    },
    again: channel.again,
    check() {
      if (channel.seal.at === 'agreeing') channel.again()
      secure()
      safety.look()
      peer?.check()
    },
    retrack() {
      peer?.retrack()
      sayDevices()
    },
    share(count) {
      others = count
      peer?.share(count)
    },
    reconfigure: () => peer?.reconfigure(),
    async compared(same, number) {
      if (same) return safety.confirm(number)
      channel.say({ check: { v: 1, denied: true } })
      await channel.settled()
    },
    close() {
      closed = true
      channel.close()
      peer?.close()
    },
  }
}
