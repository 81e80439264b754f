/** The waiting room as both sides use it: notices, denying, holding, reloading, groups. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { joinAt } from '../server-support.ts'
import { admit, click, hostOpens, more, openPractice, patientWaits, type Window, waits } from './support.ts'
import { becomes, consultation, picturesRun, until } from './watching.ts'

const here = await openPractice()
const { server, patients, practice } = here

test('a notice reaches those who wait, as literal text (R15)', async () => {
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await patientWaits(patients, server, codes[2] ?? '', 'Bert')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await host.page.getByRole('button', { name: 'Nachricht an alle Wartenden' }).click()
  await host.page.getByLabel('Ihre Nachricht').fill('Noch <b>zehn</b> Minuten, bitte.')
  await host.page.keyboard.press('Enter')
  await patient.page.locator('#notice-list').getByText('Noch <b>zehn</b> Minuten, bitte.').waitFor()
  await host.page.getByRole('button', { name: 'Nachricht: Anna' }).click()
  await host.page.getByLabel('Ihre Nachricht').fill('Jetzt sind Sie die Nächste.')
  await host.page.getByRole('button', { name: 'Senden' }).click()
  await patient.page.locator('#notice-list').getByText('Jetzt sind Sie die Nächste.').waitFor()
})

test('a denied patient reads the reason and may knock again (R12, R13)', async () => {
  const { codes } = await server.mint()
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await host.page.getByRole('button', { name: 'Absagen: Anna' }).click()
  await host.page.keyboard.press('Escape')
  assert.is(await patient.page.getByRole('heading', { name: 'Sie sind im Wartezimmer' }).isVisible(), true)
  await host.page.getByRole('button', { name: 'Absagen: Anna' }).click()
  await host.page.getByLabel(german.denyField).fill('Bitte <i>morgen</i> um zehn.')
  await host.page.getByRole('dialog').getByRole('button', { name: 'Absagen' }).click()
  await patient.page.getByRole('heading', { name: german.over.denied.title }).waitFor()
  await patient.page.getByText('Bitte <i>morgen</i> um zehn.').waitFor()
  await host.page.getByText(german.html.nobodyWaits).waitFor()
  await patient.page.getByRole('button', { name: 'Noch einmal einwählen' }).click()
  await patient.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).waitFor()
})

test('a page reloaded in the waiting room keeps its place (R20)', async () => {
  const { room, codes } = await server.mint()
  const { codes: more } = await server.mint({ roles: ['guest'], room })
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await patientWaits(patients, server, more[0] ?? '', 'Bruno')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await host.page.getByRole('button', { name: 'Hereinbitten: Bruno' }).waitFor()
  const before = host.frames.length
  await patient.page.reload()
  await waits(patient)
  await becomes(() => patient.frames.filter(({ type }) => type === 'resumed').length, 1)
  assert.equal(await host.page.locator('#waiting-list .name').allInnerTexts(), ['Anna', 'Bruno'])
  const told = new Set(host.frames.slice(before).map(({ type }) => type))
  assert.not(told.has('knock') || told.has('peer-left'), 'away and back, not left and joined')
  await admit(host, 'Anna')
  await picturesRun(patient)
})

test('a second guest in a room for one is refused, with words, and the session goes on', async () => {
  const { guest, host, room } = await consultation(here)
  const { codes } = await server.mint({ roles: ['guest'], room })
  await patientWaits(patients, server, codes[0] ?? '', 'Bruno')
  await admit(host, 'Bruno')
  await host.page.getByText(german.roomFullHost).waitFor()
  await picturesRun(guest)
})

test('who was in reads that the practice is gone where it is, and not that it was asked back, nor that nobody is there yet', async () => {
  const { guest, host, codes } = await consultation(here)
  const shown = () => guest.page.locator('#waiting .presence:visible').allTextContents()
  await click(host, 'leave')
  await becomes(shown, [german.hostGone])
  const back = await hostOpens(practice, server, codes[0] ?? '')
  await becomes(shown, [german.host.present])
  await back.page.close()
  await becomes(shown, [german.host.away])
})

/** Everything is drawn anew, as it is from time to time. */
async function redraw({ page }: Window) {
  await page.locator('#language').click()
  await page.locator('#language').click()
}

/** What the page lets each of its cameras' streams have: bit/s, or how much smaller it is sent. */
const limits = ({ page }: Window, limit: 'maxBitrate' | 'scaleResolutionDownBy') =>
  page.evaluate((limit) => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] }
    const open = connections.filter(({ connectionState }) => connectionState === 'connected')
    const senders = open.flatMap((pc) => pc.getSenders()).filter(({ track }) => track?.kind === 'video')
    return senders.map((sender) => sender.getParameters().encodings[0]?.[limit])
  }, limit)

test('in a group everybody sees everybody (R14)', async () => {
  const body = { roles: ['host', 'guest', 'guest'], guests: 3 }
  const { guest: anna, host, codes } = await consultation(here, { body })
  const bruno = await patientWaits(patients, server, codes[2] ?? '', 'Bruno')
  await admit(host, 'Bruno')
  for (const window of [host, anna, bruno]) await picturesRun(window, 2)
  await until(
    () => limits(host, 'maxBitrate'),
    (all) => all.length === 2 && all.every((limit) => limit === 1_500_000),
  )
  await anna.page.getByRole('heading', { name: 'Im Gespräch mit Praxis, Bruno' }).waitFor()
  await click(anna, 'hang-up')
  await anna.page.getByRole('heading', { name: german.over.left.title }).waitFor()
  await host.page.getByText(german.gone.left('Anna')).waitFor()
  for (const window of [host, bruno]) await picturesRun(window, 1)
})

test('who was taken out of a group reads that the conversation is over, for as long as it stands there', async () => {
  const { guest, host, codes } = await consultation(here, { body: { roles: ['host', 'guest', 'guest'], guests: 2 } })
  await patientWaits(patients, server, codes[2] ?? '', 'Bruno')
  await admit(host, 'Bruno')
  await host.page.getByRole('button', { name: `${german.sendAway}: Anna` }).click()
  await host.page.locator('#ask-yes').click()
  const title = guest.page.locator('#over-title')
  await becomes(() => title.textContent(), german.over.ended.title)
  await redraw(guest)
  assert.is(await title.textContent(), german.over.ended.title)
})

test('to four others a picture is sent at half its size, and a screen whole', async () => {
  const { host, room } = await consultation(here, { body: { roles: ['host', 'guest'], guests: 4 } })
  const { codes } = await server.mint({ room, roles: ['guest', 'guest', 'guest'] })
  for (const [index, code] of codes.entries()) {
    await joinAt(server.url, code, `Person ${index}`)
    await admit(host, `Person ${index}`)
  }
  const smaller = (scale: number) => becomes(() => limits(host, 'scaleResolutionDownBy'), [scale])
  await smaller(2)
  await more(host, german.sharing.start)
  await smaller(1)
  await more(host, german.sharing.stop)
  await smaller(2)
})

test.run()
