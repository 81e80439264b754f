/** The processes around the server: those who mean no harm, and whoever attacks. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Attack, Counts } from './attack.ts'
import type { Order } from './attacker.ts'
import type { Felt, Task } from './honest.ts'
import type { Server } from './server.ts'

/** Codes of an attacker, by rooms. */
export type Codes = { id: string; code: string }[][]

/** The room of the honest consultation. */
const ROOM = 'sprechzimmer'
/** How many codes are minted in one go. */
const MINTED = 9

async function start(script: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), { execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  return child
}

/** The next message of a process. Throws where it ends instead. */
function hear<Message>(child: ChildProcess, what: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const broken = () => reject(new Error(`${what} broke down`))
    child.once('exit', broken)
    child.once('message', (message) => {
      child.off('exit', broken)
      resolve(message as Message)
    })
  })
}

/** Mints what an attacker rightly has: a malicious patient, or the page of one, has a code. */
export async function mintFor(server: Server, { codes }: Attack): Promise<Codes> {
  if (!codes) return []
  const all: Codes = []
  for (let n = 0; n < codes.rooms; n++) {
    const room = codes.beside ? ROOM : `zimmer${n}`
    const roles = [...Array(codes.hosts).fill('host'), ...Array(codes.guests).fill('guest')]
    const minted: Codes[number] = []
    for (let at = 0; at < roles.length; at += MINTED) {
      minted.push(...(await server.mint({ room, roles: roles.slice(at, at + MINTED) })).minted)
    }
    all.push(minted)
  }
  return all
}

/** Starts a consultation, and gives what is needed to attack beside it. */
export async function begin(server: Server) {
  const [
    {
      codes: [host, guest],
    },
    {
      codes: [patient],
    },
    honest,
  ] = await Promise.all([
    server.mint({ room: ROOM, roles: ['host', 'guest'] }),
    server.mint({ room: 'anmeldung' }),
    start('honest.ts'),
  ])
  if (!host || !guest || !patient) throw new Error('three codes are needed')
  const { port, token } = server
  honest.send({ port, token, host, guest, patient } satisfies Task)
  await hear(honest, 'the consultation')

  return {
    /** What was felt since the last call. */
    felt(): Promise<Felt> {
      const heard = hear<Felt>(honest, 'the consultation')
      honest.send('felt')
      return heard
    },

    /**
     * Attacks a server for a while; then the attacker is killed, and drops whatever it held.
     * @param ready called when it is about to begin
     */
    async attackOn(
      { port, stolen: token }: Server,
      { name }: Attack,
      codes: Codes,
      seconds: number,
      ready: () => Promise<void>,
    ): Promise<{ counts: Counts; took: number }> {
      const attacker = await start('attacker.ts')
      await ready()
      const started = performance.now()
      const counts = hear<Counts>(attacker, name)
      attacker.send({
        name,
        port,
        token,
        seconds,
        codes: codes.map((room) => room.map(({ code }) => code)),
      } satisfies Order)
      const outcome = { counts: await counts, took: (performance.now() - started) / 1000 }
      attacker.kill('SIGKILL')
      await once(attacker, 'exit')
      return outcome
    },

    async stop(): Promise<void> {
      honest.kill('SIGKILL')
      await once(honest, 'exit')
    },
  }
}
