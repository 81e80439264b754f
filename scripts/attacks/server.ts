/** The server that is attacked, as an admin sees it. */
import { startServer as start } from '../observed.ts'

export type Server = Awaited<ReturnType<typeof startServer>>
export type Samples = ReadonlyMap<string, number>

export async function startServer(settings: Record<string, string>, prepare?: (dataDir: string) => void) {
  const server = await start(settings, prepare)
  return {
    ...server,

    async mint(body: object): Promise<{ id: string; role: string; code: string }[]> {
      return (await server.rest<{ codes: { id: string; role: string; code: string }[] }>('/v1/codes', body)).codes
    },

    revoke: (id: string) => server.call('DELETE', `/v1/codes/${id}`),

    /** What /metrics says, by names with labels. */
    async metrics(): Promise<Samples> {
      const samples = (await server.call('GET', '/metrics')).matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm)
      return new Map([...samples].map(([, name = '', value]) => [name, Number(value)]))
    },
  }
}
