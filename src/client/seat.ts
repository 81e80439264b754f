/** What a page must remember to keep its seat: across a lost connection, and across a reload. */
import type { Role } from '../protocol/messages.ts'

/** Where the seat is remembered: `sessionStorage`, or anything of its shape. */
export type SeatStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * A seat as it is remembered. The token proves that it is ours; the name goes with every resume,
 * because the server never writes names down. How far we have read (`seq`) is not in here: after a
 * reload the page has forgotten what the frames said, so it asks for everything again, with seq 0. The seal is that of
 * the link with which we came: a page that was reloaded accepts no less than before.
 */
export type Seat = { token: string; epoch: number; role: Role; name: string; seal?: string }

const KEY = 'wartezimmer.seat'

/** Remembers the seat. A storage that is full or forbidden only costs the seat's surviving a reload. */
export function saveSeat(storage: SeatStorage | undefined, seat: Seat): void {
  try {
    storage?.setItem(KEY, JSON.stringify(seat))
  } catch {}
}

/** @returns the remembered seat, or undefined: then the way in is a dial-in code */
export function loadSeat(storage: SeatStorage | undefined): Seat | undefined {
  try {
    const seat = JSON.parse(storage?.getItem(KEY) ?? 'null') as Partial<Seat> | null
    const { token, epoch, role, name, seal } = seat ?? {}
    if (typeof token !== 'string' || typeof epoch !== 'number' || typeof name !== 'string') return undefined
    if (role !== 'guest' && role !== 'host' && role !== 'staff') return undefined
    return { token, epoch, role, name, ...(seal === undefined ? {} : { seal: String(seal) }) }
  } catch {
    return undefined
  }
}

/** Forgets the seat: it was left, or it is gone. */
export function forgetSeat(storage: SeatStorage | undefined): void {
  try {
    storage?.removeItem(KEY)
  } catch {}
}
