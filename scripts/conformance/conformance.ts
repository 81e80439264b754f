/**
 * Judges clients and servers that others have made, by the sentences of the protocol.
 *
 *     npm run conformance -- --client "COMMAND {url} {code} {role}" [--role guest|host] [--quick]
 *     npm run conformance -- --server URL --token ADMIN_TOKEN
 *     npm run conformance -- --vectors        of sealed links and safety numbers, as JSON
 *
 * A client is started with an address to connect to, a code, and the role it has. It must dial in, take part with sound
 * and picture, let in whoever waits where it is the host, and stay until it is over. `--quick` leaves out how long
 * it takes to notice a line on which nobody says anything any more. A server must let the token mint codes over REST.
 */
import { parseArgs } from 'node:util'
import { judgeClient } from './client.ts'
import { judgeServer } from './server.ts'
import { vectors } from './vectors.ts'

const { values } = parseArgs({
  options: {
    client: { type: 'string' },
    role: { type: 'string', default: 'guest' },
    quick: { type: 'boolean', default: false },
    server: { type: 'string' },
    token: { type: 'string', default: '' },
    vectors: { type: 'boolean', default: false },
  },
})

if (values.vectors) {
  console.log(JSON.stringify(await vectors(), null, 2))
  process.exit(0)
}
const { client, role, quick, server, token } = values
if ((client === undefined) === (server === undefined) || (role !== 'guest' && role !== 'host')) {
  console.error('Give --client "COMMAND {url} {code} {role}", perhaps with --role host, or --server URL --token TOKEN.')
  process.exit(2)
}
const verdict = client ? await judgeClient(client, role, !quick) : await judgeServer(server ?? '', token)
for (const line of verdict.lines()) console.log(line)
process.exit(verdict.failed ? 1 : 0)
