/** Dialling in: typing errors, refusals, the keyboard alone, no camera, both languages. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { english } from '../../src/web/english.ts'
import { german } from '../../src/web/german.ts'
import {
  admit,
  ENGINE,
  hostOpens,
  launchBrowser,
  openPractice,
  openWindow,
  patientWaits,
  testInChromium,
  waits,
} from './support.ts'
import { media, picturesRun } from './watching.ts'

const { server, patients, practice } = await openPractice()

test('a typing error in the code is found at once, and nothing is sent', async () => {
  const { codes } = await server.mint()
  const { page, frames, requests } = await openWindow(patients, server.url)
  const code = page.getByLabel('Ihr Code')
  const [first = '', ...rest] = codes[1] ?? ''
  await code.pressSequentially(rest.join(''))
  assert.is(await page.locator('#code-check').textContent(), '', 'nobody is told off while typing')
  await code.fill('')
  await code.pressSequentially((first === 'A' ? 'B' : 'A') + rest.join(''))
  await page.getByText(german.errors.code_malformed).waitFor()
  await page.getByLabel('Ihr Name').fill('Anna')
  await page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  assert.is(await code.getAttribute('aria-invalid'), 'true')
  assert.is(await page.evaluate(() => document.activeElement?.id), 'code')
  assert.equal([frames, requests.filter((url) => url.startsWith('ws'))], [[], []])

  await code.fill((codes[1] ?? '').toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'))
  await page.getByText(german.codeGood).waitFor()
  await page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await waits({ page })
})

test('the code of a practice is recognised on the page for patients, and the other way round', async () => {
  const { codes } = await server.mint()
  const patient = await openWindow(patients, `${server.url}/#${codes[0]}`)
  await patient.page.getByText(german.codeForHosts).waitFor()
  const host = await openWindow(practice, `${server.url}/praxis#${codes[1]}`)
  await host.page.getByText(german.codeForGuests).waitFor()
})

test('a broken link is a typing error and nothing worse', async () => {
  const { page, problems } = await openWindow(patients, `${server.url}/#%E0%A4%`)
  await page.getByText(german.errors.code_malformed).waitFor()
  assert.is(new URL(page.url()).hash, '')
  assert.equal(problems, [])
})

test('a link as mail programs hand it on brings its code, and so does what is pasted in quotes or as a whole link', async () => {
  const { codes } = await server.mint()
  const good = codes[1] ?? ''
  const { page } = await openWindow(patients, server.url)
  const code = page.getByLabel('Ihr Code')
  const isRead = async (given: string) => {
    await page.getByText(german.codeGood).waitFor()
    assert.is(await code.inputValue(), good, given)
    await code.fill('')
    await page.getByText(german.codeGood).waitFor({ state: 'detached' })
  }
  for (const handedOn of [
    `${good}.`,
    `${good}>`,
    `${good}%3E`,
    `\u00a0${good}\u00a0`,
    good.replaceAll('-', '\u00ad-'),
    `%23${good}`,
    `${good}&utm_medium=mail`,
  ]) {
    await page.goto(`${server.url}/#${handedOn}`)
    await isRead(handedOn)
    assert.is(new URL(page.url()).hash, '')
  }
  for (const pasted of [
    `„${good}“`,
    `${good}.`,
    `<${server.url}/#${good}>`,
    `${server.url}/?utm_source=mail#${good}.`,
  ]) {
    await code.fill(pasted)
    await code.press('Tab')
    await isRead(pasted)
  }
  // Where the sign before the code was lost, too, there is a page that helps.
  await page.goto(`${server.url}/%23${good}`)
  await page.getByRole('heading', { name: 'Diese Seite gibt es nicht' }).waitFor()
})

test('a name is asked for, kindly, and an unknown code is explained', async () => {
  const { page } = await openWindow(patients, `${server.url}/#000-000-000`)
  await page.getByRole('button', { name: 'Wartezimmer betreten' }).click()
  await page.getByText(german.errors.name_required).waitFor()
  assert.is(await page.evaluate(() => document.activeElement?.id), 'name')
  await page.getByLabel('Ihr Name').fill('Anna')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText(german.errors.code_unknown).waitFor()
  assert.is(await page.getByLabel('Ihr Name').inputValue(), 'Anna', 'what was typed stays')
  assert.is(await page.getByRole('button', { name: 'Wartezimmer betreten' }).isEnabled(), true)
})

test('a code that was refused is not called right before it is another one, and the corrected one is not called wrong', async () => {
  const { codes } = await server.mint()
  const { page } = await openWindow(patients, `${server.url}/#000-000-000`)
  const marks = async () => [
    await page.locator('#code').getAttribute('aria-invalid'),
    await page.locator('#code-check').textContent(),
  ]
  // The page draws itself anew from time to time, as it does here.
  const redraw = async () => {
    await page.locator('#language').click()
    await page.locator('#language').click()
  }
  await page.getByLabel('Ihr Name').fill('Anna')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText(german.errors.code_unknown).waitFor()
  await redraw()
  assert.equal(await marks(), ['true', ''])
  await page.locator('#code').fill(codes[1] ?? '')
  await redraw()
  assert.equal(await marks(), ['false', german.codeGood])
  await page.locator('#code').fill('000-000-000')
  assert.equal(await marks(), ['true', ''])
  await page.locator('#code').fill(codes[1] ?? '')
  await page.keyboard.press('Enter')
  await waits({ page })
})

test('with the keyboard alone one gets in, out again, and back in', async () => {
  const { codes } = await server.mint()
  const { page } = await openWindow(patients, server.url)
  const focused = () => page.evaluate(() => document.activeElement?.id ?? '')
  const tabTo = async (id: string, key = 'Tab') => {
    for (let presses = 0; presses < 12 && (await focused()) !== id; presses++) await page.keyboard.press(key)
    assert.is(await focused(), id)
  }
  await tabTo('code')
  await page.keyboard.type(codes[1] ?? '')
  await tabTo('name')
  await page.keyboard.type('Anna')
  await page.keyboard.press('Enter')
  await waits({ page })
  assert.is(await focused(), 'waiting-title')
  await tabTo('leave')
  await page.keyboard.press('Enter')
  await page.getByText(german.leaveTitle).waitFor()
  assert.is(await focused(), 'ask-no')
  // Forwards one comes into the browser's own controls first, which Firefox's driver cannot reach.
  await tabTo('ask-yes', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: german.over.left.title }).waitFor()
  assert.is(await focused(), 'over-title')
  await tabTo('again')
  await page.keyboard.press('Space')
  await page.getByRole('heading', { name: german.html.welcome }).waitFor()
  await tabTo('enter')
  await page.keyboard.press('Enter')
  await waits({ page })
})

test('who refuses the camera gets in all the same, sees the practice, and is told what that means, in the call at each click', async () => {
  const { codes } = await server.mint()
  const shy = await launchBrowser('refused')
  try {
    const patient = await patientWaits(shy, server, codes[1] ?? '', 'Anna')
    await patient.page.locator('#waiting').getByText(german.camera.both.refused).waitFor()
    const host = await hostOpens(practice, server, codes[0] ?? '')
    await admit(host, 'Anna')
    await picturesRun(patient)
    assert.is((await media(host))[0]?.decoded, 0)
    assert.is(await patient.page.getByRole('button', { name: german.cameraOff }).isVisible(), true)
    await patient.page.getByRole('button', { name: german.muteOff }).click()
    await patient.page.locator('#call [data-camera=trouble]').getByText(german.camera.both.refused).waitFor()
    await patient.page.locator('#call [data-camera=trouble]').getByText(german.camera.allow[ENGINE]).waitFor()
    assert.match((await patient.page.locator('#live').textContent()) ?? '', german.camera.audio.refused)
  } finally {
    await shy.close()
  }
})

test('a session that runs on one device is continued on another, after a question', async () => {
  const { codes } = await server.mint()
  const old = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await admit(host, 'Anna')
  await picturesRun(old)
  const { page } = await openWindow(patients, `${server.url}/#${codes[1]}`)
  await page.getByLabel('Ihr Name').fill('Anna')
  await page.keyboard.press('Enter')
  await page.getByText(german.errors.code_in_use).waitFor()
  await page.getByRole('button', { name: 'Hier weitermachen' }).click()
  await waits({ page })
  await old.page.getByRole('heading', { name: german.over.replaced.title }).waitFor()
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).waitFor()
})

test('everything is there in English, and the choice survives a reload', async () => {
  const { codes } = await server.mint()
  const { page } = await openWindow(patients, `${server.url}/#${codes[1]}`, { locale: 'en-GB' })
  assert.is(await page.getByRole('heading', { level: 1 }).textContent(), english.html.welcome)
  assert.is(await page.evaluate(() => document.documentElement.lang), 'en')
  await page.getByRole('button', { name: 'Auf Deutsch umschalten' }).click()
  assert.is(await page.getByRole('heading', { level: 1 }).textContent(), german.html.welcome)
  await page.getByRole('button', { name: 'Switch to English' }).click()
  await page.getByLabel('Your name').fill('Ann')
  await page.getByRole('button', { name: 'Enter the waiting room' }).click()
  await page.getByRole('heading', { name: 'You are in the waiting room' }).waitFor()
  await page.getByText(english.host.absent).waitFor()
  await page.getByRole('button', { name: 'Auf Deutsch umschalten' }).click()
  await page.getByText(german.host.absent).waitFor()
  await page.reload()
  await waits({ page })
})

// It does not depend on the browser.
testInChromium('what stands in the HTML is what the German texts say', async () => {
  for (const path of ['/', '/praxis']) {
    const { page } = await openWindow(patients, server.url)
    const html = await (await fetch(server.url + path)).text()
    const found = await page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, 'text/html')
      return [...parsed.querySelectorAll<HTMLElement>('[data-text]')].map((element) => [
        element.dataset.text ?? '',
        element.textContent,
      ])
    }, html)
    const words: Record<string, string> = german.html
    const wanted = found.map(([key = '']) => [key, words[key]])
    assert.equal(found, wanted)
    assert.ok(found.length > 15)
  }
})

test.run()
