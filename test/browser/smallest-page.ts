/** The smallest page of the library's document, as somebody uses it. */
import { admit, type Window } from './support.ts'
import { picturesRun } from './watching.ts'

/** The page says where one is. */
export const status = ({ page }: Window, text: string) =>
  page.locator('p', { hasText: new RegExp(`^${text}$`) }).waitFor()

/** Dials in, waits, is let in, talks, and goes on after a reload. */
export async function visit(guest: Window, host: Window, code: string): Promise<void> {
  await guest.page.getByLabel('Code').fill(code)
  await guest.page.getByLabel('Name').fill('Anna')
  await guest.page.getByRole('button', { name: 'Enter' }).click()
  await status(guest, 'waiting')
  await admit(host, 'Anna')
  await status(guest, 'session')
  for (const window of [guest, host]) await picturesRun(window)
  await guest.page.reload()
  await status(guest, 'session')
  for (const window of [guest, host]) await picturesRun(window)
}
