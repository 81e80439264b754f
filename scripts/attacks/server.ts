/** The server that is attacked, as an admin sees it. */
import { newFolder, spawnServer, TOKEN } from '../support/server.ts'

/** The token of another admin, who has all rights and means no good. */
const STOLEN = 'wQ8tN2yKd5VhC7mXz4Lr9JbF6gSp3EaU'

export type Server = Awaited<ReturnType<typeof startServer>>
export type Samples = ReadonlyMap<string, number>

/** @param prepare fills its folder before it starts */
export async function startServer(env: Record<string, string>, prepare?: (dataDir: string) => Promise<void>) {
  const dataDir = newFolder()
  await prepare?.(dataDir)
  const server = await spawnServer({ env: { ...env, WZ_ADMIN_TOKENS: `admin:${TOKEN},another:${STOLEN}` }, dataDir })
  return {
    ...server,
    stolen: STOLEN,

    revoke: (id: string) => server.call('DELETE', `/v1/codes/${id}`),

    /** What /metrics says, by names with labels. */
    async metrics(): Promise<Samples> {
      const samples = (await server.call('GET', '/metrics')).matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm)
      return new Map([...samples].map(([, name = '', value]) => [name, Number(value)]))
    },
  }
}
