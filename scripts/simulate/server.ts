/** The server's process on its machine: the real core, between a virtual network and a virtual disk. */
import type { Duplex } from 'node:stream'
import type { Config } from '../../src/config/config.ts'
import { countPracticeSeats } from '../../src/limits/practice-seats.ts'
import { Throttle } from '../../src/limits/throttle.ts'
import { TokenBuckets } from '../../src/limits/token-buckets.ts'
import { type WallClock, wallClock } from '../../src/process/clock.ts'
import { createHeartbeat, type Heartbeat, INTERVAL } from '../../src/process/heartbeat.ts'
import { scheduleMaintenance } from '../../src/process/maintenance.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { RecordStore } from '../../src/record/record.ts'
import { Connection } from '../../src/signaling/connection.ts'
import { Hub, type Ports } from '../../src/signaling/hub.ts'
import type { TellingWebSocket } from '../../src/signaling/socket.ts'
import { type Disk, SWEEP } from './disk.ts'
import { Machine } from './machine.ts'
import type { Line, Server, ServerSocket } from './network.ts'
import type { Timeline } from './timeline.ts'

export const RESUME_WITHIN = 120_000
const RESTART_AFTER = 1_000
/** When a story begins, epoch ms. */
export const EPOCH = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** What waits for the end of a turn gives way to everything else that happens in it. */
const AT_LAST = -1e9
/** Small, so that slow readers are met now and then. */
const QUEUE = 64 * 1024
const REPLAY = 48 * 1024

/** What a WebSocket writes to, as far as a connection touches it: corked already, so nothing is to be written in one go. */
const STREAM = {
  writableCorked: 1,
  removeAllListeners: () => STREAM,
  resume: () => STREAM,
  end: () => STREAM,
} as unknown as Duplex

/** Who watches over the server. */
export type Watch = {
  heard: Server['heard']
  /** Whether nobody is or will be there for a while. */
  deserted: () => boolean
  /** Hears of errors that are the program's own. */
  broken: (why: string) => void
}

/** One life of the process. */
type Process = {
  hub: Hub
  record: RecordStore
  connections: Map<Connection, ServerSocket>
  throttle: Throttle
  heartbeat: Heartbeat
  listens: boolean
  /** Stops what it does again and again, and notes that it lived. */
  close: () => Promise<void>
}

export class VirtualServer {
  readonly machine: Machine
  readonly disk: Disk
  /** What somebody has set the wall clock forward or back by. */
  clockOffset = 0
  /** How often it was started. */
  lives = 0
  /** Frames that came. */
  frames = 0
  /** When the present process began. */
  began = 0
  /** The same in lived time. */
  since = 0
  /** By how much, in all, processes were wrong about how long none had run, since the clock was set meanwhile; ms. */
  misled = 0
  readonly #timeline: Timeline
  readonly #town: Watch
  /** What would happen every second or minute, if anybody were there. */
  #idle: (() => void)[] = []
  /** Changes with each process, also one that does not listen yet. */
  #life: object | undefined
  #process: Process | undefined

  constructor(timeline: Timeline, disk: Disk, town: Watch) {
    this.#timeline = timeline
    this.machine = new Machine(timeline)
    this.disk = disk
    this.#town = town
    this.#clock = this.#readClock()
    this.start()
  }

  heard(line: Line, text: string): void {
    this.frames += 1
    this.#town.heard(line, text)
  }

  start(): void {
    if (this.#life) return
    const life = {}
    this.#life = life
    this.lives += 1
    this.began = this.#timeline.now
    this.since = this.machine.lived
    this.#clock = this.#readClock()
    const clock = this.#clock.now() - this.#timeline.now
    this.misled += Math.min(Math.abs(clock - (this.disk.clock ?? clock)), HOUR)
    // Where the disk refuses it ends, and whoever watches over it starts it again.
    const end = () => {
      if (this.#life !== life) return
      this.kill()
      this.#timeline.after(RESTART_AFTER, () => this.start())
    }
    const listen = (process: Process) => {
      if (this.#life === life) this.#process = process
    }
    this.#timeline.keep(() => this.#begin(() => this.#life === life).then(listen, end))
  }

  /** Without a word: what it had not written is gone. */
  kill(): void {
    for (const socket of this.#process?.connections.values() ?? []) {
      socket.dead = true
      socket.listener = undefined
      socket.line.cut({ client: true, server: true })
    }
    this.#process = undefined
    this.#life = undefined
    this.#idle = []
    this.machine.wake()
  }

  /** In good order: everybody is told to come again, and after so many ms it starts anew. */
  restart(ms: number): void {
    const process = this.#process
    if (!process?.listens) return
    process.listens = false
    for (const connection of [...process.connections.keys()]) connection.close('restarting')
    this.#timeline.keep(process.close).then(() => {
      if (this.#process !== process) return
      this.kill()
      this.#timeline.after(ms, () => this.start())
    })
  }

  /** Whether what it knows is what is on the disk, once nothing waits for that any more. */
  async agrees(): Promise<boolean> {
    const process = this.#process
    await this.#timeline.keep(() => process?.hub.commit.settled())
    if (!process || this.#process !== process) return true
    const seats = [...process.hub.rooms.seats()]
    return (
      seats.length === this.disk.seats.size &&
      seats.every(
        (seat) =>
          this.disk.seats.get(seat.peer)?.turn === seat.turn && this.disk.seats.get(seat.peer)?.state === seat.state,
      )
    )
  }

  /** Somebody is there again. */
  wake(): void {
    for (const go of this.#idle.splice(0)) go()
  }

  /** As the practice's software does it. @returns whether it has heard that it is done */
  async revoke(code: string): Promise<boolean> {
    const { record, hub } = this.#process ?? {}
    if (!record || !hub) return false
    try {
      const { room } = await this.#timeline.keep(() =>
        record.revokeCode(code, { admin: 'practice', rooms: '', now: this.#clock.now() }),
      )
      await this.#timeline.keep(() => hub.revoke(room, code))
      return true
    } catch {
      return false
    }
  }

  accept(socket: ServerSocket): boolean {
    const process = this.#process
    if (!process?.listens) return false
    const { connections, throttle, hub, heartbeat } = process
    const bytes = { bytesPerSecond: 128 * 1024, bytesOfAddress: { burst: 4_096 * 1024, perSecond: 1_024 * 1024 } }
    const connection = new Connection(
      socket as unknown as TellingWebSocket,
      STREAM,
      { name: `192.0.2.${socket.line.link.latency}`, open: 1 },
      {
        limits: { joinWithin: 10_000, framesPerSecond: 100, refusalsPerMinute: 30, queue: QUEUE, ...bytes },
        ...{ throttle, hub, clock: this.#clock, lived: heartbeat.lived, count: () => {} },
        untilFirstPing: (every) => every,
        gone: () => connections.delete(connection),
        failed: this.#report,
      },
    )
    connections.set(connection, socket)
    this.wake()
    return true
  }

  /** What the process has asked for to happen at the end of this turn. */
  soon(task: () => void): void {
    const life = this.#life
    this.#timeline.at(this.#timeline.now, () => this.machine.incoming(() => this.#life === life && task()), AT_LAST)
  }

  #clock: WallClock

  /** As a process that begins reads the clocks of its machine. */
  #readClock(): WallClock {
    const elapsed = () => this.#timeline.now
    return wallClock({ wall: () => EPOCH + elapsed() + this.clockOffset, elapsed })
  }

  /** What main.ts and app.ts do. */
  async #begin(lives: () => boolean): Promise<Process> {
    const clock = this.#clock
    const heartbeat = createHeartbeat(clock.elapsed)
    const record = await this.disk.record(lives)
    const ports: Ports = {
      ...{ clock, lived: heartbeat.lived, checkCode: record.checkCode, persist: record.persist },
      ...{
        newSession: record.newId,
        hashToken: (token) => `#${token}`,
        isToken: (token, hash) => hash === `#${token}`,
        count: () => {},
        failed: this.#report,
      },
      practices: countPracticeSeats(() => undefined),
      soon: (task) => this.soon(() => this.#timeline.keep(task)),
      after: (ms, task) =>
        void this.#timeline.after(ms, () => this.machine.timer(() => lives() && this.#timeline.keep(task))),
    }
    const rules = {
      ...{ resumeMs: RESUME_WITHIN, longestSeat: SWEEP.retentionDays * 86_400_000, waitingGuests: 50, replay: REPLAY },
      iceFor: () => ({ servers: [], policy: 'all' as const }),
    }
    const hub = new Hub(ports, rules, { version: 'simulated', features: [] })
    await hub.restore(await record.restore())
    const throttle = new Throttle({ perSource: 10, perMinute: 120 })
    const process: Process = { hub, record, connections: new Map(), throttle, heartbeat, listens: true, close }
    const every = (ms: number, task: () => void) => this.#every(ms, task, () => lives() && process.listens)
    const hooks = { onReady: [], onClose: [] } as Record<string, (() => Promise<void>)[]>
    scheduleMaintenance({ addHook: (name: string, hook: () => Promise<void>) => hooks[name]?.push(hook) } as never, {
      ...{ record, hub, clock, every, count: () => {}, requests: new TokenBuckets({ burst: 1, perSecond: 1 }) },
      config: { ...SWEEP, turnTtlSeconds: 3_600 } as Config,
      log: (event) => 'error' in event && this.#report(event.error),
    })
    async function close(): Promise<void> {
      for (const hook of hooks.onClose ?? []) await hook()
    }
    every(INTERVAL, () => {
      if (!heartbeat.beat()) return
      throttle.forget(clock.elapsed())
      for (const connection of process.connections.keys()) connection.tick(heartbeat.lived())
      hub.expire()
    })
    for (const hook of hooks.onReady ?? []) await hook()
    return process
  }

  #every(ms: number, task: () => void, goesOn: () => boolean): () => void {
    let stopped = false
    const again = () => {
      const seated = this.#process?.hub.rooms.seats()[Symbol.iterator]().next().done === false
      const quiet = !seated && this.#process?.connections.size === 0 && this.#clock.doubt() === 0
      if (ms <= MINUTE && quiet && this.#town.deserted()) this.#idle.push(next)
      else next()
    }
    const next = () =>
      this.#timeline.after(ms, () =>
        this.machine.timer(() => {
          if (stopped || !goesOn()) return
          // What happens every second awaits nothing that happens in the same instant.
          if (ms > INTERVAL) this.#timeline.keep(task)
          else task()
          again()
        }),
      )
    again()
    return () => {
      stopped = true
    }
  }

  /** A disk that refuses is none of the program's own errors; anything else is. */
  readonly #report = (error: unknown): void => {
    const { message = '', stack } = error as Partial<Error>
    if (!(error instanceof Refusal) && !message.startsWith('the disk is')) this.#town.broken(`${stack}`)
  }
}
