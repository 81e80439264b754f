/** Who may say what, and when: the two literal tables that every command is looked up in first. */
import type { ErrorCode } from './errors.ts'
import type { ClientMessage, Role, SeatState } from './messages.ts'

export type CommandName = ClientMessage['type']

/** Where a seat can be; `none` is a connection without a seat, `gone` a seat given up. */
export type State = 'none' | SeatState | 'gone'

/** Where a seat of each role begins. */
export const firstStates = { guest: 'waiting', host: 'admitted', staff: 'attending' } as const satisfies Record<
  Role,
  SeatState
>

/**
 * What the sender of a command may say, by role and state, and the state it is in afterwards.
 * Whatever is not listed here is refused. A further role is a further entry.
 */
export const senderStates = {
  nobody: {
    none: { join: 'seated', resume: 'seated' },
  },
  guest: {
    waiting: { ping: 'waiting', leave: 'gone' },
    admitted: { signal: 'admitted', ping: 'admitted', leave: 'gone' },
  },
  host: {
    admitted: {
      admit: 'admitted',
      deny: 'admitted',
      hold: 'admitted',
      notice: 'admitted',
      signal: 'admitted',
      ping: 'admitted',
      end: 'admitted',
      leave: 'gone',
    },
  },
  staff: {
    attending: { deny: 'attending', notice: 'attending', ping: 'attending', leave: 'gone' },
  },
} as const satisfies Record<Role | 'nobody', Partial<Record<State, Partial<Record<CommandName, State | 'seated'>>>>>

/** What a command of somebody does to the guest it names, by that guest's state; anything else is `wrong_state`. */
export const targetStates = {
  host: {
    admit: { waiting: 'admitted', admitted: 'admitted' },
    deny: { waiting: 'gone', admitted: 'gone' },
    hold: { admitted: 'waiting' },
    notice: { waiting: 'waiting' },
  },
  staff: {
    deny: { waiting: 'gone' },
    notice: { waiting: 'waiting' },
  },
} as const satisfies Partial<Record<Role, Targets>>

type Targets = Partial<Record<CommandName, Partial<Record<SeatState, State>>>>
type States = Partial<Record<State, Partial<Record<CommandName, string>>>>

/**
 * Looks a command up for its sender.
 * @returns the code to refuse it with, or undefined where it is allowed
 */
export function refusalOf(role: Role | 'nobody', state: State, command: CommandName): ErrorCode | undefined {
  const states: States = senderStates[role]
  if (states[state]?.[command]) return undefined
  if (role === 'nobody') return 'not_joined'
  if (command === 'join' || command === 'resume') return 'already_joined'
  const everAllowed = Object.values(states).some((commands) => commands[command])
  return everAllowed ? 'wrong_state' : 'forbidden'
}

/** Whether a command of somebody that names a guest in this state can be carried out. */
export function reaches(role: Role, command: CommandName, state: SeatState): boolean {
  const targets: Partial<Record<Role, Targets>> = targetStates
  return targets[role]?.[command]?.[state] !== undefined
}
