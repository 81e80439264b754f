/**
 * The safety number: six digits that two pages show alike, unless somebody sits between them. See /docs/sealing.
 *
 * It is made of both certificates as DTLS really uses them, and of a random number of each side. Each first says a
 * commitment to its own, and reveals it only once it has the other's: so nobody in between can try out random numbers or
 * certificates until two calls show the same digits (as in ZRTP, RFC 6189, section 4.4.1; Vaudenay, CRYPTO 2005). For one
 * pair of certificates it is made once.
 */
import { type Bytes, fields, fromBase64url, sha256, toBase64url, toHex } from '../protocol/bytes.ts'
import type { Check } from '../protocol/data.ts'
import { fingerprints } from './fingerprints.ts'

const VERSION = Uint8Array.of(1)

/** So many numbers in one visit, with all together: each is a guess for whoever sits in between. */
export const ROUNDS = 30

/** So many looks after the connection stands there has to be a number. */
const LOOKS = 3

/** SHA-256 of the certificates of a connection, in hexadecimal digits. */
export type Certificates = { own: string; theirs: string }

export type Safety =
  /** The other page takes no part in it, or the connection does not stand yet. */
  | { at: 'none' }
  | { at: 'running' }
  /** The two could not agree on a number: that is not as it should be. */
  | { at: 'failed' }
  | { at: 'known'; number: string; confirmed: boolean }

/** What outlives a reload. */
export type Agreed = { pair: string; number: string; confirmed: boolean }

export type SafetyOptions = {
  random(): Bytes
  say(check: Check): void
  changed(): void
  /** Whether another number may be made. */
  another(): boolean
  /** A number was made or confirmed. */
  agreed(agreed: Agreed): void
}

export type SafetyNumber = ReturnType<typeof createSafetyNumber>

const hash = async (...list: readonly (Bytes | string)[]): Promise<Bytes> =>
  sha256(fields('wartezimmer check', VERSION, ...list))

/** The name of a pair of certificates, the same on both sides. */
export async function pairOf({ own, theirs }: Certificates): Promise<string> {
  return toBase64url(await hash('pair', ...[own, theirs].sort())).slice(0, 16)
}

/** @param certificates of who commits to the random number: its own first */
export async function commitmentTo(random: Bytes, { own, theirs }: Certificates): Promise<string> {
  return toBase64url(await hash('commit', own, theirs, random))
}

/** @param randoms of both sides @returns six digits */
export async function numberOf(certificates: Certificates, randoms: { own: Bytes; theirs: Bytes }): Promise<string> {
  const both = (['own', 'theirs'] as const).map((side) => [certificates[side], randoms[side]] as const)
  const ordered = both.sort(([a], [b]) => (a < b ? -1 : 1)).flat()
  const digest = await hash('number', ...ordered)
  return String(new DataView(digest.buffer).getBigUint64(0) % 1_000_000n).padStart(6, '0')
}

/** What is known of one pair of certificates. */
type Round = {
  certificates: Certificates
  pair: string
  random: Bytes
  commit: string
  theirCommit?: string
  looks: number
}

/** @param agreed with an earlier page of ours */
export function createSafetyNumber(options: SafetyOptions, agreed: Agreed | undefined) {
  const { say } = options
  let now: Safety = { at: 'none' }
  let known = agreed
  let round: Round | undefined
  /** Came before our side was connected. */
  let early: Extract<Check, { commit: string }> | undefined

  function show(next: Safety) {
    now = next
    options.changed()
  }

  /** What comes later of a round that is over makes no number any more. */
  function fail() {
    round = early = undefined
    show({ at: 'failed' })
  }

  function know(next: Agreed) {
    known = next
    options.agreed(next)
    showKnown(next)
  }

  const showKnown = ({ number, confirmed }: Agreed) => show({ at: 'known', number, confirmed })

  const reveal = ({ pair, random }: Round) => say({ v: 1, pair, reveal: toBase64url(random) })

  async function revealed(of: Round, text: string): Promise<void> {
    const { certificates, theirCommit, pair, random } = of
    const theirs = fromBase64url(text)
    // Nothing is revealed to us before we have a commitment; and what is known stays.
    if (theirCommit === undefined || known?.pair === pair) return
    const swapped = { own: certificates.theirs, theirs: certificates.own }
    const holds = theirs && (await commitmentTo(theirs, swapped)) === theirCommit
    if (of !== round) return
    if (!holds) return fail()
    know({ pair, number: await numberOf(certificates, { own: random, theirs }), confirmed: false })
  }

  async function receive(check: Exclude<Check, { denied: true }>): Promise<void> {
    if (round?.pair !== check.pair) {
      if ('commit' in check) early = check
      return
    }
    if ('reveal' in check) return revealed(round, check.reveal)
    round.theirCommit ??= check.commit
    // A second one would be a second guess.
    if (round.theirCommit === check.commit) reveal(round)
  }

  return {
    get now(): Safety {
      return now
    },
    /** A connection stands, with these certificates; undefined where nobody can say which. */
    async connected(certificates: Certificates | undefined): Promise<void> {
      if (!certificates) return fail()
      const pair = await pairOf(certificates)
      if (pair === round?.pair) return
      round = undefined
      if (pair === known?.pair) return showKnown(known)
      if (!options.another()) return fail()
      const random = options.random()
      const commit = await commitmentTo(random, certificates)
      round = { certificates, pair, random, commit, looks: 0 }
      show({ at: 'running' })
      say({ v: 1, pair, commit })
      if (early) await receive(early)
    },
    receive,
    /** Time has passed, or something may be lost. */
    look(): void {
      if (!round || now.at !== 'running') return
      round.looks += 1
      if (round.looks > LOOKS) return fail()
      say({ v: 1, pair: round.pair, commit: round.commit })
      if (round.theirCommit !== undefined) reveal(round)
    },
    /** Both have compared this number, and it is the same. */
    confirm(number: string): void {
      if (known?.number === number && now.at === 'known') know({ ...known, confirmed: true })
    },
  }
}

/** Of several in one description the browser would take any, so there has to be one. */
function ofSdp(sdp: string | undefined): string | undefined {
  const [one = '', ...others] = fingerprints(sdp)
  return others.length === 0
    ? /^sha-256 ([\da-f]{2}(?::[\da-f]{2}){31})$/.exec(one)?.[1]?.replaceAll(':', '')
    : undefined
}

/**
 * The certificates of a connection: those that the descriptions name, which every browser enforces (RFC 8827, section
 * 6.5), and where the browser shows what its DTLS transports really use, all of them the same.
 * @returns undefined where that is not certain
 */
export async function certificatesOf(pc: RTCPeerConnection): Promise<Certificates | undefined> {
  const [own, theirs] = [ofSdp(pc.localDescription?.sdp), ofSdp(pc.remoteDescription?.sdp)]
  const transports = new Set(pc.getTransceivers().map(({ receiver }) => receiver.transport))
  const used = [...transports].flatMap((transport) => transport?.getRemoteCertificates?.() ?? [])
  const hashes = await Promise.all(used.map(async (certificate) => toHex(await sha256(new Uint8Array(certificate)))))
  // Our own words, said back to us, are nobody's.
  return own && theirs && own !== theirs && hashes.every((hash) => hash === theirs) ? { own, theirs } : undefined
}
