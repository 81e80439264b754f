/** The server dies and comes back while people wait and talk, and nobody has to do anything (R24). */
import { test } from 'uvu'
import { german } from '../../src/web/german.ts'
import { admit, click, hostOpens, openPractice, patientWaits } from './support.ts'
import { backOverTheSameConnection, banner, consultation, ice, picturesRun, quiet } from './watching.ts'

const here = await openPractice()
const { server, patients, practice } = here

test('killed and started again in mid-call: the pictures run on, ICE is restarted, nobody clicks', async () => {
  const { guest: patient, host } = await consultation(here)
  const before = [await ice(patient), await ice(host)]
  await server.end('SIGKILL')
  for (const window of [patient, host]) {
    await banner(window, german.reconnecting.lost)
    await picturesRun(window)
  }
  await server.start()
  await backOverTheSameConnection([patient, host], before)
  await click(host, 'end')
  await patient.page.getByRole('heading', { name: german.over.ended.title }).waitFor()
})

test('a page that is reloaded after the server was killed is back in the call', async () => {
  const { guest: patient, host } = await consultation(here)
  await server.end('SIGKILL')
  await server.start()
  await Promise.all([patient.page.reload(), host.page.reload()])
  for (const window of [patient, host]) await picturesRun(window)
})

test('who waits keeps the place and the name', async () => {
  const { codes } = await server.mint()
  const patient = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).waitFor()
  await server.end('SIGKILL')
  for (const window of [patient, host]) await banner(window, german.reconnecting.lost)
  await server.start()
  for (const window of [patient, host]) await quiet(window)
  await patient.page.getByText(german.host.present).waitFor()
  await admit(host, 'Anna')
  for (const window of [patient, host]) await picturesRun(window)
})

test.run()
