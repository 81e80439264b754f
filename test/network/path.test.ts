/**
 * The direct path between two browsers is cut and restored while both still reach the server: the call
 * comes back by itself. Runs as root in a network namespace with nothing but loopback, and needs nft.
 */
import { execFileSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openPractice } from '../browser/support.ts'
import { consultation, ice, media, picturesRun, resumes, triedAgain, until } from '../browser/watching.ts'

assert.equal(Object.keys(networkInterfaces()), ['lo'], 'only in a namespace of its own: it cuts the network')

const nft = (...words: string[]) => execFileSync('nft', words)

const here = await openPractice()

test('a media path that is cut in mid-call heals by an ICE restart, and the seats are never lost (R28)', async () => {
  const { guest: patient, host } = await consultation(here)
  const before = await ice(patient)
  nft('add', 'table', 'inet', 'cut')
  nft('add', 'chain', 'inet', 'cut', 'input', '{ type filter hook input priority 0; }')
  nft('add', 'rule', 'inet', 'cut', 'input', 'meta', 'l4proto', 'udp', 'drop')
  try {
    const decoded = async () => (await media(patient))[0]?.decoded
    const twice = async () => [await decoded(), await patient.page.waitForTimeout(500).then(decoded)]
    await until(twice, ([earlier, later]) => earlier === later)
    // Both sides have noticed: each ICE restart brings a new user name.
    await triedAgain(patient, before)
  } finally {
    nft('delete', 'table', 'inet', 'cut')
  }
  for (const window of [patient, host]) await picturesRun(window)
  for (const window of [patient, host]) assert.equal(resumes(window), [], 'signaling never was interrupted')
})

test.run()
