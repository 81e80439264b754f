/** All that there is with one other person in the session: what is said to them, the connection, the safety number. */
import { type DeviceState, type PeerData, readData, type Vouch } from '../protocol/data.ts'
import type { Role } from '../protocol/messages.ts'
import { createChat } from './chat.ts'
import type { Keepsakes, Kept } from './keepsakes.ts'
import type { Problem } from './negotiation.ts'
import { type Link, openPeer, type Peer, type PeerOptions } from './peer.ts'
import { certificatesOf, createSafetyNumber, type Safety } from './safety-number.ts'
import { type ChannelOptions, openChannel, type Seal } from './sealed-channel.ts'
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

/** What a call takes from its page. */
export type CallOptions = {
  world: World
  /** Our own role; only asked once we have a seat. */
  role(): Role
  /** The seal of our link, where it has one: then nothing is accepted that it does not stand for. */
  seal: string | undefined
  keepsakes: Keepsakes
  /** Hands `data` to the server for this peer. */
  say(peer: string, data: unknown): void
  /** Whether what we say reaches this peer at the moment. */
  reaches(peer: string): boolean
  /** The media of somebody have changed. */
  changed(): void
  /** This peer has written a line. */
  wrote(peer: string, text: string): void
  /** This peer has seen another safety number than we. */
  denied(peer: string): void
  /** Something that this peer said could not be used. */
  problem(peer: string, problem: Problem): void
}

type OfChannel = Pick<ChannelOptions, 'keys' | 'practice' | 'vouched'>
type OfPeer = Pick<PeerOptions, 'config' | 'tracks'>

export type PairOptions = CallOptions &
  OfChannel &
  OfPeer & {
    them: Participant
    /** The random name of our page. */
    page: string
    /** The practice says what key somebody has. */
    vouch(vouch: Vouch): void
    /** They have proven that they have this key. `again`: they may have missed what was said to them of others'. */
    proven(key: string, again: boolean): void
    /** Whether another safety number may be made in this visit. */
    another(): boolean
    /** A certificate that nothing has used yet. */
    certificate(): RTCCertificate | undefined
  }

export type Pair = ReturnType<typeof openPair>

/** @param lost they may be in the middle of a call with an earlier page of ours */
export function openPair(options: PairOptions, lost: boolean) {
  const { them, keepsakes, changed } = options
  const id = them.peer
  const reaches = () => options.reaches(id)
  const problem = (what: Problem) => options.problem(id, what)
  let peer: Peer | undefined
  let kept: Kept | undefined
  let certificate: RTCCertificate | undefined
  /** Whether their page takes part in safety numbers, and the connection of which one was made, with its certificates. */
  let checks = false
  let chats = false
  const chat = createChat(options.page, (text) => options.wrote(id, text))
  let checked: { pc: RTCPeerConnection; certificates: string } | undefined
  let securing = Promise.resolve()
  /** What was said of our own devices last, and what they have said of theirs. */
  let said = ''
  let devices: DeviceState | undefined
  let others = 1
  let closed = false
  /** What came while we were looking for what an earlier page has kept. */
  let early: unknown[] | undefined = lost ? [] : undefined

  const channel = openChannel({
    ...options,
    ours: options.role(),
    theirs: them.role,
    reaches,
    send: (data) => options.say(id, data),
    opened: begin,
    shut() {
      peer?.close()
      peer = undefined
      chat.use(undefined)
    },
    greeted: () => channel.provenKey !== undefined && options.proven(channel.provenKey, true),
    heard,
    problem: (fault) => problem({ problem: fault }),
  })

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
          keepsakes.put(id, kept)
        },
      },
      agreed,
    )
  }

  function begin() {
    peer?.close()
    peer = openPeer(
      {
        ...options,
        polite: them.polite,
        reaches,
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
      if ('denied' in data.check) options.denied(id)
      else void safety.receive(data.check)
    } else if ('vouch' in data && them.role === 'host' && channel.seal.at === 'sealed') options.vouch(data.vouch)
    else problem({ problem: 'not_understood' })
  }

  function receive(data: unknown): void {
    if (early) return void early.push(data)
    const read = readData(data)
    if (read) channel.receive(read)
    else problem({ problem: 'not_understood' })
  }

  async function remember() {
    kept = await keepsakes.get(id)
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
    get media(): Media {
      const { seal } = channel
      const [pc, link] = [peer?.pc, peer?.link ?? 'connecting']
      // What was known of another connection says nothing of this one.
      const now: Safety = pc !== undefined && pc === checked?.pc ? safety.now : { at: 'none' }
      return { stream: peer?.stream, link, pc, seal, safety: now, devices, chat: chats }
    },
    /** Their key, once it is proven. */
    get provenKey(): string | undefined {
      return channel.provenKey
    },
    say: channel.say,
    /** Says a line of text, past the server. @returns false where their page shows none, or it cannot be said */
    write: (text: string): boolean => chats && chat.say(text),
    receive,
    /** Frames may be lost in both directions, or we know more than before. */
    recover(): void {
      channel.again()
      peer?.recover()
    },
    /** We have got to know a key: that of the practice, or what it says of theirs. */
    again: channel.again,
    /** Looks whether what should stand by now does, and otherwise tries again. */
    check(): void {
      if (channel.seal.at === 'agreeing') channel.again()
      secure()
      safety.look()
      peer?.check()
    },
    retrack(): void {
      peer?.retrack()
      sayDevices()
    },
    share(count: number): void {
      others = count
      peer?.share(count)
    },
    reconfigure: (): void => peer?.reconfigure(),
    /** The numbers were compared, and are the same, or not. */
    async compared(same: boolean, number: string): Promise<void> {
      if (same) return safety.confirm(number)
      channel.say({ check: { v: 1, denied: true } })
      await channel.settled()
    },
    close(): void {
      closed = true
      channel.close()
      peer?.close()
    },
  }
}
