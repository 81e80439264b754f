// The least that relays: `ws`, a map of rooms, JSON parsed to find the room and the receiver, and
// the frame handed on as it came. No checks, no names, no states, nothing to come back to.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { WebSocketServer } from 'ws'

const rooms = new Map()
const { WZ_TLS_CERT_FILE: cert, WZ_TLS_KEY_FILE: key } = process.env
const server = cert ? createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }) : createServer()

new WebSocketServer({ server, clientTracking: false }).on('connection', (socket) => {
  let room
  let self

  socket.on('message', (data) => {
    const text = data.toString()
    const message = JSON.parse(text)
    if (message.type === 'join') {
      self = message.peer
      room = rooms.get(message.room)
      if (!room) {
        room = new Map()
        rooms.set(message.room, room)
      }
      room.set(self, socket)
      socket.send('{"type":"joined"}')
    } else {
      room?.get(message.to)?.send(text)
    }
  })

  socket.on('close', () => room?.get(self) === socket && room.delete(self))
  socket.on('error', () => {})
})

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  console.log(JSON.stringify({ msg: 'listening', port: server.address().port })),
)
