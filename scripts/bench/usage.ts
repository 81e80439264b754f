/** What a process has used, as the kernel counts it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const PAGE = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }))

/** Seconds of CPU of all its threads, in steps of a tick (10 ms): for programs that cannot be asked themselves. */
export function cpuSeconds(pid: number): number {
  // After the name, which may hold anything: the 12th and the 13th word are utime and stime.
  const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(words[11]) + Number(words[12])) / TICKS
}

/** Bytes of RSS. */
export const residentBytes = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE
