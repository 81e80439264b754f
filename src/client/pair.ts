/** All that there is with one other person in the session: what is said to them, the connection, the safety number. */
import { type PeerData, readData, type Vouch } from '../protocol/data.ts'
import type { Role } from '../protocol/messages.ts'
import type { PracticeKey } from '../protocol/seal.ts'
import type { Kept } from './keepsakes.ts'
import type { Problem } from './negotiation.ts'
import type { KeyRing } from './pair-keys.ts'
import { type Link, openPeer, type Peer, type PeerOptions } from './peer.ts'
import { certificatesOf, createSafetyNumber, type Safety } from './safety-number.ts'
import { openChannel, type Seal } from './sealed-channel.ts'
import type { Participant } from './view.ts'
import type { World } from './world.ts'

/** What a page shows of somebody. */
export type Media = {
  stream: MediaStream | undefined
  link: Link
  pc: RTCPeerConnection | undefined
  seal: Seal
  safety: Safety
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
  /** They have proven that they have this key. */
  proven(key: string): void
  /** A certificate that nothing has used yet. */
  certificate(): RTCCertificate | undefined
  /** What an earlier page of ours has kept; only asked after a reload. */
  kept(): Promise<Kept | undefined>
  keep(kept: Kept): void
  /** Hands something to the server for them. */
  send(data: unknown): void
  /** They have seen another safety number than we. */
  denied(): void
  problem(problem: Problem): void
}

export type Pair = {
  readonly media: Media
  /** Their key, once it is proven. */
  readonly provenKey: string | undefined
  say(data: PeerData): void
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
  compared(same: boolean): Promise<void>
  close(): void
}

/** @param lost they may be in the middle of a call with an earlier page of ours */
export function openPair(options: PairOptions, lost: boolean): Pair {
  const { world, them, problem, changed } = options
  let peer: Peer | undefined
  let kept: Kept | undefined
  let certificate: RTCCertificate | undefined
  /** Whether their page takes part in safety numbers, and the connection of which that is known. */
  let checks = false
  let checked: RTCPeerConnection | undefined
  let others = 1
  let closed = false
  /** What came while we were looking for what an earlier page has kept. */
  let early: unknown[] | undefined = lost ? [] : undefined

  const channel = openChannel(
    {
      ...options,
      theirs: them.role,
      opened: begin,
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
          void secured()
          changed()
        },
        problem,
      },
      lost,
    )
    peer.share(others)
    changed()
  }

  /** A connection that stands has certificates, of which a number can be made. */
  async function secured() {
    const pc = peer?.pc
    if (!checks || !pc || pc === checked || pc.connectionState !== 'connected') return
    checked = pc
    const certificates = await certificatesOf(pc)
    if (!closed) await safety.connected(certificates)
  }

  function heard(data: PeerData) {
    if ('description' in data || 'candidate' in data) {
      if ('description' in data && data.wz?.check) checks = globalThis.crypto?.subtle !== undefined
      peer?.receive(data)
      if (channel.provenKey !== undefined) options.proven(channel.provenKey)
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
      return { stream: peer?.stream, link: peer?.link ?? 'connecting', pc: peer?.pc, seal, safety: safety.now }
    },
    get provenKey() {
      return channel.provenKey
    },
    say: channel.say,
    receive,
    recover() {
      channel.again()
      peer?.recover()
    },
    again: channel.again,
    check() {
      if (channel.seal.at === 'agreeing') channel.again()
      safety.look()
      peer?.check()
    },
    retrack: () => peer?.retrack(),
    share(count) {
      others = count
      peer?.share(count)
    },
    reconfigure: () => peer?.reconfigure(),
    async compared(same) {
      if (same) return safety.confirm()
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
