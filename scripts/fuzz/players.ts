/** Who plays by the rules, more or less: a host and guests in a room, each with a seat to lose and take back. */
import { makeCode } from '../../src/protocol/dial-code.ts'
import type { ServerFrame } from '../../src/protocol/messages.ts'
import type { Known } from './json.ts'
import { message } from './messages.ts'
import type { Random } from './random.ts'
import { upgrade } from './upgrade.ts'
import { type Target, Wire } from './wire.ts'

export type Codes = readonly { role: 'host' | 'guest'; code: string }[]

/** A room of the fuzzer's own. */
export type OurRoom = {
  codes: Codes
  host: string
  /** Ids of its guests, the latest last. */
  guests: string[]
  /** Ids of peers in other rooms. */
  strangers: readonly string[]
}

const NAMES = [
  ...['Björn Å', '\u{1f600}', ' a  b ', 'x'.repeat(64), 'x'.repeat(65), '', ' ', 'e\u0301'.repeat(64)],
  ...['\u202eabc', 'a\u0000', '\ud800', '\u200d', '\ue000', '__proto__'],
]

/** Ways to a seat, and none. */
const WAYS = { join: 4, takeover: 3, resume: 5, nothing: 0.5 }

type Seat = { peer: string; token: string; epoch: number; seq: number }

export class Player {
  readonly role: 'host' | 'guest'
  readonly #code: string
  readonly #room: OurRoom
  #wire: Wire | undefined
  #seat: Seat | undefined
  #oldToken = `${'A'.repeat(16)}.${'B'.repeat(32)}`
  #id = 0

  constructor({ role, code }: Codes[number], room: OurRoom) {
    this.role = role
    this.#code = code
    this.#room = room
  }

  /** The connection, as long as it stands. */
  get wire(): Wire | undefined {
    return this.#wire?.over ? undefined : this.#wire
  }

  /** What stands in the fields of this player's messages: mostly the truth, so that it gets somewhere. */
  readonly known: Known = (field, random) => {
    const mostly = <Value>(value: Value, ...others: Value[]): Value =>
      random.chance(0.85) ? value : random.pick(others)
    const { host, guests, strangers, codes } = this.#room
    switch (field) {
      case 'id': {
        const step = random.weighted({ next: 95, same: 2, back: 2, far: 1 })
        if (step === 'next' || step === 'far') this.#id += step === 'far' ? 1000 : 1
        return Math.max(1, this.#id - (step === 'back' ? random.below(5) : 0))
      }
      case 'code':
        return mostly(this.#code, this.#code.toLowerCase(), random.pick(codes).code, makeCode(random.bytes(8)), '0', '')
      case 'name':
        return mostly('Anna', ...NAMES)
      case 'token': {
        const token = this.#seat?.token ?? this.#oldToken
        return mostly(
          token,
          this.#oldToken,
          `${token}A`,
          token.slice(0, 20),
          `${random.pick(strangers)}.${token.slice(17)}`,
        )
      }
      case 'epoch':
        return mostly(this.#seat?.epoch ?? 1, 1, 2, 2 ** 40)
      case 'seq':
        return mostly(this.#seat?.seq ?? 0, 0, 1, (this.#seat?.seq ?? 0) + 1, 2 ** 50)
      case 'peer':
      case 'to': {
        const other = this.role === 'guest' ? host : random.pick(guests.slice(-3))
        return mostly(other, host, random.pick(guests), random.pick(strangers), 'x') ?? 'x'
      }
      default:
        return undefined
    }
  }

  /** Connects, and tries to get a seat: a new one, somebody's, or the old one back. */
  async come(target: Target, from: string, random: Random): Promise<void> {
    const wire = new Wire(target, from)
    // The old connection is left as it is: the server has to end it if its seat is taken over.
    this.#wire = wire
    let answered = false
    wire.hear = (frame) => {
      answered = true
      this.#hear(frame)
    }
    wire.write(upgrade())
    if (!(await wire.until(() => wire.upgraded, 5000))) return
    const way = random.weighted(WAYS)
    if (way === 'nothing') return
    const known: Known = (field, random) => (field === 'takeover' ? way === 'takeover' : this.known(field, random))
    await wire.send('frames', [message(way === 'resume' && this.#seat ? 'resume' : 'join', random, known)], random)
    await wire.until(() => answered, 2000)
  }

  #hear(frame: ServerFrame): void {
    const room = this.#room
    if (frame.seq !== undefined && this.#seat) this.#seat.seq = frame.seq
    switch (frame.type) {
      case 'joined':
        this.#oldToken = this.#seat?.token ?? this.#oldToken
        this.#seat = { peer: frame.peer, token: frame.resume.token, epoch: frame.epoch, seq: 0 }
        this.#id = 0
        if (frame.role === 'host') room.host = frame.peer
        else room.guests.push(frame.peer)
        break
      case 'resumed':
        if (this.#seat) this.#seat.epoch = frame.epoch
        this.#id = frame.id
        break
      case 'error':
        if (frame.code === 'seat_expired') this.#seat = undefined
        break
    }
    if (room.guests.length > 20) room.guests.splice(0, 10)
  }
}
