/** The practice's page with a code of the reception: who waits, and a word to them; no camera, and nobody can tell. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { admit, click, hostOpens, openPractice, openWindow, patientWaits } from './support.ts'
import { becomes, picturesRun } from './watching.ts'

const { server, patients, practice } = await openPractice()

test('the reception sees who waits, writes and sends away, is asked for no camera, and no guest hears of it', async () => {
  const { codes, room } = await server.mint({ roles: ['host', 'guest', 'guest', 'staff'] })
  const [hostCode = '', annaCode = '', bertaCode = '', staffCode = ''] = codes
  assert.ok(room)
  const reception = await openWindow(practice, `${server.url}/praxis#${staffCode}`)
  await reception.page.evaluate(() => {
    const asked = () => {
      throw new Error('a camera was asked for')
    }
    MediaDevices.prototype.getUserMedia = asked
  })
  await reception.page.getByRole('button', { name: german.html.open }).click()
  await reception.page.getByText(german.atReception({ host: 'absent', session: false })).waitFor()

  const anna = await patientWaits(patients, server, annaCode, 'Anna')
  const berta = await patientWaits(patients, server, bertaCode, 'Berta')
  await reception.page.getByRole('button', { name: 'Nachricht: Anna' }).click()
  await reception.page.getByLabel('Ihre Nachricht').fill('Nehmen Sie Platz.')
  await reception.page.getByRole('button', { name: 'Senden' }).click()
  await anna.page.locator('#notice-list').getByText('Nehmen Sie Platz.').waitFor()
  assert.is(await reception.page.getByRole('button', { name: 'Hereinbitten: Anna' }).count(), 0)

  const host = await hostOpens(practice, server, hostCode)
  await host.page.getByText(german.watching(1)).waitFor()
  await admit(host, 'Anna')
  await picturesRun(anna)
  await reception.page.getByText(german.atReception({ host: 'present', session: true })).waitFor()
  await reception.page.getByRole('button', { name: 'Absagen: Berta' }).click()
  await reception.page.getByRole('dialog').getByRole('button', { name: 'Absagen' }).click()
  await berta.page.getByRole('heading', { name: german.over.denied.title }).waitFor()

  for (const { frames } of [anna, berta]) assert.not.match(JSON.stringify(frames), /"staff(?!",|"\])/)
  assert.is(await reception.page.locator('video:visible').count(), 0)
  await click(reception, 'leave')
  const title = reception.page.locator('#over-title')
  await becomes(() => title.textContent(), german.receptionLeft.title)
  // Drawn anew, it says the same.
  await reception.page.locator('#language').click()
  await reception.page.locator('#language').click()
  assert.is(await title.textContent(), german.receptionLeft.title)
  assert.equal([reception.problems, anna.problems, host.problems], [[], [], []])
})

test.run()
