/** The programs that the documents show, so that what is run is what stands there. */
import { readFileSync } from 'node:fs'

/** The first block of this language in a document of src/docs, or in the README, after these words. */
export function block(document: string, language: string, after = ''): string {
  const path = document === 'README' ? '../../README.md' : `../../src/docs/${document}.md`
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const from = text.indexOf(after)
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text.slice(from))?.[1]
  if (from < 0 || found === undefined) throw new Error(`${document} has no such program`)
  return found
}
