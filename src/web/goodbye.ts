/** The goodbye: why it is over, in words, and the way back in. */
import type { Over, View } from '../client/client.ts'
import { box, button, showState, write } from './page.ts'
import { errorText, overText, texts } from './texts.ts'

const COME_BACK = new Set<Over['reason']>(['seat_expired', 'refused', 'too_many_refusals'])

/**
 * Shows the goodbye, and may be called again and again. What the practice wrote is shown as text, never as markup.
 * @param wasIn it was over in the middle of a conversation
 */
export function sayGoodbye(over: Over, role: View['role'], wasIn: boolean): void {
  // Who was in has been sent off, and not turned away.
  const dismissed = over.reason === 'denied' && wasIn
  const isStaff = role === 'staff' && over.reason === 'left'
  const { title, text } = isStaff ? texts().receptionLeft : overText(dismissed ? 'ended' : over.reason)
  // Only where something went wrong that coming back mends is that the thing to do.
  button('again').className = COME_BACK.has(over.reason) ? 'primary' : ''
  write(box('over-title'), title)
  write(box('over-text'), over.reason === 'refused' ? errorText(over.code) : text)
  const reason = over.reason === 'denied' ? (over.text ?? '') : ''
  box('over-reason').hidden = reason === ''
  write(box('over-reason'), reason)
  showState('over')
}
