/** A practice with a key of its own, and what pages show of a sealed call. */
import type { Browser } from 'playwright-core'
import { makePracticeKey, type PracticeKeyFile, readPracticeKey } from '../../src/protocol/seal.ts'
import { german } from '../../src/web/german.ts'
import { openWindow, type Window } from './support.ts'
import { until } from './watching.ts'

export type Key = Awaited<ReturnType<typeof newKey>>

export async function newKey() {
  const file = await makePracticeKey()
  const key = await readPracticeKey(JSON.stringify(file))
  if (!key) throw new Error('no key')
  return { file, seal: key.seal }
}

/** The practice loads its key from a file. */
export const load = ({ page }: Window, file: PracticeKeyFile | string, where = '#practice-file') =>
  page.locator(where).setInputFiles({
    name: 'key.json',
    mimeType: 'application/json',
    buffer: Buffer.from(typeof file === 'string' ? file : JSON.stringify(file)),
  })

/** The consulting room is opened in a browser that has loaded the key. */
export async function sealedHost(browser: Browser, url: string, code: string, { file, seal }: Key): Promise<Window> {
  const window = await openWindow(browser, `${url}/praxis#${code}`)
  await load(window, file)
  await window.page
    .getByText(german.practiceKey.loaded(seal.slice(0, 4)))
    .first()
    .waitFor()
  await window.page.getByRole('button', { name: 'Sprechzimmer öffnen' }).click()
  await window.page.getByRole('heading', { name: 'Wartezimmer', exact: false }).waitFor()
  return window
}

export const safety = ({ page }: Window) => page.locator('#tiles .safety')
export const label = (window: Window, text: string | RegExp) => safety(window).getByText(text).waitFor()

/** The number behind the button of the tile. */
export async function number(window: Window): Promise<string> {
  await safety(window).click()
  const shown = await until(
    () => window.page.locator('#compare-number').textContent(),
    (text) => /^\d{3} \d{3}$/.test(text ?? ''),
  )
  await window.page.getByRole('button', { name: german.html.later }).click()
  return shown ?? ''
}
