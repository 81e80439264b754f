/** Sealed links in real browsers: what both pages show, what the server sees, and what goes wrong, in words. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { label, load, newKey, number, safety, sealedHost } from './sealing.ts'
import { admit, hostOpens, openPractice, openWindow, patientWaits, type Window } from './support.ts'
import { openTap } from './tap.ts'
import { backOverTheSameConnection, banner, becomes, ice, media, picturesRun, quiet, until } from './watching.ts'

const { server, patients, practice } = await openPractice()
const tap = await openTap(() => server.url)
test.after(() => tap.stop())

const key = await newKey()
const refused = ({ page }: Window, text: string) => page.locator('#tiles .refusal').getByText(text).waitFor()

async function sealedCall(base = server.url) {
  const { codes } = await server.mint()
  const host = await sealedHost(practice, base, codes[0] ?? '', key)
  const guest = await patientWaits(patients, server, `${codes[1]}-${key.seal}`, 'Anna', base)
  await admit(host, 'Anna')
  for (const window of [guest, host]) {
    await picturesRun(window)
    await label(window, german.safety.sealed)
  }
  return { host, guest, codes }
}

test('a sealed call: both pages show it, with the same number; the server sees no address and no fingerprint', async () => {
  const { host, guest } = await sealedCall(tap.url)
  assert.is(await number(host), await number(guest))
  const [ours] = await media(guest)
  assert.is(ours?.dtls, 'connected')
  const seen = tap.seen.join('\n')
  assert.match(seen, '"sealed"')
  for (const canary of [
    /candidate/,
    /fingerprint/,
    /127\.0\.0\.1/,
    /"sdp"/,
    /ice-ufrag/,
    /opus/i,
    new RegExp(key.seal),
  ])
    assert.not.match(seen, canary)
})

test('reload of either page, kill -9, ICE restart: it goes on sealed, and nobody clicks', async () => {
  const { host, guest } = await sealedCall()
  for (const window of [guest, host]) {
    await window.page.reload()
    for (const each of [guest, host]) {
      await picturesRun(each)
      await label(each, german.safety.sealed)
    }
  }
  assert.is(await number(host), await number(guest))
  const before = [await ice(guest), await ice(host)]
  for (const window of [guest, host]) window.frames.length = 0
  await server.end('SIGKILL')
  for (const window of [guest, host]) await banner(window, german.reconnecting.lost)
  await server.start()
  for (const window of [guest, host]) await quiet(window)
  await backOverTheSameConnection([guest, host], before)
  for (const window of [guest, host]) await label(window, german.safety.sealed)
})

test('the practice takes over on another device that has no key: both pages say so, and with the key it goes on', async () => {
  const { guest, codes } = await sealedCall()
  const other = await openWindow(practice, `${server.url}/praxis#${codes[0]}`)
  await other.page.getByRole('button', { name: 'Sprechzimmer öffnen' }).click()
  await other.page.getByRole('button', { name: 'Hier weitermachen' }).click()
  await refused(other, german.safety.refusedHere.no_key)
  await load(other, 'something else', '#practice-file-now')
  await other.page.locator('#key-needed').getByText(german.practiceKey.wrong).waitFor()
  await load(other, key.file, '#practice-file-now')
  for (const window of [guest, other]) {
    await picturesRun(window)
    await label(window, german.safety.sealed)
  }
})

test('a practice without the key, or with another: nobody is connected, and both pages say why (R72)', async () => {
  const { codes } = await server.mint()
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const guest = await patientWaits(patients, server, `${codes[1]}-${key.seal}`, 'Anna')
  await admit(host, 'Anna')
  await refused(host, german.safety.refusedHere.no_key)
  await refused(guest, german.safety.refused.no_key)
  await load(host, (await newKey()).file, '#practice-file-now')
  await refused(guest, german.safety.refused.other_key)
  await refused(host, german.safety.refusedHere.other_key)
  assert.is((await media(guest)).length, 0)
  await load(host, key.file, '#practice-file-now')
  for (const window of [guest, host]) {
    await picturesRun(window)
    await label(window, german.safety.sealed)
  }
})

test('a code that was typed: not sealed, a number to compare; confirmed, it outlives a reload; another call has another', async () => {
  const { codes } = await server.mint()
  const host = await sealedHost(practice, server.url, codes[0] ?? '', key)
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await admit(host, 'Anna')
  for (const window of [guest, host]) await label(window, /^Sicherheitsnummer \d{3} \d{3}$/)
  const first = await number(guest)
  assert.is(await number(host), first)
  await safety(guest).click()
  await guest.page.getByRole('button', { name: german.html.safetySame }).click()
  await label(guest, german.safety.checked(first))
  await guest.page.reload()
  await picturesRun(guest)
  await picturesRun(host)
  await label(guest, german.safety.checked(first))
  await label(host, german.safety.number(first))
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await admit(host, 'Anna')
  for (const window of [guest, host]) await picturesRun(window)
  await label(guest, /^Sicherheitsnummer/)
  assert.is(await number(host), await number(guest))
  assert.is.not(await number(host), first)
})

for (const who of ['guest', 'host'] as const) {
  test(`numbers that differ, says the ${who}: the call ends, and both pages say why`, async () => {
    const { host, guest } = await sealedCall()
    const denies = { host, guest }[who]
    await safety(denies).click()
    await until(
      () => denies.page.locator('#compare-number').textContent(),
      (text) => text !== '',
    )
    await denies.page.getByRole('button', { name: german.html.safetyDifferent }).click()
    await guest.page.getByRole('heading', { name: german.over.not_safe.title }).waitFor()
    if (who === 'guest') await host.page.getByText(german.safety.deniedBy('Anna')).waitFor()
    await becomes(() => media(host), [])
  })
}

test('three who are sealed: each pair of them is', async () => {
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'], guests: 2 })
  const host = await sealedHost(practice, tap.url, codes[0] ?? '', key)
  const from = tap.seen.length
  const guests = []
  for (const [index, name] of ['Anna', 'Ben'].entries())
    guests.push(await patientWaits(patients, server, `${codes[index + 1]}-${key.seal}`, name, tap.url))
  for (const name of ['Anna', 'Ben']) await admit(host, name)
  for (const window of [host, ...guests]) {
    await picturesRun(window, 2)
    await until(
      () => safety(window).allTextContents(),
      (texts) => texts.length === 2 && texts.every((text) => text.startsWith(german.safety.sealed)),
    )
  }
  assert.not.match(tap.seen.slice(from).join('\n'), /candidate|fingerprint/)
})

test.run()
