/** Every state of both pages before the accessibility checker, light and dark, on a desk and on a phone. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { admit, click, enter, hostOpens, openPractice, openWindow, patientWaits } from './support.ts'
import { picturesRun } from './watching.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const { server, patients, practice } = await openPractice()

type Violation = { id: string; nodes: { html: string; failureSummary?: string }[] }
type Axe = { run(): Promise<{ violations: Violation[]; passes: unknown[] }> }

async function check(page: Page, state: string) {
  // Evaluated by the debugger and not by the page, so the page's own policy stays as it is.
  await page.evaluate(axe)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const size of [
      { width: 1280, height: 800 },
      { width: 360, height: 740 },
    ]) {
      await page.setViewportSize(size)
      const where = `${state}, ${colorScheme}, ${size.width} px`
      const { violations, passes } = await page.evaluate(() => (window as unknown as { axe: Axe }).axe.run())
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => [id, html, failureSummary]),
      )
      assert.equal(found, [], where)
      assert.ok(passes.length > 10, `${where}: something was checked`)
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(tooWide <= 0, `${where}: ${tooWide} px too wide`)
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, input')]
          .map((control) => ({
            id: control.id || control.textContent,
            box: (control.closest('label') ?? control).getBoundingClientRect(),
          }))
          .filter(({ box }) => box.width > 0 && (box.height < 48 || box.width < 48))
          .map(({ id }) => id),
      )
      assert.equal(small, [], `${where}: controls are large enough for a thumb`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

test('the page for patients has no violations in any of its states', async () => {
  const { codes } = await server.mint()
  const entry = await openWindow(patients, server.url)
  await check(entry.page, 'dialling in')
  await entry.page.getByLabel('Ihr Code').fill('000-000-001')
  await entry.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await check(entry.page, 'typing errors')
  await entry.page.getByLabel('Ihr Code').fill('000-000-000')
  await enter(entry)
  await entry.page.getByText(german.errors.code_unknown).waitFor()
  await check(entry.page, 'refused')

  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await check(patient.page, 'waiting for the practice')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await host.page.getByRole('button', { name: 'Nachricht: Anna' }).click()
  await host.page.getByLabel('Ihre Nachricht').fill('Gleich.')
  await host.page.keyboard.press('Enter')
  await patient.page.locator('#notice-list').getByText('Gleich.').waitFor()
  await check(patient.page, 'waiting, with a notice')
  await admit(host, 'Anna')
  await picturesRun(patient)
  await check(patient.page, 'in the call')
  await patient.page.locator('#more summary').click()
  await check(patient.page, 'in the call, with the menu')
  await patient.page.keyboard.press('Escape')
  await patient.page.locator('#chat-open').click()
  await patient.page.locator('#chat-line').fill('Guten Tag')
  await patient.page.keyboard.press('Enter')
  await check(patient.page, 'in the call, with the chat')
  await patient.page.keyboard.press('Escape')
  // What a screen reader finds in the call: who is in, and what one can do, in this order.
  assert.match(
    await patient.page.locator('#call').ariaSnapshot(),
    /heading "Im Gespräch mit Praxis".*list "Wer im Gespräch ist".*button "Sicherheitsnummer [\d ]+: Praxis".*group "Mikrofon, Kamera und Auflegen".*button "Mikrofon ausschalten".*button "Kamera ausschalten".*button "Chat".*Mehr.*button "Auflegen"/s,
  )
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await patient.page.locator('#held').waitFor()
  await check(patient.page, 'put back')
  await patient.page.locator('#waiting [data-devices]').click()
  await check(patient.page, 'devices')
  await patient.page.keyboard.press('Escape')
  await admit(host, 'Anna')
  await picturesRun(patient)
  await patient.page.getByRole('button', { name: german.muteOn }).click()
  await server.end('SIGKILL')
  await patient.page.locator('#banner').getByText(german.reconnecting.lost).waitFor()
  await check(patient.page, 'reconnecting, muted')
  await click(patient, 'hang-up')
  await patient.page.getByRole('heading', { name: german.over.left.title }).waitFor()
  await server.start()
  await check(patient.page, 'goodbye')
})

test('an address that there is not, and a page on its way back, have no violations either', async () => {
  await check((await openWindow(patients, `${server.url}/nowhere`)).page, 'nowhere')
  const { codes } = await server.mint()
  const { page } = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await page.addInitScript(() => Object.assign(window, { WebSocket: class extends EventTarget {} }))
  await page.reload()
  await page.locator('#returning').waitFor()
  await check(page, 'coming back')
  await page.locator('#give-up').click()
  await page.locator('#enter').click()
  await check(page, 'dialling in')
})

test('the page for the practice has no violations in any of its states', async () => {
  const { room, codes } = await server.mint()
  const { codes: more } = await server.mint({ roles: ['guest'], room })
  const entry = await openWindow(practice, `${server.url}/praxis`)
  await entry.page.locator('#entry-title').waitFor()
  await check(entry.page, 'opening the room')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await check(host.page, 'an empty room')
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await patientWaits(patients, server, more[0] ?? '', 'Bruno von und zu Hohenlangenburgheim-Unterfranken')
  await host.page.getByRole('button', { name: 'Hereinbitten: Bruno' }).waitFor()
  await check(host.page, 'two guests wait')
  await host.page.getByRole('button', { name: 'Absagen: Anna' }).click()
  await check(host.page, 'the question before denying')
  await host.page.keyboard.press('Escape')
  await admit(host, 'Anna')
  await picturesRun(host)
  await picturesRun(patient)
  await check(host.page, 'in session, one waits')
  // What a screen reader finds beside the picture: who is in, who waits, since when, and what to do about it.
  assert.match(
    await host.page.locator('.lobby').ariaSnapshot(),
    /heading "Im Gespräch".*listitem.*Anna.*verbunden.*button "Zurück ins Wartezimmer: Anna".*heading "Wartezimmer 1".*listitem.*Bruno.*button "Hereinbitten: Bruno.*button "Nachricht: Bruno.*button "Absagen: Bruno/s,
  )
  const { codes: staff } = await server.mint({ roles: ['staff'], room })
  const reception = await openWindow(practice, `${server.url}/praxis#${staff[0]}`)
  await reception.page.locator('#enter').click()
  await reception.page.getByText(german.reception, { exact: true }).waitFor()
  await check(reception.page, 'the reception')
  await host.page.getByRole('button', { name: 'Sprechzimmer schließen' }).click()
  await check(host.page, 'the question before closing')
  await host.page.getByRole('dialog').getByRole('button', { name: 'Sprechzimmer schließen' }).click()
  await host.page.getByRole('heading', { name: german.practiceOver.left?.title ?? '' }).waitFor()
  await check(host.page, 'goodbye')
  await patient.page.locator('#host', { hasText: german.hostGone }).waitFor()
})

test.run()
