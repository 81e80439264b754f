/** What a process has open, as Linux tells it; what is closed in between is not there. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The inodes of its sockets of all kinds. */
export function inodesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}

type OpenSocket = { kind: 'tcp' | 'udp'; port: number; listens: boolean }

/** Its sockets towards the network. The kernel's tables are those of its whole network namespace. */
export function socketsOf(pid: number): OpenSocket[] {
  const own = new Set(inodesOf(pid))
  return (['tcp', 'udp'] as const).flatMap((kind) =>
    [kind, `${kind}6`]
      .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1))
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , , , , , , , inode = '']) => own.has(inode))
      .map(([, local = '', , state]) => ({
        kind,
        port: Number.parseInt(local.split(':')[1] ?? '', 16),
        listens: state === '0A',
      })),
  )
}
