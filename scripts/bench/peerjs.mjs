// The PeerJS server as its users run it, but for the limits that a benchmark would run into.
import { PeerServer } from 'peer'

const limits = { concurrent_limit: 20_000 }

PeerServer({ host: '127.0.0.1', port: 0, path: '/', ...limits }, (server) => {
  console.log(JSON.stringify({ msg: 'listening', port: server.address().port }))
})
