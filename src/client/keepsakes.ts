/**
 * What a page keeps so that a safety number outlives a reload: the certificate of the connection, which no script can
 * read, and the number. It is in the browser's IndexedDB, since nothing else takes certificates, and goes with the seat.
 */
import type { Agreed } from './safety-number.ts'

export type Kept = Agreed & { certificate: RTCCertificate; sealed: boolean }

/** Where it is kept. All of it may fail: then numbers begin anew after a reload. */
export type Keepsakes = ReturnType<typeof browserKeepsakes>

/** A browser's storage may hang; nobody waits for it longer than so many milliseconds. */
const PATIENCE = 1_000

/** What a page that was closed without a goodbye has left is forgotten after so many milliseconds. */
const STALE = 24 * 60 * 60 * 1000

type Entry = Kept & { keptAt: number }

const isFresh = ({ keptAt }: Entry): boolean => keptAt > Date.now() - STALE

const done = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/**
 * Opens one of the stores of the pages' own: `numbers` of seats, `practice` of the practice's key.
 * @throws where the browser allows no storage
 */
export async function openStore(name: 'numbers' | 'practice', mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open('wartezimmer', 1)
  opening.onupgradeneeded = () => {
    for (const store of ['numbers', 'practice']) opening.result.createObjectStore(store)
  }
  const db = await done(opening)
  const transaction = db.transaction(name, mode)
  transaction.oncomplete = transaction.onabort = () => db.close()
  return transaction.objectStore(name)
}

/** Carries one thing out in a store. */
export async function inStore<Result>(
  name: 'numbers' | 'practice',
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  return done(act(await openStore(name, mode)))
}

/** What comes of storage; undefined where that fails, or takes too long. */
export async function soon<Result>(stored: Promise<Result>): Promise<Result | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE, undefined))
  return Promise.race([stored.catch(() => undefined), late])
}

/** @param self our own peer id, which tells our seat from those of other tabs */
export function browserKeepsakes(self: () => string) {
  const key = (peer: string) => [self(), peer]
  return {
    async get(peer: string): Promise<Kept | undefined> {
      const entry = await soon(inStore<Entry | undefined>('numbers', 'readonly', (store) => store.get(key(peer))))
      return entry && isFresh(entry) ? entry : undefined
    },
    put(peer: string, kept: Kept): void {
      const entry: Entry = { ...kept, keptAt: Date.now() }
      inStore('numbers', 'readwrite', (store) => store.put(entry, key(peer))).catch(() => {})
    },
    /** Forgets all of this seat. */
    clear(): void {
      void forget(self()).catch(() => {})
    },
  }
}

/** Deletes what is of this seat, and what nobody has come back for. */
async function forget(self: string): Promise<void> {
  const walk = (await openStore('numbers', 'readwrite')).openCursor()
  walk.onsuccess = () => {
    const cursor = walk.result
    if (!cursor) return
    const [owner] = cursor.key as string[]
    if (owner === self || !isFresh(cursor.value as Entry)) cursor.delete()
    cursor.continue()
  }
}
