/** The goodbye: why it is over, in words, and the way back in. */
import type { Over } from '../client/client.ts'
import { box, showState, write } from './page.ts'
import { errorText, overText } from './texts.ts'

/** Shows the goodbye. What the practice wrote is shown as text, never as markup. */
export function sayGoodbye(over: Over): void {
  // Who was in has been sent off, and not turned away.
  const dismissed = over.reason === 'denied' && !box('call').hidden
  const { title, text } = overText(dismissed ? 'ended' : over.reason)
  write(box('over-title'), title)
  write(box('over-text'), over.reason === 'refused' ? errorText(over.code) : text)
  const reason = over.reason === 'denied' ? (over.text ?? '') : ''
  box('over-reason').hidden = reason === ''
  write(box('over-reason'), reason)
  showState('over')
}
