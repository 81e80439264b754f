/**
 * What one page says to another: sealed, where one of them has a link from its practice, and otherwise plain.
 *
 * A guest's page with a sealed link takes nothing that is not sealed by the page of the practice that its link tells of,
 * or by the page of a guest for whom that page has vouched. What it refuses it never passes on. See /docs/sealing.
 */
import { type Hello, type PeerData, readData, type Sealed, type SealFault } from '../protocol/data.ts'
import type { Role } from '../protocol/messages.ts'
import { type PracticeKey, unwrapPoint, wrapPoint } from '../protocol/seal.ts'
import { type KeyRing, keyName, type PairKeys, type Voucher } from './pair-keys.ts'
import type { World } from './world.ts'

/** So many keys of one page that is loaded anew again and again, or of somebody who makes them up. */
const KEYS = 100

/** So many milliseconds a practice's page with a key waits for a word of whether the guest's link is sealed. */
const WORD = 3_000

export type Seal =
  /** Plain. */
  | { at: 'unsealed' }
  /** Nothing has been opened yet. */
  | { at: 'agreeing' }
  /** What comes, comes from the other page, and nobody else can read it. `by` the practice's, or another guest's. */
  | { at: 'sealed'; by: Role }
  /** One of the two does not go on like this. */
  | { at: 'refused'; because: SealFault }

export type ChannelOptions = {
  world: Pick<World, 'every'>
  ours: Role
  theirs: Role
  /** Of our link, where we are a guest. */
  seal: string | undefined
  keys: KeyRing
  /** The practice's key, where we are the practice and have it. */
  practice(): PracticeKey | undefined
  /** The key that the practice's page says that this other guest's page has. */
  vouched(): string | undefined
  /** Whether what we say reaches the other page at the moment. */
  reaches(): boolean
  /** Hands something to the server for the other page. */
  send(data: unknown): void
  /** From now on something can be said, in another way than before: what was negotiated until now is void. */
  opened(): void
  /** Nothing can be said any more. */
  shut(): void
  /** The other page has greeted us once more, with the key that it has proven: it may have missed something. */
  greeted(): void
  /** Something came, in the present way. */
  heard(data: PeerData): void
  changed(): void
  problem(problem: 'seal_broken' | 'not_understood'): void
}

export type Channel = ReturnType<typeof openChannel>

export function openChannel(options: ChannelOptions) {
  const { ours, theirs, seal: expected, problem } = options
  /** Whether anything that is not sealed is refused. */
  const strict = expected !== undefined
  let way: 'plain' | 'sealed' | undefined
  let seal: Seal = { at: 'agreeing' }
  /** Keys that the other page has used, and those that it has only spoken of. */
  let current: PairKeys | undefined
  let next: PairKeys | undefined
  /** The last hello with a key, for when more is known. */
  let greeted: Hello | undefined
  let met = 0
  /** Whether it was sealed before a reload of ours. */
  let before = false
  let queue = Promise.resolve()
  let closed = false
  /** This browser lacks what it takes. */
  let unable = false
  let stopWaiting = () => {}

  const enqueue = (task: () => Promise<void>) => {
    queue = queue.then(async () => {
      try {
        if (!closed) await task()
      } catch {
        // A browser that cannot do it: what was to be said or opened stays so.
        problem('seal_broken')
      }
    })
  }

  function show(now: Seal) {
    if (closed) return
    seal = now
    options.changed()
  }

  /** What was proven once is not given up because somebody says something else. */
  function refuse(because: SealFault) {
    if (current) return problem('seal_broken')
    way = undefined
    options.shut()
    show({ at: 'refused', because })
  }

  /** Only where nothing was sealed: what somebody says in plain words takes no seal away. */
  function goPlain() {
    if (way === 'sealed' || before) return problem('seal_broken')
    stopWaiting()
    if (way === 'plain') return
    way = 'plain'
    next = greeted = undefined
    seal = { at: 'unsealed' }
    options.opened()
  }

  const ownName = async () => keyName((await options.keys.page()).text)

  async function greet(refused?: SealFault) {
    const { text } = await options.keys.page()
    const known = (next ?? current)?.theirs ?? greeted?.key
    const practice = options.practice()
    options.send({
      hello: {
        v: 1,
        key: text,
        ...(known === undefined ? {} : { to: keyName(known) }),
        ...(practice ? { practice: await wrapPoint(practice) } : {}),
        ...(refused ? { refused } : {}),
      },
    })
  }

  async function meet(hello: Hello): Promise<void> {
    if (hello.key === undefined) {
      if (strict) return refuse('not_sealed')
      if (ours === 'host') return hello.refused ? refuse(hello.refused) : goPlain()
      return
    }
    // A guest who has typed a code has nothing to do with seals.
    if (ours === 'guest' && expected === undefined) return
    greeted = hello
    if (expected === undefined) return meetGuest(hello)
    if (theirs !== 'host') return options.vouched() === hello.key ? settle(hello, { seal: expected }) : undefined
    if (hello.practice === undefined) return refuse('no_key')
    const point = await unwrapPoint(hello.practice, expected)
    if (point) return settle(hello, { seal: expected, point })
    refuse('other_key')
    await greet('other_key')
  }

  async function meetGuest(hello: Hello): Promise<void> {
    stopWaiting()
    const practice = options.practice()
    if (hello.refused) return refuse(hello.refused)
    if (practice) return settle(hello, practice)
    refuse('no_key')
    // That it gets to know why nothing happens.
    if (hello.to !== (await ownName())) await greet()
  }

  /** Agrees with the page of this hello, unless that has been done. */
  async function settle({ key = '', to }: Hello, voucher: Voucher): Promise<void> {
    const keys = await options.keys.agree(key, voucher).catch(() => undefined)
    if (!keys) return problem('not_understood')
    const isNew = keys !== current && keys !== next
    met += isNew ? 1 : 0
    if (met > KEYS) return problem('seal_broken')
    next = keys === current ? undefined : keys
    if (isNew && !current) way = 'sealed'
    if (to !== (await ownName())) await greet()
    if (keys === current) options.greeted()
    if (current || !isNew || closed) return
    show({ at: 'agreeing' })
    options.opened()
  }

  async function open(sealed: Sealed): Promise<void> {
    // What was for a page before ours, or from one before theirs.
    if (sealed.to !== (await ownName())) return
    const keys = [next, current].find((each) => each && keyName(each.theirs) === sealed.from)
    const data = keys && readData(await keys.open(sealed))
    if (!keys || !data) {
      problem('seal_broken')
      if (keys && strict && !current) refuse('broken')
      return
    }
    if (keys === next) {
      current = next
      next = undefined
    }
    if (seal.at !== 'sealed') show({ at: 'sealed', by: theirs })
    if (way !== 'sealed') {
      // Something of somebody else's had been refused before it.
      way = 'sealed'
      options.opened()
    }
    options.heard(data)
  }

  function receivePlain(data: PeerData) {
    if (strict && way !== 'sealed') return seal.at === 'refused' ? undefined : refuse('not_sealed')
    // The practice's page waits for its key.
    if (seal.at === 'refused') return
    if (way !== 'plain') goPlain()
    if (way === 'plain') options.heard(data)
  }

  /**
   * Says who we are, or goes on plainly.
   * @param sealed whether it was sealed before a reload: then we wait for as long as it takes
   */
  function start(sealed: boolean): void {
    before = sealed
    if (strict) {
      if (globalThis.crypto?.subtle) enqueue(() => greet())
      else {
        unable = true
        show({ at: 'refused', because: 'no_crypto' })
        options.send({ hello: { v: 1, refused: 'no_crypto' } })
      }
    } else if (ours === 'host' && (options.practice() || before)) {
      // After a reload theirs knows a page before ours, and would not say a word by itself.
      enqueue(() => greet())
      if (!before) stopWaiting = options.world.every(WORD, () => options.reaches() && goPlain())
    } else {
      // So that a practice with a key need not wait for it.
      if (ours === 'guest' && theirs === 'host') options.send({ hello: { v: 1 } })
      goPlain()
    }
  }

  return {
    get seal(): Seal {
      return seal
    },
    /** The key of the other page, once it has proven that it has it. */
    get provenKey(): string | undefined {
      return current?.theirs
    },
    start,
    say(data: PeerData): void {
      if (way === 'plain') return options.send(data)
      enqueue(async () => {
        const keys = current ?? next
        if (keys) options.send({ sealed: await keys.seal(data) })
      })
    },
    receive(data: PeerData): void {
      if (unable) return
      if ('hello' in data) enqueue(() => meet(data.hello))
      else if ('sealed' in data) enqueue(() => open(data.sealed))
      else if (way === 'plain') options.heard(data)
      else enqueue(async () => receivePlain(data))
    },
    /** What was said may be lost, or we know more than before. */
    again(): void {
      // As if they did not know us, so that they hear of us again.
      const { key } = greeted ?? {}
      if (key !== undefined)
        enqueue(() => meet({ v: 1, key, ...(greeted?.practice ? { practice: greeted.practice } : {}) }))
      else if (strict && seal.at !== 'refused') enqueue(() => greet())
    },
    /** Resolves once all that was said is on its way. */
    settled: (): Promise<void> => queue,
    close(): void {
      closed = true
      stopWaiting()
    },
  }
}
