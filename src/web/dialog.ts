/** One question at a time, in the page's dialog: with a line to write, or just yes or no. */
import { box, button, find, write } from './page.ts'

export type Question = {
  title: string
  text: string
  /** The label of the line; without one there is nothing to write. */
  field?: string
  /** Lines that are often written: one click puts one in. */
  ready?: readonly string[]
  /** What the button says. */
  yes: string
  /** What it does cannot be taken back: the button says so by its colour. */
  grave?: boolean
}

/** @returns what was written (perhaps nothing), or undefined where it was cancelled */
export function ask({ title, text, field, ready = [], yes, grave = false }: Question): Promise<string | undefined> {
  const dialog = find('ask', HTMLDialogElement)
  const line = find('ask-field', HTMLInputElement)
  if (dialog.open) return Promise.resolve(undefined)
  write(box('ask-title'), title)
  write(box('ask-text'), text)
  write(box('ask-label'), field ?? '')
  write(button('ask-yes'), yes)
  button('ask-yes').className = grave ? 'danger' : 'primary'
  box('ask-line').hidden = field === undefined
  line.value = ''
  box('ask-ready').replaceChildren(...ready.map((words) => readyLine(words, line)))
  dialog.returnValue = ''
  dialog.showModal()
  if (field !== undefined) line.focus()
  else if (grave) button('ask-no').focus()
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === 'yes' ? line.value.trim() : undefined)
    dialog.addEventListener('close', closed, { once: true })
  })
}

/**
 * A conversation begins or is over, or all is: what was asked before is about what the screen does not show any more. A line
 * that somebody writes is about who waits, and kept. @param all also such a line: there is nobody any more who could get it
 */
export function closeDialogs(all: boolean): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) {
    const isWritten = dialog.id === 'ask' && !box('ask-line').hidden
    if (all || !isWritten) dialog.close('')
  }
}

function readyLine(words: string, line: HTMLInputElement): HTMLElement {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  write(button, words)
  button.addEventListener('click', () => {
    line.value = words
    line.focus()
  })
  item.append(button)
  return item
}
