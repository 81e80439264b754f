/**
 * Test vectors of sealed links and safety numbers, computed by the reference client: what /docs/sealing shows. For other
 * frontends, and for practice software that makes sealed links.
 */
import { agree, type PageKey } from '../../src/client/pair-keys.ts'
import { type Certificates, commitmentTo, numberOf, pairOf } from '../../src/client/safety-number.ts'
import { type Bytes, fromBase64url, joined, toBase64url } from '../../src/protocol/bytes.ts'
import { P256, PRACTICE_KEY_USE, readPracticeKey, wrapPoint } from '../../src/protocol/seal.ts'

type Jwk = { x: string; y: string; d: string }

/** Keys that are in no use anywhere. */
const KEYS: Record<'practice' | 'host' | 'guest' | 'other', Jwk> = {
  practice: {
    x: 'qv_HlnNwRcL7a08NQ04b_GcX_El2TVoLmRvuvf67DGk',
    y: '7zdRbe2oXmktT-zGT5HBeh5qme1bl_UwCdVPsc6b5p4',
    d: 'C8LQ8GcfEE1H0XNJV5te9YLI_D3YKmZakLhGdbJ9byI',
  },
  host: {
    x: 'lxkzPxwK6dKxeni2Ik6UurXHMALScrsxj6fSaTdZ0Bc',
    y: 'ljACYWc6Fppyo6fhaVmtPyIuYYplN7VUt8VGsW94bFw',
    d: 'H16y69d1N9hfzLwchnfjdx1D00EMX1luEwERHzLtWY4',
  },
  guest: {
    x: 'AAayxHS3FuYjo_6pQZqgM6jpuFpXZaPxTuqFw-E41jI',
    y: 'ziENpzFprXuSn1hN6gxrypjh3LdDDxOfLLDhx-ldwyw',
    d: '-gTQjBYqICk7GYisCPVCqPoXyDAVNJacD2u0l5BqeDQ',
  },
  other: {
    x: 'pry0_V6y1vB5tHLp1xbE_tuyxbCTrPiiAOnKoc6uJHk',
    y: 'tqjy97D6DApMzM-3IsbdEpEUAftxRm6kEfMPciMqdI8',
    d: 'FFaqZw05NVmgku7We3AbHBACVbsdJnoxbanPAgK5-gA',
  },
}

const bytes = (text: string): Bytes => fromBase64url(text) ?? new Uint8Array()

async function pageKey({ x, y, d }: Jwk): Promise<PageKey> {
  const key = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y, d }, P256, false, ['deriveBits'])
  const point = joined(Uint8Array.of(4), bytes(x), bytes(y))
  return { key, point, text: toBase64url(point) }
}

/** Some bytes that are told apart at a glance. */
const pattern = (from: number, length = 32): Bytes => Uint8Array.from({ length }, (_, index) => from + index)
const hex = (data: Bytes): string => Buffer.from(data).toString('hex')

/** All of them, as one JSON value. */
export async function vectors() {
  const file = { kty: 'EC', crv: 'P-256', ...KEYS.practice, use: PRACTICE_KEY_USE }
  const practice = await readPracticeKey(JSON.stringify(file))
  if (!practice) throw new Error('the key of the vectors cannot be read')
  const [host, guest, other] = await Promise.all([KEYS.host, KEYS.guest, KEYS.other].map(pageKey))
  if (!host || !guest || !other) throw new Error('a page has no key')
  const { seal, point } = practice
  const said = { description: { type: 'offer', sdp: 'v=0\r\ns=Grüße 👋\r\n' } }
  const [atHost, atGuest, between] = await Promise.all([
    agree(host, guest.text, practice),
    agree(guest, host.text, { seal, point }),
    agree(guest, other.text, { seal }),
  ])
  const { practice: _, ...pageKeys } = KEYS
  const certificates: Certificates = { own: hex(pattern(32)), theirs: hex(pattern(0)) }
  const randoms = { own: pattern(70), theirs: pattern(96) }
  return {
    practiceKey: file,
    seal,
    link: `https://video.praxis.example/#K7M-4XQ-9TP-${seal}`,
    practice: { nonce: hex(pattern(0, 12)), said: await wrapPoint(practice, pattern(0, 12)) },
    pageKeys,
    said,
    sealed: {
      hostToGuest: [await atHost.seal(said), await atHost.seal(said)],
      guestToHost: [await atGuest.seal(said)],
      guestToGuest: [await between.seal(said)],
    },
    safetyNumber: {
      certificates,
      randoms: { own: toBase64url(randoms.own), theirs: toBase64url(randoms.theirs) },
      pair: await pairOf(certificates),
      commit: {
        own: await commitmentTo(randoms.own, certificates),
        theirs: await commitmentTo(randoms.theirs, { own: certificates.theirs, theirs: certificates.own }),
      },
      number: await numberOf(certificates, randoms),
    },
  }
}
