/** Nobody falls out: cut connections and reloaded pages, in the middle of a call. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { openCable } from './cable.ts'
import { admit, enter, hostOpens, openPractice, openWindow, patientWaits, type Window, waits } from './support.ts'
import {
  backOverTheSameConnection,
  banner,
  becomes,
  consultation,
  ice,
  picturesRun,
  quiet,
  resumes,
  until,
} from './watching.ts'

const here = await openPractice()
const { server, patients, practice } = here
const cable = await openCable(server.port)
test.after(cable.close)

test('a cut connection comes back without a click, and the pictures run all the while (R20, R23)', async () => {
  const { guest: patient, host } = await consultation(here, { base: cable.url })
  const before = [await ice(patient), await ice(host)]
  cable.cut()
  await banner(patient, german.reconnecting.lost)
  await banner(host, german.reconnecting.lost)
  assert.match(await patient.page.title(), german.title.reconnecting)
  await picturesRun(patient)
  await picturesRun(host)
  cable.mend()
  await quiet(patient)
  await quiet(host)
  for (const window of [patient, host]) {
    assert.equal(
      resumes(window).map(({ lossless }) => lossless),
      [true],
    )
    await picturesRun(window)
  }
  assert.equal([await ice(patient), await ice(host)], before, 'the same media connections as before')
  await host.page.getByRole('button', { name: 'Zurück ins Wartezimmer: Anna' }).click()
  await waits(patient)
})

test('what the practice does while it is cut off is done once the line is back', async () => {
  const { codes } = await server.mint()
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '', cable.url)
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).waitFor()
  cable.cut()
  await banner(host, german.reconnecting.lost)
  await patient.page.getByText(german.host.away).waitFor()
  await admit(host, 'Anna')
  cable.mend()
  await picturesRun(patient)
  await picturesRun(host)
})

test('where frames are lost for good, ICE is restarted, and the media connection stays (R23)', async () => {
  const { guest: patient, host } = await consultation(here, { base: cable.url })
  const before = [await ice(patient), await ice(host)]
  for (const { page } of [patient, host]) {
    await page.evaluate(() => {
      // The server knows nothing of such an epoch, so it cannot tell what was missed.
      const send = WebSocket.prototype.send
      WebSocket.prototype.send = function (text) {
        send.call(this, String(text).replace(/"epoch":\d+/, '"epoch":999'))
      }
    })
  }
  cable.cut()
  await banner(patient, german.reconnecting.lost)
  await banner(host, german.reconnecting.lost)
  cable.mend()
  await backOverTheSameConnection([patient, host], before)
})

for (const whole of [true, false]) {
  const kept = whole ? 'still knows all frames' : 'no longer knows what it said before'

  /** Reloads a page in the call; the server repeats all frames, or cannot and tells the whole state. */
  const reload = async ({ page }: Window) => {
    if (!whole) {
      await page.evaluate(() => {
        const seat = JSON.parse(sessionStorage.getItem('wartezimmer.seat') ?? '')
        sessionStorage.setItem('wartezimmer.seat', JSON.stringify({ ...seat, epoch: 999 }))
      })
    }
    await page.reload()
  }

  test(`a patient who reloads the page in mid-call is back in the call, where the server ${kept}`, async () => {
    const { guest: patient, host } = await consultation(here)
    await reload(patient)
    await patient.page.getByRole('heading', { name: 'Im Gespräch mit Praxis' }).waitFor()
    await picturesRun(patient)
    await picturesRun(host)
    assert.equal(
      resumes(patient).map(({ lossless }) => lossless),
      [whole],
    )
  })

  test(`a practice that reloads the page in mid-call is back with its list, where the server ${kept}`, async () => {
    const { guest: patient, host } = await consultation(here)
    await reload(host)
    await host.page.getByRole('button', { name: 'Zurück ins Wartezimmer: Anna' }).waitFor()
    await picturesRun(host)
    await picturesRun(patient)
    // Both at once, again and again: what is repeated to them grows, with offers that nobody waits for.
    for (let times = 0; times < 4; times++) {
      await Promise.all([reload(patient), reload(host)])
      await picturesRun(host)
      await picturesRun(patient)
    }
  })
}

test('a connection that looks open and carries nothing is found by the page, also by one that only waits (R21)', async () => {
  const { codes } = await server.mint()
  const patient = await openWindow(patients, 'about:blank')
  await patient.page.clock.install()
  await patient.page.goto(`${cable.url}/#${codes[1]}`)
  await enter(patient)
  await waits(patient)
  await patient.page.clock.fastForward('10:00')
  await becomes(() => patient.frames.filter(({ type }) => type === 'pong').length, 1)
  assert.equal(resumes(patient), [], 'ten minutes of silence cost nothing')
  cable.freeze()
  await patient.page.clock.fastForward(30_000)
  await patient.page.clock.fastForward(10_000)
  await becomes(() => resumes(patient).length, 1)
  assert.is(await patient.page.getByRole('heading', { name: 'Sie sind im Wartezimmer' }).isVisible(), true)
})

test('when the network comes back, the page does not wait for its next attempt', async () => {
  const { codes } = await server.mint()
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna', cable.url)
  cable.cut()
  await banner(patient, german.reconnecting.lost)
  await patient.page.evaluate(() => {
    // From now on only the event helps: no timer that waits fires any more.
    const real = window.setTimeout
    const last = real(() => {}, 0)
    for (let timer = 0; timer <= last; timer++) clearTimeout(timer)
    Object.assign(window, { setTimeout: (task: () => void, ms: number) => (ms > 0 ? 0 : real(task, 0)) })
  })
  cable.mend()
  await patient.page.evaluate(() => dispatchEvent(new Event('online')))
  await until(
    () => resumes(patient).length,
    (times) => times > 0,
  )
})

test.run()
