/** What a tab remembers: the seat, with what one dialled in, what is switched off. A browser that blocks cookies has no storage at all. */
import type { SeatStorage } from '../client/client.ts'

/** The tab's storage; undefined where even its name throws. Then a page that is reloaded begins anew. */
export const tabStorage: SeatStorage | undefined = (() => {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
})()

/** With what one dialled in, so that after a goodbye it need not be typed again. `code` has its seal. */
export type Dialled = { code: string; name: string }

const KEY = 'wartezimmer.dialled'

export function rememberDialled(dialled: Dialled): void {
  try {
    tabStorage?.setItem(KEY, JSON.stringify(dialled))
  } catch {}
}

export function lastDialled(): Dialled | undefined {
  try {
    const { code, name } = JSON.parse(tabStorage?.getItem(KEY) ?? '{}') as Partial<Dialled>
    return typeof code === 'string' && typeof name === 'string' ? { code, name } : undefined
  } catch {
    return undefined
  }
}

const BEGAN = 'wartezimmer.began'
let since: number | undefined

/**
 * When the present conversation began; also after a reload, as long as somebody is in who was in before.
 * @param now where it begins now, by the server's clock
 * @param peers who is in
 */
export function began(now: number, peers: readonly string[]): number {
  since ??= remembered(peers) ?? now
  try {
    tabStorage?.setItem(BEGAN, JSON.stringify({ at: since, peers }))
  } catch {}
  return since
}

/** It may be another conversation than before: the last one may have ended while this page was not there. */
function remembered(peers: readonly string[]): number | undefined {
  try {
    const { at, peers: before } = JSON.parse(tabStorage?.getItem(BEGAN) ?? '{}') as { at?: number; peers?: string[] }
    return peers.some((peer) => before?.includes(peer)) ? at : undefined
  } catch {
    return undefined
  }
}

/** The conversation is over. */
export function forgetBegan(): void {
  since = undefined
  try {
    tabStorage?.removeItem(BEGAN)
  } catch {}
}

const OFF = 'wartezimmer.off'

/** What was switched off by hand: a page that is loaded again makes nobody heard or seen. */
export function rememberOff(kinds: readonly string[]): void {
  try {
    if (kinds.length > 0) tabStorage?.setItem(OFF, kinds.join(' '))
    else tabStorage?.removeItem(OFF)
  } catch {}
}

export function rememberedOff(): readonly string[] {
  try {
    return tabStorage?.getItem(OFF)?.split(' ') ?? []
  } catch {
    return []
  }
}
