/**
 * Every state that the two pages can be in: the screen that shows it, what the tab is called, the way out, and what is
 * said to who cannot see it. Where the screen changes, the focus goes to its heading; where only words change, they
 * stand in a live region of the page.
 */
import type { Client } from '../client/client.ts'
import type { Texts } from './german.ts'

export type PageState = keyof typeof states

export type Look = {
  /** The id of its section. */
  screen: 'entry' | 'returning' | 'waiting' | 'call' | 'room' | 'over'
  title(words: Texts, client: Client | undefined): string
  /** The id of the button that leads on or out of it. */
  out: string
  /** Said once when it begins, where the heading does not say it. */
  says?(words: Texts): string
}

const waiting = ({ title }: Texts, client: Client | undefined) =>
  title.room(client?.view.lobby.filter(({ state }) => state === 'waiting').length ?? 0)

export const states = {
  /** The form, nothing sent yet, or refused: then the words beside it say why, and the focus is where it can be mended. */
  entry: { screen: 'entry', title: ({ title }) => title.entry, out: 'enter' },
  /** Sent, and not answered yet; also where nobody answers. */
  dialling: { screen: 'entry', title: ({ title }) => title.entry, out: 'cancel' },
  /** A page that was reloaded is on its way back to its seat. */
  returning: { screen: 'returning', title: ({ title }) => title.reconnecting, out: 'give-up' },
  /** A patient waits; the practice is there, away, or not there yet. */
  waiting: { screen: 'waiting', title: ({ title }) => title.waiting, out: 'leave' },
  /** A patient waits who was in. */
  held: { screen: 'waiting', title: ({ title }) => title.waiting, out: 'leave', says: ({ html }) => html.held },
  /** A patient is in the session. */
  call: { screen: 'call', title: ({ title }) => title.call, out: 'hang-up' },
  /** The practice's room is open, nobody is in. */
  open: { screen: 'room', title: waiting, out: 'leave' },
  /** The practice has somebody in. */
  session: { screen: 'room', title: waiting, out: 'end' },
  /** The reception watches the waiting room. */
  attending: { screen: 'room', title: waiting, out: 'leave' },
  /** Over, and why. */
  over: { screen: 'over', title: ({ title }) => title.over, out: 'again' },
} as const satisfies Record<string, Look>
