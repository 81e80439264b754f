/** Storms and calms over the whole town: in a storm faults happen, and when it is over all of them are mended. */
import type { Random } from '../fuzz/random.ts'
import type { Disk, DiskState } from './disk.ts'
import type { Link } from './network.ts'
import type { Guest, Host, Person } from './people.ts'
import type { Promises } from './promises.ts'
import type { VirtualServer } from './server.ts'
import type { Timeline } from './timeline.ts'
import { FAULTS, type Fault, type Troubles } from './troubles.ts'

const MINUTE = 60_000

export type Sky = {
  /** When storms come and go. */
  random: Random
  timeline: Timeline
  troubles: Troubles
  promises: Promises
  server: VirtualServer
  disk: Disk
  /** Who is on the way or there. */
  people: ReadonlySet<Host | Guest>
}

export class Weather {
  readonly #sky: Sky
  /** So many storms so far; the present one is the last, if it is not over. */
  #storms = 0
  #stormy = false
  /** The process dies between the next commit and the telling of it. */
  #crashAtCommit: Random | undefined

  constructor(sky: Sky) {
    this.#sky = sky
    this.#calm()
  }

  /** Something was written, and nobody was told yet. */
  committed(): void {
    const random = this.#crashAtCommit
    this.#crashAtCommit = undefined
    if (random) this.#crash(random)
  }

  #calm(): void {
    const { timeline, random, promises, troubles } = this.#sky
    this.#stormy = false
    troubles.forget(this.#storms)
    promises.calmSince = timeline.now
    this.#mend()
    timeline.after(random.between(2 * MINUTE, 4 * MINUTE), () => this.#storm())
  }

  /** Over an empty town it is not worth the name. */
  #storm(): void {
    const { timeline, random, promises, people } = this.#sky
    this.#storms += 1
    timeline.after(random.between(1 * MINUTE, 4 * MINUTE), () => this.#calm())
    if (people.size === 0) return
    this.#stormy = true
    promises.calmSince = Number.POSITIVE_INFINITY
    for (const kind of Object.keys(FAULTS) as Fault[]) this.#expect(kind, this.#storms)
  }

  #mend(): void {
    const { people, server, disk } = this.#sky
    disk.state = 'sound'
    this.#crashAtCommit = undefined
    server.machine.wake()
    server.clockOffset = 0
    server.start()
    server.wake()
    for (const { link, pages } of people) {
      link.offline = false
      link.stalledUntil = 0
      link.device.wake()
      for (const page of pages) page.hide(false)
    }
  }

  #expect(kind: Fault, storm: number): void {
    const { timeline, troubles, people } = this.#sky
    timeline.after(troubles.wait(kind, storm), () => {
      if (!this.#stormy || storm !== this.#storms) return
      const fault = troubles.fault(kind, storm, [...people])
      if (fault) this.#befall(kind, fault.victim, fault.chance)
      this.#expect(kind, storm)
    })
  }

  #befall(kind: Fault, victim: Person, random: Random): void {
    const { timeline, server } = this.#sky
    const { link, pages } = victim
    switch (kind) {
      case 'cut':
        return cut(link, { client: true, server: true })
      case 'half-open':
        return cut(link, { client: false, server: false })
      case 'half-told':
        return cut(link, random.chance(0.5) ? { client: true, server: false } : { client: false, server: true })
      case 'stall':
        link.stalledUntil = timeline.now + random.between(500, 20_000)
        return
      case 'offline':
        link.offline = true
        cut(link, { client: random.chance(0.3), server: false })
        timeline.after(random.between(2_000, 150_000), () => {
          link.offline = false
          if (random.chance(0.5)) for (const page of pages) page.befall('online')
        })
        return
      case 'sleep':
        return link.device.stand(random.between(2_000, 150_000))
      case 'standstill':
        return server.machine.stand(random.between(1_000, random.chance(0.2) ? 150_000 : 15_000))
      case 'clock':
        server.clockOffset = random.between(-3 * 24 * 60, 3 * 24 * 60) * (random.chance(0.5) ? MINUTE : 100)
        return
      case 'crash':
        return this.#crash(random)
      case 'crash-at-commit':
        this.#crashAtCommit = random
        return
      case 'restart':
        return server.restart(random.between(100, 10_000))
      case 'disk-slow':
      case 'disk-full':
      case 'disk-locked':
        return this.#disk(kind, random)
      default:
        return kind satisfies never
    }
  }

  #crash(random: Random): void {
    const { timeline, server } = this.#sky
    server.kill()
    timeline.after(random.between(100, 10_000), () => server.start())
  }

  #disk(kind: 'disk-slow' | 'disk-full' | 'disk-locked', random: Random): void {
    const { timeline, disk } = this.#sky
    disk.state = kind.slice('disk-'.length) as DiskState
    timeline.after(random.between(200, 20_000), () => {
      disk.state = 'sound'
    })
  }
}

function cut(link: Link, told: { client: boolean; server: boolean }): void {
  for (const line of [...link.lines]) line.cut(told)
}
