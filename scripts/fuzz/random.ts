/** Randomness that can be had again: each generator follows from a seed and the names of what it is for. */

export type Random = ReturnType<typeof random>

/** FNV-1a, so that generators with different names have nothing to do with each other. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return sum
}

/** Makes a generator (mulberry32) that gives the same numbers for the same names. */
export function random(...names: readonly (string | number)[]) {
  let state = hash(names.join('/'))

  /** From 0 up to, but not including, 1. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  const below = (limit: number): number => Math.floor(next() * limit)
  const between = (min: number, max: number): number => min + below(max - min + 1)

  return {
    next,
    below,
    between,
    chance: (probability: number): boolean => next() < probability,
    pick: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item,

    /** One of the keys, in proportion to their weights. */
    weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
      const entries = Object.entries(weights) as [Key, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) {
        left -= weight
        if (left < 0) return key
      }
      return entries[0]?.[0] as Key
    },

    bytes(count: number): Buffer {
      const buffer = Buffer.allocUnsafe(count)
      for (let at = 0; at < count; at++) buffer[at] = below(256)
      return buffer
    },
  }
}
