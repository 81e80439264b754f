/** The practice's own key, in the practice's browser: loaded once from its file, and kept so that no script can read it. */

import { type PracticeKey, readPracticeKey } from '../client/client.ts'
import { inStore, soon } from '../client/keepsakes.ts'
import { announce, write } from './page.ts'
import { texts } from './texts.ts'

export type PracticeKeys = {
  readonly key: PracticeKey | undefined
  /** Writes the words again, after a change of language. */
  draw(): void
}

const store = {
  load: () => inStore<PracticeKey | undefined>('practice', 'readonly', (store) => store.get('key')),
  save: (key: PracticeKey) => inStore('practice', 'readwrite', (store) => store.put(key, 'key')),
  forget: () => inStore('practice', 'readwrite', (store) => store.delete('key')),
}

/**
 * Connects the elements: `[data-practice-key]` says how it stands, `input[data-practice-file]` loads a file,
 * `[data-practice-forget]` forgets the key.
 * @param changed there is another key, or none any more
 */
export async function setUpPracticeKey(changed: () => void): Promise<PracticeKeys> {
  const loading = store.load()
  let key = await soon(loading)
  let trouble = false

  const all = <Kind extends HTMLElement>(selector: string) => [...document.querySelectorAll<Kind>(selector)]

  /** The first symbols of the seal, by which two keys are told apart. */
  const name = () => key?.seal.slice(0, 4) ?? ''

  function draw() {
    const words = texts().practiceKey
    const text = trouble ? words.wrong : key ? words.loaded(name()) : words.none
    for (const line of all('[data-practice-key]')) write(line, text)
    for (const button of all('[data-practice-forget]')) button.hidden = key === undefined
  }

  function use(next: PracticeKey | undefined) {
    key = next
    draw()
    changed()
  }

  async function load(input: HTMLInputElement) {
    const [file] = input.files ?? []
    if (!file) return
    const read = await readPracticeKey(await file.text())
    input.value = ''
    trouble = read === undefined
    if (!read) return draw()
    // Where the browser keeps nothing, it is there for as long as the page is.
    await store.save(read).catch(() => {})
    use(read)
    announce(texts().practiceKey.loaded(name()))
  }

  for (const input of all<HTMLInputElement>('input[data-practice-file]'))
    input.addEventListener('change', () => void load(input))
  for (const button of all('[data-practice-forget]'))
    button.addEventListener('click', () => {
      trouble = false
      void store.forget().catch(() => {})
      use(undefined)
    })
  draw()
  loading.then((late) => late && !key && use(late)).catch(() => {})

  return {
    get key() {
      return key
    },
    draw,
  }
}
