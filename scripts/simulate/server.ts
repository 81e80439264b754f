/** The server's process on its machine: the real core, between a virtual network and a virtual disk. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Ticket } from '../../src/contract/records.ts'
import { Throttle } from '../../src/limits/throttle.ts'
import { type WallClock, wallClock } from '../../src/process/clock.ts'
import { createHeartbeat, type Heartbeat, INTERVAL } from '../../src/process/heartbeat.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { Connection } from '../../src/signaling/connection.ts'
import { Hub, type Ports } from '../../src/signaling/hub.ts'
import type { Disk } from './disk.ts'
import { Machine } from './machine.ts'
import type { Line, ServerSocket } from './network.ts'
import type { Timeline } from './timeline.ts'

export const RESUME_WITHIN = 120_000
const RESTART_AFTER = 1_000
const MINUTE = 60_000
const EPOCH = Date.UTC(2026, 0, 1)
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

/** One life of the process. */
type Process = {
  hub: Hub
  connections: Map<Connection, ServerSocket>
  throttle: Throttle
  heartbeat: Heartbeat
  listens: boolean
  beats: boolean
  since: number
}

export class VirtualServer {
  readonly machine: Machine
  readonly disk: Disk
  /** The codes that are minted, as they are typed. */
  readonly codes = new Map<string, Ticket>()
  /** What somebody has set the wall clock forward or back by. */
  clockOffset = 0
  /** How often it was started. */
  lives = 0
  counts = { frames: 0, lossless: 0, whole_state: 0, expired: 0, limited: 0, failures: 0 }
  readonly #timeline: Timeline
  readonly #heard: (line: Line) => void
  #process: Process | undefined
  #sessions = 0

  constructor(timeline: Timeline, disk: Disk, heard: (line: Line) => void) {
    this.#timeline = timeline
    this.machine = new Machine(timeline)
    this.disk = disk
    this.#heard = heard
    this.#clock = this.#readClock()
    this.start()
  }

  heard(line: Line): void {
    this.counts.frames += 1
    this.#heard(line)
  }

  /** When the present process began, in lived time; undefined while none runs. */
  get since(): number | undefined {
    return this.#process?.since
  }

  get hub(): Hub | undefined {
    return this.#process?.hub
  }

  start(): void {
    if (this.#process) return
    this.#clock = this.#readClock()
    const life = this.#begin()
    this.#process = life
    this.lives += 1
    const listen = () => {
      life.listens = true
      this.#beat(life)
    }
    // Where the disk refuses it ends, and whoever watches over it starts it again.
    const end = () => {
      if (this.#process !== life) return
      this.kill()
      this.#timeline.after(RESTART_AFTER, () => this.start())
    }
    this.#timeline.keep(() => life.hub.restore(this.disk.restore()).then(listen, end))
  }

  /** Without a word: what it had not written is gone. */
  kill(): void {
    for (const socket of this.#process?.connections.values() ?? []) {
      socket.dead = true
      socket.removeAllListeners()
      socket.line.cut({ client: true, server: true })
    }
    this.#process = undefined
    this.machine.wake()
  }

  /** In good order: everybody is told to come again, and after so many ms it starts anew. */
  restart(ms: number): void {
    const life = this.#process
    if (!life?.listens) return
    life.listens = false
    for (const connection of [...life.connections.keys()]) connection.close('restarting')
    const settled = this.#timeline.keep(() => life.hub.settled())
    settled.then(() => {
      if (this.#process !== life) return
      this.disk.lastAlive = this.now()
      this.kill()
      this.#timeline.after(ms, () => this.start())
    })
  }

  accept(socket: ServerSocket): boolean {
    const life = this.#process
    if (!life?.listens) return false
    const bytes = { bytesPerSecond: 128 * 1024, bytesOfAddress: { burst: 4_096 * 1024, perSecond: 1_024 * 1024 } }
    const limits = { joinWithin: 10_000, framesPerSecond: 100, refusalsPerMinute: 30, queue: QUEUE, ...bytes }
    const connection = new Connection(
      socket as unknown as WebSocket,
      STREAM,
      { name: `192.0.2.${socket.line.link.latency}`, open: 1 },
      {
        limits,
        throttle: life.throttle,
        hub: life.hub,
        clock: this.#clock,
        lived: life.heartbeat.lived,
        count: () => {},
        gone: () => life.connections.delete(connection),
        failed: (error) => this.#failed(error),
      },
    )
    life.connections.set(connection, socket)
    this.#beat(life)
    return true
  }

  /** The wall clock as the process reads it. */
  now = (): number => this.#clock.now()
  #clock: WallClock

  /** What the process has asked for to happen at the end of this turn. */
  soon(task: () => void): void {
    const life = this.#process
    this.#timeline.after(0, () => this.machine.incoming(() => this.#process === life && task()))
  }

  /** As a process that begins reads the clocks of its machine. */
  #readClock(): WallClock {
    const elapsed = () => this.#timeline.now
    return wallClock({ wall: () => EPOCH + elapsed() + this.clockOffset, elapsed })
  }

  #begin(): Process {
    const lives = (): boolean => this.#process === life
    const heartbeat = createHeartbeat(this.#clock.elapsed)
    const ports: Ports = {
      clock: this.#clock,
      lived: heartbeat.lived,
      soon: (task) => this.soon(() => this.#timeline.keep(task)),
      after: (ms, task) =>
        void this.#timeline.after(ms, () => this.machine.timer(() => lives() && this.#timeline.keep(task))),
      checkCode: (typed: string): Ticket => {
        const ticket = this.codes.get(typed)
        if (!ticket) throw new Refusal('code_unknown')
        return ticket
      },
      persist: (changes) => this.disk.persist(changes, lives),
      newSession: () => `session-${++this.#sessions}`,
      hashToken: (token: string) => `#${token}`,
      count: () => {},
      failed: (error: unknown) => this.#failed(error),
    }
    const rules = {
      resumeMs: RESUME_WITHIN,
      longestSeat: 30 * 86_400_000,
      waitingGuests: 50,
      replay: REPLAY,
      iceFor: () => ({ servers: [], policy: 'all' as const }),
    }
    const hub = new Hub(ports, rules, { version: 'simulated', features: [] })
    const throttle = new Throttle({ perSource: 10, perMinute: 120 })
    const life: Process = {
      ...{ hub, heartbeat, throttle, connections: new Map() },
      ...{ listens: false, beats: false, since: this.machine.lived },
    }
    return life
  }

  /** Every second, as signaling/upgrade.ts does it; not while nobody is there. */
  #beat(life: Process): void {
    if (life.beats) return
    life.beats = true
    const beat = (): void => {
      if (this.#process !== life) return
      this.#clock.look()
      if (life.heartbeat.beat()) {
        life.throttle.forget(this.#clock.elapsed())
        for (const connection of life.connections.keys()) connection.tick(life.heartbeat.lived())
        life.hub.expire()
      }
      if (this.#timeline.now % MINUTE < INTERVAL) this.disk.lastAlive = this.now()
      life.beats = life.connections.size > 0 || !life.hub.seats()[Symbol.iterator]().next().done
      if (life.beats) this.#timeline.after(INTERVAL, () => this.machine.timer(beat))
    }
    this.#timeline.after(INTERVAL, () => this.machine.timer(beat))
  }

  /** A disk that refuses is none of the program's own errors; anything else is. */
  #failed(error: unknown): void {
    if (error instanceof Error && error.message.startsWith('the disk is')) this.counts.failures += 1
    else throw error
  }
}
