/**
 * A small internet: the namespace that a test runs in becomes a router with the servers on it, and each
 * person sits in a namespace behind it. Needs root, ip, nft, nsenter and unshare.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { CHROMIUM } from '../browser/support.ts'

/** Where the servers are. Like the people's, an address that everybody takes for a public one. */
export const SERVERS = '192.0.2.1'
/** Whom people's browsers ask for names: it knows none, and remembers which. */
export const NAMESERVER = '192.0.2.53'
export const PEOPLE = { patient: '198.51.100.2', practice: '203.0.113.2' } as const
export type Person = keyof typeof PEOPLE

export type Internet = Awaited<ReturnType<typeof openInternet>>

/** Builds it, for as long as this process lives; even where that is killed, the people's namespaces go with it. */
export async function openInternet() {
  assert.equal(Object.keys(networkInterfaces()), ['lo'], 'only in a namespace of its own: it makes and cuts networks')
  const folder = mkdtempSync(join(tmpdir(), 'wartezimmer-network-'))
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${NAMESERVER}\n`)
  // The way to everybody who is not here: whatever takes it is seen, and gets no answer.
  const elsewhere = await connect('uplink', '192.0.2.2', folder)
  ip('route add default via 192.0.2.2')
  ip(`address add ${NAMESERVER}/32 dev uplink`)
  const asked = await openNameserver()
  const people = [elsewhere]
  for (const [name, address] of Object.entries(PEOPLE)) people.push(await connect(name, address, folder))
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
  nft(`
    table inet internet {}
    delete table inet internet
    table inet internet {
      set sent { typeof iifname . ip daddr . ip protocol . th dport; flags dynamic; }
      set left { typeof ip daddr . ip protocol . th dport; flags dynamic; }
      chain arrives {
        type filter hook prerouting priority raw;
        ip protocol { tcp, udp } add @sent { iifname . ip daddr . ip protocol . th dport }
      }
      chain leaves {
        type filter hook output priority raw;
        oifname uplink ip protocol { tcp, udp } add @left { ip daddr . ip protocol . th dport }
      }
      chain own { type filter hook input priority 0; }
      chain through { type filter hook forward priority 0; }
    }`)

  process.on('exit', () => {
    for (const { end } of people) end()
    nft('delete table inet internet')
    rmSync(folder, { recursive: true })
  })

  return {
    folder,
    /** The executable that starts Chromium where this person is. */
    chromiumOf: (person: Person) => join(folder, `chromium-${person}`),
    /** From now on this happens to what reaches the servers (`own`), or goes from person to person (`through`). */
    rule: (chain: 'own' | 'through', rule: string) => nft(`add rule inet internet ${chain} ${rule}`),
    /** Takes all rules back. */
    mend: () => nft('flush chain inet internet own; flush chain inet internet through'),
    /** Whom this person has sent something: `address protocol port`. */
    sentBy: (person: Person) => list('sent').flatMap(([from, ...to]) => (from === person ? [to.join(' ')] : [])),
    /** The names that people have asked for. */
    asked: () => [...asked],
    /** Whom the servers, or anybody else on this side, have sent something that is not here. */
    left: () => list('left').map((to) => to.join(' ')),
  }
}

/** Puts a namespace behind a new interface of ours; it lives as long as this process, and vanishes with it. */
async function connect(name: string, address: string, folder: string) {
  const setUp = `mount --bind ${folder}/resolv.conf /etc/resolv.conf && echo ready && exec cat`
  const keeper = spawn('unshare', ['--net', '--mount', 'sh', '-c', setUp], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(keeper.stdout, 'data')
  for (const handle of [keeper, keeper.stdin as Socket, keeper.stdout as Socket]) handle.unref()
  const inside = ['--target', String(keeper.pid), '--net', '--mount']
  const within = (words: string) => execFileSync('nsenter', [...inside, ...words.split(' ')])
  const router = address.replace(/\d+$/, '1')
  ip(`link add ${name} type veth peer name eth0 netns ${keeper.pid}`)
  ip(`address add ${router}/30 dev ${name}`)
  ip(`link set ${name} up`)
  within('ip link set lo up')
  within(`ip address add ${address}/30 dev eth0`)
  // An IPv6 address that comes a second later is a change of network, and Chromium drops what it is loading.
  within('ip link set eth0 addrgenmode none up')
  within(`ip route add default via ${router}`)
  const script = `#!/bin/sh\nexec nsenter ${inside.join(' ')} ${CHROMIUM} "$@"\n`
  writeFileSync(join(folder, `chromium-${name}`), script, { mode: 0o755 })
  return {
    end() {
      ip(`link delete ${name}`)
      keeper.kill()
    },
  }
}

/** Answers every question with NXDOMAIN (RFC 1035). @returns the names, as they come */
async function openNameserver(): Promise<Set<string>> {
  const names = new Set<string>()
  const socket = createSocket('udp4').unref()
  socket.on('message', (question, { address, port }) => {
    const labels: string[] = []
    for (let at = 12; question[at]; at += 1 + (question[at] ?? 0))
      labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)))
    names.add(labels.join('.'))
    const answer = Buffer.from(question)
    answer.writeUInt16BE(0x8183, 2)
    socket.send(answer, port, address)
  })
  await new Promise<void>((resolve) => socket.bind(53, NAMESERVER, resolve))
  return names
}

function list(set: string): string[][] {
  const text = execFileSync('nft', ['-j', 'list', 'set', 'inet', 'internet', set], { encoding: 'utf8' })
  const { nftables } = JSON.parse(text) as { nftables: { set?: { elem?: { concat: string[] }[] } }[] }
  return nftables.flatMap((part) => part.set?.elem?.map(({ concat }) => concat.map(String)) ?? [])
}

const ip = (words: string) => execFileSync('ip', words.split(' '))
const nft = (rules: string) => execFileSync('nft', ['-f', '-'], { input: rules })
