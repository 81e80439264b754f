/** A disk that is full, in earnest: a small tmpfs (R61). Needs root. */
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnServer } from '../../scripts/support/server.ts'
import type { Change } from '../../src/contract/records.ts'
import { by, codeOf, DAY, keepSessions, NOW, newSession, openIn, tempFolder } from '../record-support.ts'
import { joinAt } from '../server-support.ts'

const seat = (peer: string): Change => ({
  change: 'seat',
  seat: {
    ...{ peer, room: 'r1', role: 'guest', state: 'waiting', code: 'c', since: NOW, turn: 0, guests: 1 },
    ...{ reference: 'x'.repeat(500), token: 'h', epoch: 1, lastId: 0 },
  },
})

/** Does something in a folder on a small disk of its own. @param mib its size */
async function onDisk(mib: number, act: (folder: string) => Promise<void>): Promise<void> {
  const folder = tempFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder])
  await act(folder).finally(() => execFileSync('umount', ['-l', folder]))
}

/** Takes what is left of a disk, to the last page or until so many bytes are left. */
function fill(folder: string, left = 0): void {
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize - left))
}

test('on a full disk every write is refused with its code, reading goes on, and with space all is as it was', () =>
  onDisk(4, async (folder) => {
    const record = await openIn(folder)
    const { codes } = await record.mint({ roles: ['guest'], expiresAt: NOW + 50 * DAY }, by(NOW))
    const session = newSession(record)
    await keepSessions(record, [session])
    await record.persist([seat('p0')])
    fill(folder)
    // What is there already may take some more.
    let taken = 0
    const refused = await codeOf(async () => {
      for (;;) await record.persist([seat(`p${++taken}`)])
    })
    assert.is(refused, 'SQLITE_FULL')
    assert.is(await codeOf(() => record.persist([seat('more')])), 'SQLITE_FULL')
    assert.is(
      await codeOf(async () => {
        for (;;) await record.mint({ roles: Array(9).fill('guest') }, by(NOW))
      }),
      'SQLITE_FULL',
    )
    assert.is(record.checkCode(codes[0]?.symbols ?? '', NOW).code, codes[0]?.id)
    assert.ok((await record.listCodes({ limit: 1 }, by(NOW))).codes.length > 0)
    const { failed } = await record.sweep(NOW + 40 * DAY)
    assert.equal([(failed as { code: string }).code, record.sweepState().failing], ['SQLITE_FULL', true])

    rmSync(join(folder, 'filler'))
    await record.persist([seat('later'), { change: 'session', session: { ...session, end: NOW, reason: 'left' } }])
    assert.is((await record.sweep(NOW + 40 * DAY)).failed, undefined)
    const { seats } = await record.restore()
    assert.equal(seats.length, taken + 1, 'what was confirmed, and the one after')
  }))

test('an erasure for which there is no room is refused before anything is written', () =>
  onDisk(32, async (folder) => {
    const record = await openIn(folder)
    const sessions = Array.from({ length: 10_000 }, () => newSession(record, { end: NOW, reason: 'left' }))
    await keepSessions(record, sessions)
    await record.retry()
    fill(folder, 2 ** 20)
    const before = record.bytes()
    const erased = () => record.eraseSession(sessions[0]?.id ?? '', by(NOW))
    assert.is(await codeOf(erased), 'SQLITE_FULL')
    assert.is(record.bytes(), before, 'nothing was tried that cannot be done')

    rmSync(join(folder, 'filler'))
    assert.is(await erased(), true)
  }))

test('a server that was killed, and starts again on a disk that is full, says so in a line', () =>
  onDisk(4, async (dataDir) => {
    const server = await spawnServer({ dataDir })
    const { codes } = await server.mint()
    await joinAt(server.url, codes[0] ?? '')
    await server.end('SIGKILL')
    fill(dataDir)
    const fault = String(await server.start().catch((fault: Error) => fault.message))
    assert.match(fault, /The data folder \(WZ_DATA_DIR\) cannot be used: database or disk is full/)
    assert.not.match(fault, /^ *at /m)
    await server.end('SIGKILL')
  }))

test.run()
