/** Virtual time: what is to happen waits in a heap, and the time is that of whatever happens next. */

type Entry = { time: number; order: number; task: (() => void) | undefined }

const earlier = (one: Entry, other: Entry) =>
  one.time < other.time || (one.time === other.time && one.order < other.order)

const reallySoon = globalThis.setImmediate

export class Timeline {
  /** Milliseconds since the beginning. */
  now = 0
  /** What has happened so far. */
  steps = 0
  readonly #heap: Entry[] = []
  #order = 0
  #promised = false
  #stopped = false

  /**
   * Runs a task at an instant; tasks of the same instant in the order in which they were given.
   * @param ahead of how many that were given before; of fewer than none where it gives way to later ones
   */
  at(time: number, task: () => void, ahead = 0): () => void {
    this.#order += 1
    const entry: Entry = { time: Math.max(time, this.now), order: this.#order - ahead, task }
    this.#push(entry)
    return () => {
      entry.task = undefined
    }
  }

  after(ms: number, task: () => void): () => void {
    return this.at(this.now + ms, task)
  }

  /** Does something that somebody awaits: that goes on before anything else happens. */
  keep<Kept>(promise: () => Kept): Kept {
    this.#promised = true
    return promise()
  }

  /** Nothing more happens. */
  stop(): void {
    this.#stopped = true
  }

  /** Lets everything happen until an instant. */
  async run(until: number): Promise<void> {
    while (!this.#stopped) {
      const next = this.#heap[0]
      if (!next || next.time > until) break
      this.#pop()
      if (!next.task) continue
      this.now = next.time
      this.steps += 1
      next.task()
      if (!this.#promised) continue
      this.#promised = false
      await new Promise((resolve) => reallySoon(resolve))
    }
    if (!this.#stopped) this.now = until
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up] as Entry
      if (!earlier(entry, parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && earlier(heap[down + 1] as Entry, heap[down] as Entry)) down += 1
      if (!earlier(heap[down] as Entry, last)) break
      heap[at] = heap[down] as Entry
      at = down
    }
    heap[at] = last
  }
}

/** As long as virtual time runs, real time is out of reach: who asks for it has forgotten to ask the world. */
export async function sealed(
  timeline: Timeline,
  soon: (task: () => void) => void,
  run: () => Promise<void>,
): Promise<void> {
  const { setImmediate, setTimeout, setInterval, queueMicrotask } = globalThis
  const { now } = Date
  const { random } = Math
  const forbidden = (): never => {
    throw new Error('real time or chance in a simulation')
  }
  Object.assign(globalThis, {
    ...{ setImmediate: soon, setTimeout: forbidden, setInterval: forbidden },
    queueMicrotask: (task: () => void) => timeline.keep(() => queueMicrotask(task)),
  })
  Date.now = forbidden
  Math.random = forbidden
  try {
    await run()
  } finally {
    Object.assign(globalThis, { setImmediate, setTimeout, setInterval, queueMicrotask })
    Date.now = now
    Math.random = random
  }
}
