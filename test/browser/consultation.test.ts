/** A consultation from the link to the goodbye, in two real browsers, while a second patient waits. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { socketsOf } from '../../scripts/support/sockets.ts'
import { german } from '../../src/web/german.ts'
import { admit, click, hostOpens, openPractice, openWindow, patientWaits, waits } from './support.ts'
import { picturesRun, until } from './watching.ts'

const { server, patients, practice } = await openPractice()

test('a patient waits, is admitted, talks and says goodbye, and a second patient learns nothing of it (R5, R7, R39, R42)', async () => {
  const { room, codes } = await server.mint()
  const second = await server.mint({ roles: ['guest'], room })
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna Schmidt')
  assert.is(new URL(patient.page.url()).hash, '', 'the code is gone from the address')
  await patient.page.getByText(german.host.absent).waitFor()

  const host = await hostOpens(practice, server, codes[0] ?? '')
  await patient.page.getByText(german.host.present).waitFor()
  await host.page.getByText(german.waitsSince(0)).waitFor()
  assert.is(await host.page.title(), '(1) Sprechzimmer · Videosprechstunde')

  await admit(host, 'Anna Schmidt')
  await patient.page.getByRole('heading', { name: 'Im Gespräch mit Praxis' }).waitFor()
  await picturesRun(patient)
  await picturesRun(host)

  const kinds = socketsOf(server.pid).map(({ kind }) => kind)
  assert.ok(kinds.length >= 3 && !kinds.includes('udp'), `the listener and two WebSockets, no UDP: ${kinds}`)

  const seenByFirst = patient.frames.length
  const waiting = await patientWaits(patients, server, second.codes[0] ?? '', 'Bruno Meier')
  await host.page.getByRole('button', { name: 'Hereinbitten: Bruno Meier' }).waitFor()
  const knock = host.frames.findLast((frame) => frame.type === 'knock')
  assert.is(knock?.quiet, true)
  assert.not((await host.page.locator('#live').textContent())?.includes('Bruno'), 'nothing is announced')
  await picturesRun(patient)
  const sinceThen = patient.frames.slice(seenByFirst).filter(({ type }) => type !== 'signal')
  assert.equal(sinceThen, [], 'the session is not disturbed')

  await click(host, 'end')
  await patient.page.getByRole('heading', { name: 'Das Gespräch ist beendet' }).waitFor()
  await host.page.getByRole('heading', { name: 'Gerade kein Gespräch' }).waitFor()
  assert.is(await patient.page.evaluate(() => document.activeElement?.id), 'over-title')
  await until(
    () => patient.page.evaluate(() => document.querySelectorAll('video[data-own]').length),
    (videos) => videos > 0,
  )
  const live = await patient.page.evaluate(
    () =>
      [...document.querySelectorAll<HTMLVideoElement>('video[data-own]')].filter(({ srcObject }) => srcObject !== null)
        .length,
  )
  assert.is(live, 0, 'the camera is off')

  await waits(waiting)
  const told = JSON.stringify(waiting.frames)
  for (const secret of ['Anna', ...patient.frames.flatMap((frame) => (frame.type === 'joined' ? [frame.peer] : []))]) {
    assert.not(told.includes(secret), 'nothing of the first patient')
  }
  assert.equal([...new Set(waiting.frames.map(({ type }) => type))].sort(), ['joined', 'waiting'])

  const { sessions } = (await server.rest(`/v1/sessions?room=${room}`)) as {
    sessions: { start: number; end: number; duration: number; participants: number; reason: string }[]
  }
  assert.is(sessions.length, 1)
  const [session] = sessions
  assert.is(session?.participants, 2)
  assert.is(session?.reason, 'ended')
  assert.ok((session?.duration ?? 0) >= 1, 'it lasted')
  assert.ok(Math.abs((session?.end ?? 0) - (session?.start ?? 0) - (session?.duration ?? 0) * 1000) < 1000)

  for (const window of [patient, host, waiting]) {
    assert.equal(window.problems, [])
    const elsewhere = window.requests.filter((url) => new URL(url).host !== new URL(server.url).host)
    assert.equal(elsewhere, [], 'nothing is loaded from elsewhere')
    assert.equal(await window.page.context().cookies(), [], 'no cookies')
  }
})

test('a link opened without a server that answers says so kindly and goes on trying', async () => {
  const { codes } = await server.mint()
  const patient = await openWindow(patients, `${server.url}/#${codes[1]}`)
  await patient.page.getByLabel('Ihr Name').fill('Anna')
  await server.end('SIGKILL')
  await patient.page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await patient.page.getByText('Der Dienst ist gerade nicht zu erreichen.').waitFor()
  await server.start()
  await waits(patient)
})

test.run()
