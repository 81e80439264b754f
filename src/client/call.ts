/** The media side of a session: our own stream, the ICE servers, keys, and a pair for everybody who is in. */
import type { Ice } from '../protocol/messages.ts'
import type { PracticeKey } from '../protocol/seal.ts'
import { type CallOptions, type Media, noMedia, openPair, type Pair } from './pair.ts'
import { createKeyRing } from './pair-keys.ts'
import { randomId } from './random.ts'
import { ROUNDS } from './safety-number.ts'
import type { Participant } from './view.ts'

export type { CallOptions, Media } from './pair.ts'

/** Every so many milliseconds each peer looks whether its connection stands. */
const CHECK = 6000

export type Call = {
  /** Our own camera and microphone from now on; undefined: none. To be called again when a track is switched on or off. */
  setStream(stream: MediaStream | undefined): void
  setIce(ice: Ice): void
  /** The practice's key from now on. */
  setPracticeKey(key: PracticeKey | undefined): void
  /**
   * Brings the peers in line with what the server says.
   * @param told those that the server named just now; somebody we know already is named again only
   *   after frames were lost, so the two sides agree anew
   * @param lost the page was reloaded: those we do not know may know an earlier page of ours
   */
  update(peers: readonly Participant[], told: readonly string[], lost: boolean): void
  /** Takes `data` of a `signal`. What it does not understand is a problem, and changes nothing. */
  receive(from: string, data: unknown): void
  /** Agrees anew with this peer, or with all. */
  recover(peer?: string): void
  /** The two have compared their safety numbers. Resolves once the other side has been told that they differ. */
  compared(peer: string, same: boolean, number: string): Promise<void>
  /** Writes a line to everybody whose page shows it. @returns their peers */
  write(text: string): string[]
  media(peer: string): Media
  /** Ends all media; the call can be used again. */
  clear(): void
  /** Ends all media for good. */
  close(): void
}

/** Prepares the media side; nothing is connected before `update` names a peer. */
export function createCall(options: CallOptions): Call {
  const pairs = new Map<string, { pair: Pair; them: Participant }>()
  let own: MediaStream | undefined
  let config: RTCConfiguration = {}
  let practice: PracticeKey | undefined
  /** What the practice says of other guests' keys. */
  const vouched = new Map<string, string>()
  /** The keys of guests, as they were told to the others. */
  const introduced = new Map<string, string>()
  const keys = createKeyRing()
  const certificates = spareCertificates()
  let numbers = 0
  const page = randomId()
  const all = () => [...pairs.values()].map(({ pair }) => pair)
  const host = () => [...pairs.values()].find(({ them }) => them.role === 'host')?.pair

  const stopChecking = options.world.every(CHECK, () => {
    for (const [id, { pair, them }] of pairs) {
      if (!options.reaches(id)) continue
      // What the practice says of another guest may be lost.
      if (them.role === 'guest' && pair.media.seal.at === 'agreeing') host()?.again()
      pair.check()
    }
  })

  function drop(id: string) {
    const gone = pairs.get(id)
    gone?.pair.close()
    pairs.delete(id)
    vouched.delete(id)
    introduced.delete(id)
    if (gone?.them.role !== 'host') return
    // Guests vouch for nobody: without the practice's page there is nobody to be sealed with.
    vouched.clear()
    if (options.seal !== undefined) clear()
  }

  function clear() {
    for (const id of [...pairs.keys()]) drop(id)
  }

  /** The practice's page tells each guest's page the keys of the others. */
  function introduce(id: string, key: string, again: boolean) {
    const known = pairs.get(id)
    if (options.role() !== 'host' || !known || (introduced.get(id) === key && !again)) return
    introduced.set(id, key)
    for (const [other, { pair }] of pairs) {
      if (other === id || pair.provenKey === undefined) continue
      pair.say({ vouch: { v: 1, peer: id, key } })
      known.pair.say({ vouch: { v: 1, peer: other, key: pair.provenKey } })
    }
  }

  function open(them: Participant, lost: boolean) {
    const id = them.peer
    const silence = new MediaStream()
    return openPair(
      {
        ...options,
        them,
        page,
        keys,
        practice: () => practice,
        vouched: () => vouched.get(id),
        vouch({ peer, key }) {
          vouched.set(peer, key)
          pairs.get(peer)?.pair.again()
        },
        proven: (key, again) => introduce(id, key, again),
        another() {
          numbers += 1
          return numbers <= ROUNDS
        },
        certificate: certificates,
        config: () => config,
        tracks: () => ({ tracks: own?.getTracks() ?? [], stream: own ?? silence }),
      },
      lost,
    )
  }

  return {
    setStream(stream) {
      own = stream
      for (const pair of all()) pair.retrack()
    },
    setIce({ servers, policy }) {
      config = { iceServers: servers, iceTransportPolicy: policy }
      for (const pair of all()) pair.reconfigure()
    },
    setPracticeKey(key) {
      practice = key
      for (const pair of all()) pair.again()
    },
    update(present, told, lost) {
      for (const [id, { them }] of [...pairs]) {
        const now = present.find(({ peer }) => peer === id)
        // Who is somebody else now, is met anew.
        if (now?.role !== them.role || now.polite !== them.polite) drop(id)
      }
      for (const them of present) {
        const known = pairs.get(them.peer)
        if (!known) pairs.set(them.peer, { pair: open(them, lost), them })
        else if (told.includes(them.peer)) known.pair.recover()
      }
      for (const pair of all()) pair.share(pairs.size)
    },
    receive: (from, data) => pairs.get(from)?.pair.receive(data),
    recover(id) {
      for (const [each, { pair }] of pairs) if (id === undefined || each === id) pair.recover()
    },
    compared: async (id, same, number) => pairs.get(id)?.pair.compared(same, number),
    write: (text) => [...pairs].filter(([, { pair }]) => pair.write(text)).map(([id]) => id),
    media: (id) => pairs.get(id)?.pair.media ?? noMedia,
    clear,
    close() {
      stopChecking()
      clear()
    },
  }
}

/** Certificates made ahead, since making one takes a moment, and a connection is made at once. */
function spareCertificates(): () => RTCCertificate | undefined {
  let spare: RTCCertificate | undefined
  const make = async () => {
    try {
      spare = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' } as AlgorithmIdentifier)
    } catch {
      // Then each connection makes its own, and its number begins anew after a reload.
    }
  }
  void make()
  return () => {
    const taken = spare
    spare = undefined
    void make()
    return taken
  }
}
