/** A tab in the background for ten minutes, as a phone in a pocket: nobody loses the place (R20). */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { admit, enter, hostOpens, openPractice, openWindow, setHidden, waits } from './support.ts'
import { picturesRun, resumes, until } from './watching.ts'

const { server, patients, practice } = await openPractice()

test('after ten minutes in the background the seat is the same one, and the patient can be admitted', async () => {
  const { codes } = await server.mint()
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const patient = await openWindow(patients, 'about:blank')
  await patient.page.clock.install()
  await patient.page.goto(`${server.url}/#${codes[1]}`)
  await enter(patient)
  await waits(patient)
  await setHidden(patient, true)
  // Minute by minute, so that every timer of the page comes up as often as a browser lets it in the background.
  for (let minute = 0; minute < 10; minute++) await patient.page.clock.runFor(60_000)
  await setHidden(patient, false)
  await patient.page.clock.runFor(1_000)
  const [resumed] = await until(
    () => resumes(patient),
    (all) => all.length > 0,
  )
  assert.is(resumed?.lossless, true)
  assert.is(patient.frames.filter(({ type }) => type === 'joined').length, 1)
  await patient.page.getByText(german.host.present).waitFor()
  assert.not.ok(host.frames.some(({ type }) => type === 'peer-left'))
  await admit(host, 'Anna')
  await patient.page.clock.resume()
  for (const window of [patient, host]) await picturesRun(window)
})

test.run()
