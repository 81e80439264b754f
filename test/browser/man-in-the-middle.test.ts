/**
 * A real man in the middle: a malicious server that hands each page's descriptions to a third browser, which holds a
 * connection with each of the two and passes pictures and sound on. Both see each other, and so does he.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { keyName, makePageKey } from '../../src/client/pair-keys.ts'
import { createSafetyNumber, type SafetyNumber } from '../../src/client/safety-number.ts'
import type { Check, Described, Hello, PeerData } from '../../src/protocol/data.ts'
import { german } from '../../src/web/german.ts'
import { newKey, sealedHost } from './sealing.ts'
import { admit, hostOpens, launchBrowser, openPractice, openWindow, patientWaits, type Window } from './support.ts'
import { openTap, type Tapped } from './tap.ts'
import { media, picturesRun, until } from './watching.ts'

const { server, patients, practice } = await openPractice()
const tap = await openTap(() => server.url)
const attackers = await launchBrowser()
test.after(async () => {
  tap.stop()
  await attackers.close()
})

type Who = 'host' | 'guest'
const key = await newKey()

/** The program of the man in the middle: one connection towards each side, and the tracks of each handed to the other. */
const PROGRAM = `
  globalThis.sides = {}
  const other = { host: 'guest', guest: 'host' }
  for (const who of ['host', 'guest']) {
    const pc = new RTCPeerConnection()
    sides[who] = { pc, tracks: [] }
    pc.onicecandidate = ({ candidate }) => candidate && said(who, { candidate: candidate.toJSON() })
    pc.ontrack = ({ track }) => {
      sides[who].tracks.push(track)
      // Somewhere it has to be played, or nothing is decoded.
      const video = document.createElement('video')
      Object.assign(video, { muted: true, srcObject: new MediaStream([track]) })
      document.body.append(video)
      void video.play()
      pass(who)
    }
  }
  /** Hands on what comes from one side to the other. */
  globalThis.pass = (who) => {
    const { pc } = sides[other[who]]
    for (const track of sides[who].tracks) {
      const place = pc.getTransceivers().find(({ receiver, sender }) => receiver.track.kind === track.kind && !sender.track)
      if (place) void place.sender.replaceTrack(track)
    }
  }
  globalThis.hear = async (who, { description, candidate, wz }) => {
    const { pc } = sides[who]
    if (candidate) return pc.remoteDescription ? pc.addIceCandidate(candidate) : undefined
    if (!description) return
    await pc.setRemoteDescription(description)
    if (description.type === 'answer') return
    for (const place of pc.getTransceivers()) place.direction = 'sendrecv'
    await pc.setLocalDescription()
    pass(other[who])
    said(who, { description: pc.localDescription.toJSON(), wz: { v: 1, offer: wz?.offer, call: named ?? who, check: true } })
  }
  globalThis.offer = async (who) => {
    const { pc } = sides[who]
    for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'sendrecv' })
    await pc.setLocalDescription()
    pass(other[who])
    said(who, { description: pc.localDescription.toJSON(), wz: { v: 1, offer: 'of-nobody', call: named ?? who, check: true } })
  }
  globalThis.certificates = async () => {
    const digest = async (bytes) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const result = {}
    for (const who of ['host', 'guest']) {
      const { pc } = sides[who]
      if (pc.connectionState !== 'connected') return
      const own = /a=fingerprint:sha-256 (\\S+)/.exec(pc.localDescription.sdp)[1].replaceAll(':', '').toLowerCase()
      const [theirs] = pc.getTransceivers()[0].receiver.transport.getRemoteCertificates()
      result[who] = { own, theirs: await digest(theirs) }
    }
    return result
  }
`

/** He sits between the two from now on. @param hello what he makes of theirs */
async function sitBetween(hello: (hello: Hello, from: Who) => unknown[] = () => [], call?: string) {
  const { page } = await openWindow(attackers, `${server.url}/healthz`)
  await page.evaluate(`globalThis.named = ${JSON.stringify(call ?? null)}`)
  await page.exposeFunction('said', (who: Who, data: unknown) => tap.page(who).tell(data))
  await page.evaluate(PROGRAM)
  const numbers = new Map<Who, SafetyNumber>()
  const early: [Who, Exclude<Check, { denied: true }>][] = []
  let offered = false
  tap.begin((data, from: Tapped) => {
    const who = from.role ?? 'guest'
    const said = data as PeerData
    if ('hello' in said) return hello(said.hello, who)
    if ('check' in said) {
      // He takes part in the making of the number with both, as if he were the other one.
      if (!('denied' in said.check)) {
        const number = numbers.get(who)
        if (number) void number.receive(said.check)
        else early.push([who, said.check])
      }
      return []
    }
    if ('sealed' in said) return []
    void page.evaluate(
      ([who, data]) =>
        (globalThis as unknown as { hear: (who: string, data: unknown) => Promise<void> }).hear(who, data),
      [who, said] as const,
    )
    if (who === 'host' && (data as Described).description && !offered && call === undefined) {
      offered = true
      void page.evaluate(`offer('guest')`)
    }
    return []
  })
  return {
    /** Makes a number with each side, out of certificates that are his own. */
    async makeNumbers() {
      const certificates = await until(
        () => page.evaluate('certificates()') as Promise<Record<Who, { own: string; theirs: string }> | undefined>,
        (all) => all !== undefined,
      )
      for (const who of ['host', 'guest'] as const) {
        const number = createSafetyNumber(
          {
            random: () => crypto.getRandomValues(new Uint8Array(32)),
            say: (check) => tap.page(who).tell({ check }),
            changed() {},
            another: () => true,
            agreed() {},
          },
          undefined,
        )
        numbers.set(who, number)
        if (certificates) await number.connected(certificates[who])
        for (const [from, check] of early) if (from === who) await number.receive(check)
      }
      return numbers
    },
    offer: (who: Who) => page.evaluate(`offer('${who}')`),
    /** He sees both: pictures of each side run in his browser. */
    sees: () => picturesRun({ page }, 2),
  }
}

/** @param sealed whether the practice has its key, and the guest a sealed link */
async function meet(sealed: boolean) {
  const { codes } = await server.mint()
  const code = codes[0] ?? ''
  const host = sealed ? await sealedHost(practice, tap.url, code, key) : await hostOpens(practice, tap, code)
  const guest = await patientWaits(patients, tap, sealed ? `${codes[1]}-${key.seal}` : (codes[1] ?? ''), 'Anna')
  await admit(host, 'Anna')
  return { host, guest }
}

const digits = (window: Window) =>
  until(
    () => window.page.locator('#tiles .safety').textContent(),
    (text) => /\d{3} \d{3}/.test(text ?? ''),
  )

test('a typed code: both see each other, and he sees both; only the numbers tell (R71)', async () => {
  const he = await sitBetween()
  const { host, guest } = await meet(false)
  for (const window of [host, guest]) await picturesRun(window)
  await he.sees()
  const numbers = await he.makeNumbers()
  const shown = [await digits(host), await digits(guest)]
  assert.is.not(shown[0], shown[1])
  // What they see is what he has made with each: he knows that they differ, and can do nothing about it.
  for (const [who, text] of [
    ['host', shown[0]],
    ['guest', shown[1]],
  ] as const) {
    const now = numbers.get(who)?.now
    assert.is(now?.at === 'known' ? now.number : '', text?.replace(/\D/g, ''))
  }
})

test('compared, and then he slips in: under the name of the same connection, with a certificate of his own', async () => {
  const named: string[] = []
  tap.begin((data) => {
    const { wz } = data as Described
    if (wz?.call) named.push(wz.call)
    return [data]
  })
  const { host, guest } = await meet(false)
  for (const window of [host, guest]) await picturesRun(window)
  const number = await digits(guest)
  await guest.page.locator('#tiles .safety').click()
  await guest.page.getByRole('button', { name: german.html.safetySame }).click()
  await guest.page.locator('#tiles .safety').getByText('Geprüft').waitFor()
  // The host's page has said the first offer.
  const he = await sitBetween(() => [], named[0])
  await he.offer('guest')
  await until(
    () => media(guest),
    (all) => all.length === 1 && all[0]?.dtls === 'connected' && all[0].decoded === 0,
  )
  for (const words of ['Geprüft', number ?? ''])
    assert.not.match((await guest.page.locator('#tiles .safety').textContent()) ?? '', words)
})

for (const [name, hello] of [
  ['he says nothing of seals', () => []],
  [
    'he says that the practice knows nothing of seals',
    (_: Hello, from: Who) => (from === 'guest' ? [{ hello: { v: 1 } }] : [{ hello: { v: 1 } }]),
  ],
] as const) {
  test(`a sealed link: ${name}; the call does not come about, and the guest's page says why (R70)`, async () => {
    await sitBetween(hello)
    const { guest } = await meet(true)
    await guest.page.locator('#tiles .refusal').getByText(german.safety.refused.not_sealed).waitFor()
    assert.equal(await media(guest), [])
  })
}

test("a sealed link: he repeats what the practice says of its key, with a page's key of his own", async () => {
  const own = await makePageKey()
  await sitBetween((hello) => [{ hello: { ...hello, key: own.text } }])
  const { guest } = await meet(true)
  await guest.page.locator('#tiles').waitFor()
  // He cannot say a word that the page would take, so he sends something of the right shape.
  await until(
    () => tap.seen.some((frame) => frame.includes(own.text)),
    (seen) => seen,
  )
  const keys = tap.seen.filter((frame) => frame.includes('"hello"') && !frame.includes('"practice"'))
  const guests = keys.map((frame) => /"key":"([\w-]{87})"/.exec(frame)?.[1] ?? '').filter((key) => key !== own.text)
  assert.ok(guests.length > 0)
  tap.page('guest').tell({
    sealed: { v: 1, from: keyName(own.text), to: keyName(guests.at(-1) ?? ''), n: 1, box: 'A'.repeat(400) },
  })
  await guest.page.locator('#tiles .refusal').getByText(german.safety.refused.broken).waitFor()
  assert.equal(await media(guest), [])
})

test.run()
