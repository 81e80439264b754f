/** One story from a seed: some rooms, their appointments for days, and everything that goes wrong meanwhile. */
import type { ServerFrame } from '../../src/protocol/messages.ts'
import { random } from '../fuzz/random.ts'
import { Agreement } from './agreement.ts'
import { Disk } from './disk.ts'
import { Ledger } from './ledger.ts'
import type { Page } from './page.ts'
import { Guest, Host, type Town } from './people.ts'
import { Promises } from './promises.ts'
import { EPOCH, VirtualServer } from './server.ts'
import { sealed, Timeline } from './timeline.ts'
import { type Cut, Troubles } from './troubles.ts'
import { Weather } from './weather.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ROOMS = 3
/** How often is looked whether the promises are kept. */
const CHECK = 5_000

export type Failure = { why: string; at: number }

export type Outcome = {
  failure: Failure | undefined
  hours: number
  steps: number
  /** Their names. */
  appointments: readonly string[]
  recorded: number
  troubles: Troubles
  frames: { toServer: number; toClients: number; signals: number }
  resumes: { lossless: number; whole: number }
  commits: number
  lives: number
  /** The last frames that people were told. */
  trace: readonly string[]
}

/** @param traced how many of the last frames are kept */
export async function tell(seed: string, hours: number, cut: Cut, traced = 0): Promise<Outcome> {
  const timeline = new Timeline()
  const troubles = new Troubles(seed, cut, () => timeline.now)
  const frames = { toClients: 0, signals: 0, lossless: 0, whole: 0 }
  const appointments: string[] = []
  const trace: string[] = []

  let failure: Failure | undefined
  const broken = (why: string): void => {
    failure ??= { why, at: timeline.now }
    timeline.stop()
  }
  const note = (page: Page, arrow: string, text: string): void => {
    if (traced === 0) return
    const name = promises.pages.get(page)?.person.name
    trace.push(`${clock(timeline.now)} ${name}#${page.number} ${arrow} ${text.replace(/x{10,}/, '…')}`)
    if (trace.length > traced) trace.shift()
  }
  const heard = (page: Page, frame: ServerFrame): void => {
    frames.toClients += 1
    if (frame.type === 'signal') frames.signals += 1
    if (frame.type === 'resumed') frames[frame.lossless ? 'lossless' : 'whole'] += 1
    if (traced > 0) note(page, '<-', JSON.stringify(frame))
  }
  const promises = new Promises(timeline, { broken, heard, said: (page, text) => note(page, '->', text) })
  const agreement = new Agreement(promises, () => timeline.now)
  const ledger = new Ledger(promises, () => timeline.now)
  let weather: Weather | undefined
  const disk = new Disk(timeline, random(seed, 'disk').next, {
    seatGone: (peer) => promises.seatGone(peer),
    session: (record) => ledger.written(record),
    committed: () => weather?.committed(),
    changing: () => ledger.note(),
    alive: () => ledger.alive(),
    swept: (now) => {
      promises.sweptUntil = Math.max(promises.sweptUntil, now)
      ledger.swept(disk.kept(), now)
    },
  })
  const people = new Set<Host | Guest>()
  const server = new VirtualServer(timeline, disk, {
    ...{ heard: promises.heardByServer, deserted: () => people.size === 0, broken },
  })
  promises.server = server
  weather = new Weather({ random: random(seed, 'weather'), timeline, troubles, promises, server, disk, people })
  const town: Town = { timeline, server, troubles, promises, seed }

  /** Somebody is expected at some time, and gone by some other. */
  function expect(
    role: 'host' | 'guest',
    name: string,
    room: string,
    guests: number,
    from: number,
    until: number,
  ): Host | Guest {
    const early = troubles.whim('early', name)?.between(5 * MINUTE, 20 * MINUTE) ?? 0
    const short = troubles.whim('short-code', name)
    const valid = { from: from - MINUTE, until: short ? from + 4 * MINUTE : until + MINUTE }
    const window = { notBefore: EPOCH + valid.from, expiresAt: EPOCH + valid.until }
    const pass = { ...disk.mint(room, role, guests, window, EPOCH + timeline.now), room, ...valid }
    const person = role === 'host' ? new Host(town, name, pass) : new Guest(town, name, pass)
    timeline.at(from - early, () => {
      if (people.size === 0) timeline.after(CHECK, check)
      people.add(person)
      server.wake()
      person.begin()
    })
    timeline.at(until, () => {
      if (person.done) person.goHome()
      else person.leave()
      timeline.after(5_000, () => {
        people.delete(person)
        promises.closed(person)
        troubles.forget(name)
      })
    })
    return person
  }

  /** The next appointment of a room: somebody is early, somebody late, and some come as a group. */
  function plan(room: string, number: number): void {
    const dice = random(seed, room, number)
    const start = timeline.now + dice.between(30 * MINUTE, 11 * HOUR)
    const end = start + dice.between(6 * MINUTE, 25 * MINUTE)
    timeline.at(end + 8 * MINUTE, () => plan(room, number + 1))
    const name = `${room}-${number}`
    if (cut.skip.has(name)) return
    appointments.push(name)
    const guests = dice.pick([1, 1, 1, 1, 1, 2, 2, 3, 4, 8])
    const host = expect('host', `Praxis-${name}`, room, guests, start + dice.between(-3, 3) * MINUTE, end + 4 * MINUTE)
    if (host instanceof Host) host.endAt = end
    for (let count = guests; count > 0; count--) {
      const from = start + dice.between(-5, 3) * MINUTE
      expect('guest', `Gast-${name}-${count}`, room, 1, from, end + dice.between(0, 5) * MINUTE)
    }
  }

  /** Again and again, as long as anybody is there. */
  function check(): void {
    if (people.size === 0) return
    ledger.note()
    agreement.check()
    promises.check()
    server.agrees().then((agrees) => agrees || broken('the server believes what is not on its disk'))
    timeline.after(CHECK, check)
  }

  try {
    await sealed(
      timeline,
      (task) => server.soon(task),
      async () => {
        for (let room = 1; room <= ROOMS; room++) plan(`room${room}`, 1)
        await timeline.run(hours * HOUR)
      },
    )
  } catch (error) {
    failure ??= { why: error instanceof Error ? `${error.stack}` : String(error), at: timeline.now }
  } finally {
    disk.close()
  }
  return {
    ...{ failure, appointments, troubles, trace, hours: timeline.now / HOUR, steps: timeline.steps },
    ...{ recorded: ledger.recorded, commits: disk.commits, lives: server.lives },
    frames: { toServer: server.frames, toClients: frames.toClients, signals: frames.signals },
    resumes: { lossless: frames.lossless, whole: frames.whole },
  }
}

/** A virtual instant, as days and time. */
export function clock(ms: number): string {
  const time = new Date(ms).toISOString().slice(11, 23)
  return `${Math.floor(ms / (24 * HOUR))}d ${time}`
}
