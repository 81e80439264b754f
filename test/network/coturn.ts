/** A real coturn, with the configuration that src/docs/turn.md gives, and what browsers get from it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Ice } from '../../src/protocol/messages.ts'
import type { Window } from '../browser/support.ts'
import { media, picturesRun } from '../browser/watching.ts'
import { signItself } from './certificate.ts'
import { SERVERS } from './internet.ts'

export const UDP = `turn:${SERVERS}:3478?transport=udp`
export const TLS = `turns:${SERVERS}:443?transport=tcp`

/**
 * Starts it; resolves when it takes connections.
 * @param without lines that are left out of the documented configuration
 */
export async function startCoturn(folder: string, secret: string, without = /(?!)/) {
  const document = readFileSync(new URL('../../src/docs/turn.md', import.meta.url), 'utf8')
  const written = /```conf\n(.+?)```/s.exec(document)?.[1] ?? ''
  const [cert, pkey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const certify = () => signItself(cert, pkey, 'turn.praxis.example')
  certify()
  // What differs from machine to machine; the rest is as documented.
  const own: Record<string, string> = {
    'listening-ip': SERVERS,
    'relay-ip': SERVERS,
    'static-auth-secret': secret,
    cert,
    pkey,
  }
  const path = join(folder, 'turnserver.conf')
  writeFileSync(
    path,
    written.replace(/^([\w-]+)=.*$/gm, (line, name) =>
      own[name] ? `${name}=${own[name]}` : without.test(line) ? '' : line,
    ),
  )
  const files = ['--pidfile', join(folder, 'turnserver.pid'), '--db', join(folder, 'turndb')]
  const child = spawn('turnserver', ['-c', path, ...files], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!(await answers(3478))) if (child.exitCode !== null) throw new Error('coturn did not start')
  return {
    /** Puts another certificate in the place of its own, and tells it so. */
    renew() {
      certify()
      child.kill('SIGUSR2')
    },
    async stop() {
      child.kill()
      await exited
    },
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, SERVERS)
  const open = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true))
    socket.on('error', () => setTimeout(resolve, 50, false))
  })
  socket.destroy()
  return open
}

/** Both see pictures, and all of them go from relay to relay. */
export async function relayed(windows: Window[], via = 'udp') {
  for (const window of windows) {
    await picturesRun(window)
    const [now] = await media(window)
    assert.equal([now?.local?.type, now?.local?.via, now?.remote?.type], ['relay', via, 'relay'])
  }
}

/** What a browser gets from a TURN server with these credentials: types of candidates, and error codes. */
export const gathered = ({ page }: Window, given: Pick<Ice, 'servers'>) =>
  page.evaluate(async (iceServers) => {
    const got: (string | number | null)[] = []
    const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' })
    pc.onicecandidate = ({ candidate }) => candidate?.candidate && got.push(candidate.type)
    pc.onicecandidateerror = ({ errorCode }) => got.push(errorCode)
    const complete = new Promise<void>((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve()
    })
    pc.createDataChannel('')
    await pc.setLocalDescription()
    await complete
    pc.close()
    return got
  }, given.servers)
