/** The language of the page: chosen, switched, remembered, and put into the HTML. */
import type { ErrorCode } from '../protocol/errors.ts'
import { english } from './english.ts'
import { german, type Texts } from './german.ts'

const languages = { de: german, en: english } as const
type Language = keyof typeof languages

/** The only thing that the pages keep beyond the tab: the language, if somebody has chosen one. */
const KEY = 'wartezimmer.language'

let language: Language = remembered() ?? (navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en')

function remembered(): Language | undefined {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'de' || value === 'en' ? value : undefined
  } catch {
    return undefined
  }
}

/** @returns the texts in the present language */
export const texts = (): Texts => languages[language]

/** What an error means, in the present language; a later server may have some that nobody here knows. */
export const errorText = (code: ErrorCode): string => texts().errors[code] ?? texts().over.refused.text

/** Writes the words into everything below `root` that asks for them with `data-text` or `data-label`. */
export function translate(root: ParentNode): void {
  const words: Record<string, string> = texts().html
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
 * Puts the page into the present language and lets `button` switch it.
 * @param switched draws again what the page has written itself
 */
export function speak(button: HTMLButtonElement, switched: () => void): void {
  const apply = () => {
    document.documentElement.lang = language
    translate(document)
    // The button speaks the other language, so it is read out in that voice.
    button.lang = language === 'de' ? 'en' : 'de'
  }
  button.addEventListener('click', () => {
    language = language === 'de' ? 'en' : 'de'
    try {
      localStorage.setItem(KEY, language)
    } catch {}
    apply()
    switched()
  })
  apply()
}
