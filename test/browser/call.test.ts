/** In the call and on the way into it: being called, the chat, the screen, what one takes back, what every state shows. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { german } from '../../src/web/german.ts'
import { type PageState, states } from '../../src/web/states.ts'
import {
  admit,
  click,
  DEADLINE,
  ENGINE,
  enter,
  hostOpens,
  more,
  openPractice,
  openWindow,
  patientWaits,
  setHidden,
  testInChromium,
  type Window,
  waits,
} from './support.ts'
import { becomes, consultation as begin, media, picturesRun, sentTracks, soundRuns, until } from './watching.ts'

const here = await openPractice()
const { server, patients, practice } = here

const consultation = () => begin(here, { body: { roles: ['host', 'guest', 'guest'], guests: 2 } })

const shows = ({ page }: Window, text: string, within = 'body') =>
  page.locator(within).getByText(text).first().waitFor()
const text = ({ page }: Window, selector: string) => page.locator(selector).textContent()

const focused =
  ({ page }: Window) =>
  () =>
    page.evaluate(() => document.activeElement?.id)

async function writes({ page }: Window, line: string) {
  if (!(await page.locator('#chat').isVisible())) await page.locator('#chat-open').click()
  await page.locator('#chat-line').fill(line)
  await page.locator('#chat-line').press('Enter')
}

// In Firefox: test/foreign/firefox.test.ts.
testInChromium(
  'the chat goes from page to page and past the server; what is not read yet is counted; with the call it is gone',
  async () => {
    const { guest, host } = await consultation()
    const relayed = async () =>
      /^wartezimmer_relayed_frames_total (\d+)/m.exec(await server.call('GET', '/metrics'))?.[1]
    await writes(guest, 'Ich höre Sie nicht <b>!</b>')
    await becomes(() => host.page.locator('#chat-open').getAttribute('data-unread'), '1')
    await writes(host, 'مرحبا')
    await shows(host, 'Ich höre Sie nicht <b>!</b>', '#chat-lines')
    await shows(guest, 'مرحبا', '#chat-lines')
    // The two have agreed on a channel, which the server hands on as everything else that they agree on.
    let before = await relayed()
    assert.match(before ?? '', /\d/)
    for (let last: typeof before; last !== before; before = await relayed()) {
      last = before
      await guest.page.waitForTimeout(500)
    }
    for (let count = 0; count < 20; count++) await writes(guest, `Zeile ${count}`)
    await shows(host, 'Zeile 19', '#chat-lines')
    const lines = await host.page.locator('#chat-lines p').allTextContents()
    assert.equal(
      lines.slice(2),
      Array.from({ length: 20 }, (_, count) => `Zeile ${count}`),
    )
    assert.is(await relayed(), before, 'the server has relayed nothing for it')
    assert.not.ok(JSON.stringify([...guest.frames, ...host.frames]).includes('Zeile'))
    // The other page is loaded anew: it has forgotten all, and what is written goes on.
    await host.page.reload()
    await picturesRun(host)
    await writes(guest, 'Sind Sie noch da?')
    await host.page.locator('#chat-open').click()
    await shows(host, 'Sind Sie noch da?', '#chat-lines')
    assert.is(await host.page.locator('#chat-lines > div').count(), 1)
    await click(host, 'end')
    await guest.page.locator('#over').waitFor()
    assert.equal([await text(host, '#chat-lines'), await host.page.locator('#chat').isVisible()], ['', false])
  },
)

// In Firefox: test/foreign/firefox.test.ts.
testInChromium('either side shows its screen in place of its picture, whole, and its picture comes back', async () => {
  const { guest, host } = await consultation()
  for (const [from, to] of [
    [guest, host],
    [host, guest],
  ] as const) {
    const shown = () => to.page.locator('#tiles li').getAttribute('data-screen')
    await more(from, german.sharing.start)
    await becomes(shown, 'true')
    await shows(from, german.sharing.now, '#own-state')
    await becomes(
      () => to.page.evaluate(() => getComputedStyle(document.querySelector('#tiles video') as Element).objectFit),
      'contain',
    )
    await picturesRun(to)
    await soundRuns(to)
    await more(from, german.sharing.stop)
    await becomes(shown, 'false')
    await picturesRun(to)
    await soundRuns(to)
  }
})

/** Whether a window's dialog of this id is open. */
const isOpen = ({ page }: Window, id: string) =>
  page.locator(`#${id}`).evaluate((dialog) => (dialog as HTMLDialogElement).open)

// The browser's own window, in which the screen is chosen, is made up in Chromium.
testInChromium(
  'a screen that is chosen after the conversation is shown to nobody, and without one none is offered',
  async () => {
    const { guest, host, codes } = await consultation()
    await host.page.evaluate(() => {
      const real = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getDisplayMedia = async (wish) => {
        const stream = await real(wish)
        await new Promise((choose) => Object.assign(window, { choose, captured: stream.getTracks()[0] }))
        return stream
      }
    })
    await more(host, german.sharing.start)
    await host.page.waitForFunction(() => 'choose' in window)
    await click(guest, 'hang-up')
    await host.page.waitForFunction(() => document.body.dataset.state === 'open')
    await host.page.evaluate(() => (window as unknown as { choose(): void }).choose())
    await host.page.waitForFunction(
      () => (window as unknown as { captured: MediaStreamTrack }).captured.readyState === 'ended',
    )
    await host.page.locator('#more summary').click()
    assert.is(await host.page.locator('#share').isVisible(), false)
    const other = await patientWaits(patients, server, codes[2] ?? '', 'Bert')
    await admit(host, 'Bert')
    await picturesRun(other)
    assert.is(await other.page.locator('#tiles li').getAttribute('data-screen'), 'false')
    await more(host, german.sharing.start)
  },
)

// Full screen is the browser's; the rest does not depend on it.
testInChromium(
  'the picture fills its place or is shown whole, one hides oneself, and it is told how long it lasts, after a reload, too',
  async () => {
    const { guest } = await consultation()
    const { page } = guest
    const fit = () => page.evaluate(() => getComputedStyle(document.querySelector('#tiles video') as Element).objectFit)
    await more(guest, german.view.fill)
    assert.is(await fit(), 'cover')
    await more(guest, german.view.whole)
    assert.is(await fit(), 'contain')
    await more(guest, german.view.hideOwn)
    assert.is(await page.locator('#call .own').isVisible(), false)
    await more(guest, german.view.showOwn)
    assert.is(await page.locator('#call .own').isVisible(), true)
    await more(guest, german.view.full)
    assert.is(await page.evaluate(() => document.fullscreenElement?.id), 'call')
    await more(guest, german.view.window)
    await more(guest, german.html.devicesShort)
    await page.keyboard.press('Escape')
    await becomes(focused(guest), 'call-title')
    await page.locator('#more summary').click()
    await page.keyboard.press('Escape')
    assert.is(await page.locator('#more').getAttribute('open'), null)
    const seconds = async () => {
      const [, minutes, rest] = /^(\d+):(\d\d)$/.exec((await text(guest, '#timer')) ?? '') ?? []
      return Number(minutes) * 60 + Number(rest)
    }
    await until(seconds, (count) => count >= 3)
    const before = await seconds()
    await page.reload()
    await picturesRun(guest)
    await until(seconds, (count) => count >= before)
  },
)

// Without a loudspeaker Firefox's AudioContext, which measures the level, stands still.
testInChromium('who speaks with the microphone off is told so', async () => {
  const { guest } = await consultation()
  await guest.page.waitForTimeout(1_000)
  assert.is(await guest.page.locator('#unheard').isVisible(), false)
  await guest.page.getByRole('button', { name: german.muteOn }).click()
  // The browser's made-up microphone beeps; here it goes on and on.
  await shows(guest, german.micOff, '#own-state')
  await shows(guest, german.unheard, '#unheard')
  await guest.page.getByRole('button', { name: german.muteOff }).click()
  await guest.page.locator('#unheard').waitFor({ state: 'hidden' })
})

// The page's own arithmetic, with figures that are made up.
testInChromium('a weak line gets a word of advice, and a good one none', async () => {
  const { guest } = await consultation()
  await guest.page.evaluate(() => {
    let packets = 0
    const real = RTCPeerConnection.prototype.getStats
    Object.assign(window, { mend: () => Object.assign(RTCPeerConnection.prototype, { getStats: real }) })
    RTCPeerConnection.prototype.getStats = async () => {
      packets += 100
      return new Map([
        ['1', { type: 'inbound-rtp', packetsReceived: packets * 0.8, packetsLost: packets * 0.2 }],
      ]) as never
    }
  })
  await shows(guest, german.weak, '#quality')
  await guest.page.evaluate(() => (window as unknown as { mend(): void }).mend())
  await becomes(() => text(guest, '#quality'), '')
})

/** Counts notes that are sounded, and keeps the notifications that are shown. */
const SPY = () => {
  const seen = { notes: 0, notifications: [] as string[], vibrated: 0 }
  Object.assign(window, { seen })
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (at) {
    seen.notes += 1
    start.call(this, at)
  }
  navigator.vibrate = () => {
    seen.vibrated += 1
    return true
  }
  class Shown {
    static permission = 'default'
    static async requestPermission() {
      Shown.permission = 'granted'
      return 'granted'
    }
    constructor(title: string) {
      seen.notifications.push(title)
    }
    close() {}
  }
  Object.assign(window, { Notification: Shown })
}
type Seen = { notes: number; notifications: string[]; vibrated: number }
const seen = ({ page }: Window) => page.evaluate(() => (window as unknown as { seen: Seen }).seen)
const icon = ({ page }: Window) => page.locator('link[rel=icon]').getAttribute('href')

test('the practice is called when somebody knocks, who waits when admitted; who has turned to another page by title, icon and, where it is wanted, a notification without a name; and is live only when back (R82)', async () => {
  const { codes, room } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const host = await hostOpens(practice, server, codes[0] ?? '', server.url, { init: SPY })
  await patientWaits(patients, server, codes[2] ?? '', 'Clara')
  await until(
    () => seen(host),
    ({ notes }) => notes === 2,
  )
  await host.page.getByLabel(german.html.callNotification).check()
  await host.page.getByLabel(german.html.callSound).uncheck()
  await setHidden(host, true)
  const guest = await openWindow(patients, `${server.url}/#${codes[1]}`, { init: SPY })
  await enter(guest)
  await waits(guest)
  await until(
    () => seen(host),
    ({ notifications }) => notifications.length > 1,
  )
  assert.equal(await seen(host), {
    notes: 2,
    notifications: [german.notification.example, german.called.knock],
    vibrated: 0,
  })
  assert.ok((await host.page.title()).startsWith(german.called.knock))
  assert.match((await icon(host)) ?? '', 'called')
  await setHidden(host, false)
  assert.not.match(await host.page.title(), german.called.knock)
  assert.not.match((await icon(host)) ?? '', 'called')

  assert.is((await seen(guest)).notes, 0, 'who waits hears nothing')
  await setHidden(guest, true)
  await admit(host, 'Anna')
  await until(
    () => seen(guest),
    ({ notes }) => notes === 2,
  )
  assert.equal(await seen(guest), { notes: 2, notifications: [], vibrated: 1 })
  assert.ok((await guest.page.title()).startsWith(german.called.admitted))
  await shows(host, 'Kamera und Mikrofon aus', '#tiles')
  assert.equal(await sentTracks(guest), [])
  await setHidden(guest, false)
  await picturesRun(host)
  await soundRuns(host)
  assert.is((await sentTracks(guest)).length, 2)
  // During a session a knock disturbs nobody, and what was switched off stays off.
  const { codes: late } = await server.mint({ room, roles: ['guest'] })
  await patientWaits(patients, server, late[0] ?? '', 'Bert')
  await shows(host, 'Bert')
  assert.is((await seen(host)).notifications.length, 2)
  await host.page.reload()
  await host.page.locator('#room').waitFor()
  assert.is(await host.page.getByLabel(german.html.callSound).isChecked(), false)
})

test('who was admitted and put back while looking at another page is seen and heard when back and admitted again', async () => {
  const { codes } = await server.mint()
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await setHidden(guest, true)
  await admit(host, 'Anna')
  await shows(host, 'Kamera und Mikrofon aus', '#tiles')
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await guest.page.locator('#held').waitFor()
  assert.not.match(await guest.page.title(), german.called.admitted)
  await setHidden(guest, false)
  await admit(host, 'Anna')
  await picturesRun(host)
  await soundRuns(host)
  assert.is((await sentTracks(guest)).length, 2)
})

test('nothing of a conversation turns up in the next one: no half-written line, no menu, no full screen, and time begins anew, also where it ended while the page was reloaded', async () => {
  const { guest, host, codes } = await consultation()
  await host.page.locator('#chat-open').click()
  await host.page.locator('#chat-line').fill('Ihr Befund, Frau Anna')
  await click(guest, 'hang-up')
  await host.page.locator('#chat').waitFor({ state: 'hidden' })
  assert.is(await host.page.locator('#chat-line').inputValue(), '')

  const bert = await patientWaits(patients, server, codes[2] ?? '', 'Bert')
  await admit(host, 'Bert')
  await picturesRun(bert)
  // Full screen is the browser's; Firefox's driver has none.
  if (ENGINE === 'chromium') await more(host, german.view.full)
  await host.page.locator('#more summary').click()
  const seconds = async () => Number(((await text(host, '#timer')) ?? '').split(':')[1])
  await until(seconds, (count) => count >= 4)
  await click(bert, 'hang-up')
  await shows(host, german.gone.left('Bert'))
  await becomes(() => host.page.evaluate(() => document.fullscreenElement), null)
  assert.is(await host.page.locator('#more').getAttribute('open'), null)

  await again(bert)
  await admit(host, 'Bert')
  await picturesRun(bert)
  await until(seconds, (count) => count >= 4)
  await host.page.goto('about:blank')
  await click(bert, 'hang-up')
  await again(bert)
  await host.page.goto(`${server.url}/praxis`)
  await admit(host, 'Bert')
  await until(seconds, (count) => count >= 0)
  assert.ok((await seconds()) < 3, `${await seconds()}`)
})

/** After a goodbye: dials in once more. */
async function again(window: Window) {
  await window.page.locator('#again').click()
  await window.page.locator('#enter').click()
  await waits(window)
}

test('a question goes with what it asks about: no dialog covers a conversation that begins, or what comes after it', async () => {
  const { codes } = await server.mint({ roles: ['host', 'guest', 'guest'] })
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await guest.page.locator('#leave').click()
  await admit(host, 'Anna')
  await guest.page.locator('#call').waitFor()
  assert.is(await isOpen(guest, 'ask'), false)
  await becomes(focused(guest), 'call-title')
  await guest.page.locator('#hang-up').click()
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await guest.page.locator('#held').waitFor()
  assert.is(await isOpen(guest, 'ask'), false)
  await guest.page.locator('#waiting [data-devices]').click()
  await admit(host, 'Anna')
  await guest.page.locator('#call').waitFor()
  assert.is(await isOpen(guest, 'devices'), false)

  // What is written to those who wait is not lost with it.
  await patientWaits(patients, server, codes[2] ?? '', 'Bert')
  await host.page.getByRole('button', { name: 'Nachricht: Bert' }).click()
  await host.page.locator('#ask-field').fill('Noch fünf Minuten.')
  await click(guest, 'hang-up')
  await host.page.waitForFunction(() => document.body.dataset.state === 'open')
  assert.equal(
    [await isOpen(host, 'ask'), await host.page.locator('#ask-field').inputValue()],
    [true, 'Noch fünf Minuten.'],
  )
  await host.page.locator('#ask-no').click()
  await again(guest)
  await admit(host, 'Anna')
  await guest.page.locator('#call').waitFor()
  await more(guest, german.html.devicesShort)
  await host.page.locator('#end').click()
  await host.page.locator('#ask-yes').click()
  await guest.page.locator('#over').waitFor()
  assert.is(await isOpen(guest, 'devices'), false)
  await becomes(focused(guest), 'over-title')
  await again(guest)
  await admit(host, 'Anna')
  await guest.page.locator('#call').waitFor()
  await host.page.locator('#end').click()
  await click(guest, 'hang-up')
  await host.page.waitForFunction(() => document.body.dataset.state === 'open')
  assert.is(await isOpen(host, 'ask'), false)
})

test('a notification that will never come is not promised: why stands beside its switch, which stays off', async () => {
  const { codes } = await server.mint()
  const { page } = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const answer = (given: NotificationPermission) =>
    page.evaluate((given) => {
      // Chrome on Android has notifications, and lets no page show one.
      class Phone {
        static permission = given
        static requestPermission = async () => given
        constructor() {
          throw new TypeError('Illegal constructor')
        }
      }
      Object.assign(window, { Notification: Phone })
    }, given)
  const box = page.getByLabel(german.html.callNotification)
  for (const [given, words] of [
    ['denied', german.notification.refused],
    ['granted', german.notification.impossible],
  ] as const) {
    await answer(given)
    await box.click()
    await page.locator('.switches').getByText(words).waitFor()
    assert.is(await box.isChecked(), false)
  }
})

test('what was a wrong click is taken back; two who do not know each other meet only after a question; ready-made notices', async () => {
  const { guest, host, codes } = await consultation()
  await shows(host, german.admitted('Anna'))
  await host.page.locator('#undo').click()
  // The button that was pressed is gone; the focus is not.
  await becomes(focused(host), 'room-title')
  await guest.page.locator('#held').waitFor()
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).waitFor()
  await admit(host, 'Anna')
  await picturesRun(guest)
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await shows(host, german.putBack('Anna'))
  await shows(guest, german.html.held, '#held')
  for (const window of [guest, host]) await becomes(() => media(window), [])
  await host.page.locator('#undo').click()
  await picturesRun(guest)

  const other = await patientWaits(patients, server, codes[2] ?? '', 'Bert')
  await host.page.getByRole('button', { name: 'Hereinbitten: Bert' }).click()
  await shows(host, german.groupText('Anna'), '#ask')
  await host.page.locator('#ask-no').click()
  await host.page.getByRole('button', { name: 'Nachricht: Bert' }).click()
  await host.page.getByRole('button', { name: german.readyNotices[1] ?? '' }).click()
  await host.page.locator('#ask-yes').click()
  await shows(other, german.readyNotices[1] ?? '', '#notices')
  await shows(host, german.sent, '#trouble')
  assert.not.ok(other.frames.some(({ type }) => type === 'admitted'))
  await host.page.getByRole('button', { name: 'Hereinbitten: Bert' }).click()
  await host.page.locator('#ask-yes').click()
  await picturesRun(other, 2)
})

test('where what had the focus is gone from the screen of the practice, the focus is at its heading', async () => {
  const { guest, host, codes } = await consultation()
  const { page } = host
  await page.clock.install()
  await page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await shows(host, german.putBack('Anna'))
  await page.locator('#undo').focus()
  await page.clock.fastForward(11_000)
  await becomes(focused(host), 'room-title')
  await admit(host, 'Anna')
  await page.locator('#chat-open').click()
  await becomes(focused(host), 'chat-line')
  await click(guest, 'hang-up')
  await becomes(focused(host), 'room-title')

  const other = await patientWaits(patients, server, codes[2] ?? '', 'Bert')
  await admit(host, 'Bert')
  await page.locator('.safety').focus()
  await click(other, 'hang-up')
  await becomes(focused(host), 'room-title')
})

test('what the practice does is told as done once the server has done it, and not before', async () => {
  const { codes } = await server.mint()
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const { page } = await hostOpens(practice, server, codes[0] ?? '')
  await server.end('SIGKILL')
  await page.locator('#banner').getByText(german.reconnecting.lost).waitFor()
  await page.getByRole('button', { name: 'Nachricht: Anna' }).click()
  await page.locator('#ask-field').fill('Gleich.')
  await page.locator('#ask-yes').click()
  await page.getByRole('button', { name: 'Hereinbitten: Anna' }).click()
  await page.waitForTimeout(500)
  assert.is(await page.locator('#trouble').isVisible(), false)
  await server.start()
  await page.getByText(german.admitted('Anna')).waitFor()
  await guest.page.locator('#call').waitFor()
})

test('why somebody is gone is told to the practice, and what cannot be taken back any more is not offered', async () => {
  const { codes, minted, room } = await server.mint()
  await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  const host = await hostOpens(practice, server, codes[0] ?? '')
  const goes = async (name: string, why: string, go: () => Promise<unknown>) => {
    await admit(host, name)
    await host.page.locator('#undo').waitFor()
    await go()
    await shows(host, why, '#trouble')
    assert.is(await host.page.locator('#undo').isVisible(), false)
  }
  const { revoked, replaced } = german.gone
  await goes('Anna', revoked('Anna'), () => server.call('DELETE', `/v1/codes/${minted[1]?.id}`))
  const { codes: other } = await server.mint({ roles: ['guest'], room })
  await patientWaits(patients, server, other[0] ?? '', 'Bert')
  const elsewhere = await openWindow(patients, `${server.url}/#${other[0]}`)
  await goes('Bert', replaced('Bert'), async () => {
    await enter(elsewhere, 'Bert')
    await elsewhere.page.locator('#take-over').click()
  })
  // Who is back in the waiting room and leaves it cannot be let in again.
  await admit(host, 'Bert')
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await shows(host, german.putBack('Bert'))
  await click(elsewhere, 'leave')
  await host.page.locator('#undo').waitFor({ state: 'hidden' })
})

// Firefox makes up one microphone only.
testInChromium('a headset that is plugged in is offered, and used where one says so', async () => {
  const { guest, host } = await consultation()
  const { page } = guest
  const used = async () => (await sentTracks(guest)).find(({ kind }) => kind === 'audio')?.device
  const first = await used()
  // All that this browser makes up is there at once: so one of them is hidden, and then comes.
  const label = await page.evaluate(async (first) => {
    const real = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
    const all = await real()
    const other = all.find(
      ({ kind, deviceId }) => kind === 'audioinput' && deviceId !== first && deviceId !== 'default',
    )
    const event = () => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
    navigator.mediaDevices.enumerateDevices = async () => all.filter((device) => device !== other)
    event()
    // By then the page has asked, and taken note.
    await new Promise((resolve) => setTimeout(resolve))
    navigator.mediaDevices.enumerateDevices = async () => all
    event()
    return other?.label
  }, first)
  await shows(guest, german.newDevice(label ?? ''), '#offer')
  await page.locator('#offer-yes').click()
  await until(used, (device) => device !== first)
  await soundRuns(host)
  assert.is(await page.locator('#offer').isVisible(), false)
})

/** A state as the page has it: what its screen, its heading and its way out are. */
const check = async ({ page }: Window, state: PageState, { screen, out }: (typeof states)[PageState]) => {
  await page.waitForFunction((state) => document.body.dataset.state === state, state, { timeout: DEADLINE })
  await page.locator(`#${screen}`).waitFor()
  assert.ok(await page.locator(`#${out}`).isEnabled(), `${state}: #${out}`)
  await page.locator(`#${out}`).scrollIntoViewIfNeeded()
  assert.ok((await page.title()).length > 5, state)
  // The focus is in the page, at a heading or where somebody put it; at the top of one that has only just been loaded.
  const isSomewhere = await page.evaluate(() => document.activeElement !== document.body)
  assert.ok(isSomewhere || state === 'entry' || state === 'returning', `${state}: the focus is nowhere`)
}

/** How well a button can be read, as it is now: 1 (not at all) to 21 (WCAG 2.2, contrast ratio). */
const contrast = ({ page }: Window, id: string) =>
  page.locator(`#${id}`).evaluate((button) => {
    const { color, backgroundColor } = getComputedStyle(button)
    const luminance = (rgb: string) => {
      const [red = 0, green = 0, blue = 0] = (rgb.match(/[\d.]+/g) ?? []).map((part) => {
        const share = Number(part) / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const [low = 0, high = 0] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  })

test('every state of both pages is reached, has its screen and its way out, and the focus is never lost', async () => {
  const left = new Set(Object.keys(states))
  const is = async (window: Window, state: PageState) => {
    await check(window, state, states[state])
    left.delete(state)
  }
  const { codes, room } = await server.mint()
  const host = await openWindow(practice, `${server.url}/praxis#${codes[0]}`)
  await is(host, 'entry')
  await host.page.locator('#enter').click()
  await is(host, 'open')
  const guest = await patientWaits(patients, server, codes[1] ?? '', 'Anna')
  await is(guest, 'waiting')
  await admit(host, 'Anna')
  await is(host, 'session')
  await is(guest, 'call')
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await is(guest, 'held')
  const { codes: staff } = await server.mint({ room, roles: ['staff'] })
  const reception = await openWindow(practice, `${server.url}/praxis#${staff[0]}`)
  await reception.page.locator('#enter').click()
  await is(reception, 'attending')
  await guest.page.addInitScript(() => Object.assign(window, { WebSocket: class extends EventTarget {} }))
  await guest.page.reload()
  await is(guest, 'returning')
  await guest.page.locator('#give-up').click()
  await guest.page.locator('#enter').click()
  await is(guest, 'dialling')
  // It is switched off, and the mouse is still above it.
  await guest.page.locator('#enter').hover({ force: true })
  await until(
    () => contrast(guest, 'enter'),
    (ratio) => ratio > 4.5,
  )
  await host.page.locator('#leave').click()
  // What cannot be taken back is not what a hasty key chooses, nor does it look like what one should do.
  assert.is(await focused(host)(), 'ask-no')
  assert.is(await host.page.locator('#ask-yes').getAttribute('class'), 'danger')
  await host.page.locator('#ask-yes').click()
  await is(host, 'over')
  assert.equal([...left], [])
})

test('who cannot get through is told so, on the way in and in the call, on both sides; who is away is let in only after a question', async () => {
  const { codes } = await server.mint()
  const shut = await openWindow(patients, 'about:blank')
  await shut.page.routeWebSocket('**/v1/signal', (socket) => socket.close())
  await shut.page.goto(`${server.url}/#${codes[1]}`)
  await enter(shut)
  await shows(shut, german.unreachable, '#progress')
  await shut.page.locator('#cancel').click()
  await shows(shut, german.html.welcome, '#entry')

  // Without a relay this page finds no way to anybody.
  const init = () => {
    const Open = RTCPeerConnection
    globalThis.RTCPeerConnection = class extends Open {
      constructor(config?: RTCConfiguration) {
        super({ ...config, iceServers: [], iceTransportPolicy: 'relay' })
      }
      override setConfiguration() {}
    }
  }
  const guest = await openWindow(patients, `${server.url}/#${codes[1]}`, { init })
  await enter(guest)
  const host = await hostOpens(practice, server, codes[0] ?? '')
  await admit(host, 'Anna')
  for (const { page } of [guest, host])
    await page
      .locator('#tiles .refusal')
      .getByText(german.stuck)
      .waitFor({ timeout: 2 * DEADLINE })
  await host.page.getByRole('button', { name: /^Zurück ins Wartezimmer/ }).click()
  await guest.page.locator('#held').waitFor()
  await guest.page.close()
  await host.page.locator('#waiting-list li[data-present=false]:not([aria-disabled=true])').waitFor()
  await host.page.getByRole('button', { name: 'Hereinbitten: Anna' }).click()
  await shows(host, german.awayTitle('Anna'), '#ask')
})

// It does not depend on the browser.
testInChromium(
  'words from right to left: nothing lies beside the screen, and what was at one end is at the other',
  async () => {
    const { guest, host } = await consultation()
    for (const { page } of [guest, host]) {
      const own = () => page.locator('#call .own').boundingBox()
      const before = await own()
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl'
      })
      const after = await own()
      assert.ok((after?.x ?? 0) < (before?.x ?? 0) - 100, `${before?.x} ${after?.x}`)
      for (const width of [390, 768, 1366]) {
        await page.setViewportSize({ width, height: 800 })
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${width}`)
      }
    }
  },
)

test.run()
