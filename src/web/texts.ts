/** The language of the page: chosen by the browser's own preference, switched, remembered, and put into the HTML. */
import type { Over } from '../client/client.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { english } from './english.ts'
import { german, type Texts } from './german.ts'

/** All languages, by their `locale`; a further one is its file, and a line here. The last is for whom none is right. */
const languages: readonly Texts[] = [german, english]

/** The language, if somebody has chosen one. */
const KEY = 'wartezimmer.language'

const known = (wanted: string | null): Texts | undefined =>
  languages.find(({ locale }) => locale === wanted?.toLowerCase().split('-')[0])

let language: Texts = remembered() ?? preferred() ?? (languages.at(-1) as Texts)

function preferred(): Texts | undefined {
  for (const wanted of navigator.languages) if (known(wanted)) return known(wanted)
  return undefined
}

function remembered(): Texts | undefined {
  try {
    return known(localStorage.getItem(KEY))
  } catch {
    return undefined
  }
}

/** @returns the texts in the present language */
export const texts = (): Texts => language

/** The language that comes after the present one. */
const next = (): Texts => languages[(languages.indexOf(language) + 1) % languages.length] as Texts

/** Whether this is the practice's page: some things are said to it otherwise. */
const isPractice = () => document.body.dataset.page === 'praxis'

/** What an error means, in the present language; a later server may have some that nobody here knows. */
export const errorText = (code: ErrorCode): string =>
  (isPractice() ? language.practiceErrors[code] : undefined) ?? language.errors[code] ?? language.over.refused.text

/** How a visit has ended. */
export const overText = (reason: Over['reason']): { title: string; text: string } =>
  (isPractice() ? language.practiceOver[reason] : undefined) ?? language.over[reason]

/** Writes the words into everything below `root` that asks for them with `data-text` or `data-label`. */
export function translate(root: ParentNode): void {
  const words: Record<string, string> = language.html
  const word = (key = '') => {
    const found = words[key]
    if (found === undefined) throw new Error(`no text ${key}`)
    return found
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]'))
    element.textContent = word(element.dataset.text)
  for (const element of root.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', word(element.dataset.label))
  }
}

/**
 * Puts the page into the present language and lets `button` switch to the next.
 * @param switched draws again what the page has written itself
 */
export function speak(button: HTMLButtonElement, switched: () => void): void {
  const apply = () => {
    document.documentElement.lang = language.locale
    document.documentElement.dir = language.own.dir
    translate(document)
    const { locale, own } = next()
    // The button speaks the other language, so it is read out in that voice.
    Object.assign(button, { lang: locale, dir: own.dir, textContent: own.name, ariaLabel: own.switchTo })
  }
  button.addEventListener('click', () => {
    language = next()
    try {
      localStorage.setItem(KEY, language.locale)
    } catch {}
    apply()
    switched()
  })
  apply()
}
