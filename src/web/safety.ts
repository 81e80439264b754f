/** Whether anybody could sit between two people: what is sealed, the six digits, and what to do with them. */
import type { Client, Media, Participant } from '../client/client.ts'
import { box, button, find, write } from './page.ts'
import { texts } from './texts.ts'

type Shown = Pick<Media, 'seal' | 'safety'>

/** 482913 as it is read out. */
const spaced = (number: string) => `${number.slice(0, 3)} ${number.slice(3)}`

/** The few words of a tile; '' while there is nothing to say. */
export function safetyLabel({ seal, safety }: Shown): string {
  const words = texts().safety
  if (safety.at === 'failed') return words.failed
  if (safety.at === 'known' && safety.confirmed) return words.checked(spaced(safety.number))
  if (seal.at === 'sealed') return seal.by === 'host' ? words.sealedPractice : words.sealed
  if (safety.at === 'known') return words.number(spaced(safety.number))
  return seal.at === 'unsealed' && safety.at === 'none' ? words.unsealed : ''
}

/** Why nothing goes on with somebody; undefined: it does. */
export function refusal({ seal }: Pick<Shown, 'seal'>, weAre: Client['view']['role']): string | undefined {
  if (seal.at !== 'refused') return undefined
  return texts().safety[weAre === 'host' ? 'refusedHere' : 'refused'][seal.because]
}

/** With whom numbers are being compared, and what draws it. */
let comparing: { peer: string; draw(): void } | undefined

/** Shows what is known, and asks whether the numbers are the same; lets the client do what follows from the answer. */
export function compare(client: Client, { peer }: Participant): void {
  const dialog = find('compare', HTMLDialogElement)
  if (dialog.open) return
  let shown = ''
  const draw = () => {
    const { seal, safety } = client.media(peer)
    const words = texts().safety
    const known = safety.at === 'known'
    shown = known ? safety.number : ''
    write(box('compare-number'), known ? spaced(shown) : '')
    const sealed = seal.at === 'sealed' && seal.by === 'host' ? words.sealedByPractice : words.sealedForGuest
    const how = { none: words.noNumber, running: words.soon, failed: words.failedText, known: words.howTo }[safety.at]
    write(box('compare-text'), `${seal.at === 'sealed' ? `${sealed} ` : ''}${how}`)
    for (const id of ['compare-same', 'compare-different']) button(id).hidden = !known
  }
  const closed = () => {
    comparing = undefined
    const { returnValue: answer } = dialog
    if (answer === 'same' || answer === 'different') void client.compared(peer, answer === 'same', shown)
  }
  draw()
  comparing = { peer, draw }
  dialog.returnValue = ''
  dialog.addEventListener('close', closed, { once: true })
  dialog.showModal()
}

/** Shows in the dialog what has changed; with somebody who has left there is nothing to compare any more. */
export function drawComparison(peers: readonly Participant[]): void {
  if (peers.some(({ peer }) => peer === comparing?.peer)) comparing?.draw()
  else if (comparing) find('compare', HTMLDialogElement).close('')
}
