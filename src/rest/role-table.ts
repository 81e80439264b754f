/** Who may do what in a consulting room, in German, from the same two tables that decide it. */
import type { Role } from '../protocol/messages.ts'
import { type CommandName, reaches, refusalOf, type State } from '../protocol/states.ts'
import { table } from './reference.ts'

/** What people call a command, and the states of the guest that it is done to. A command that is not here does not compile. */
const words: Record<Exclude<CommandName, 'ping'>, string> = {
  join: 'sich mit einem Code einwählen',
  resume: 'auf den eigenen Platz zurückkehren',
  leave: 'auflegen, das Wartezimmer verlassen',
  signal: 'Bild und Ton mit Eingelassenen austauschen',
  admit: 'Wartende hereinbitten',
  hold: 'Eingelassene ins Wartezimmer zurückbitten',
  deny: 'Wartende ablehnen, Eingelassene verabschieden',
  notice: 'Wartenden eine Zeile schreiben',
  end: 'das Gespräch für alle beenden',
}

const places: readonly (readonly [string, Role | 'nobody', State])[] = [
  ['ohne Platz', 'nobody', 'none'],
  ['Patient, wartend', 'guest', 'waiting'],
  ['Patient, eingelassen', 'guest', 'admitted'],
  ['Empfang', 'staff', 'attending'],
  ['Praxis', 'host', 'admitted'],
]

/** Only reception may do less to some guests than its command says. */
const limits = (role: Role | 'nobody', command: CommandName): string =>
  role === 'staff' && reaches('host', command, 'admitted') && !reaches('staff', command, 'admitted')
    ? 'ja, nur Wartende'
    : 'ja'

export const roleTable = (): string =>
  table(
    ['Handlung', ...places.map(([name]) => name)],
    (Object.keys(words) as (keyof typeof words)[]).map((command) => [
      words[command],
      ...places.map(([, role, state]) => (refusalOf(role, state, command) ? '–' : limits(role, command))),
    ]),
  )
