// The least that relays: `ws`, a map of rooms, JSON parsed to find the room and the receiver, and
// the frame handed on as it came. No checks, no names, no states, nothing to come back to.
import { WebSocketServer } from 'ws'

const rooms = new Map()

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, clientTracking: false })

server.on('connection', (socket) => {
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

  socket.on('close', () => room?.delete(self))
  socket.on('error', () => {})
})

server.on('listening', () => console.log(JSON.stringify({ msg: 'listening', port: server.address().port })))
