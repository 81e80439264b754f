// Socket.IO as its guides set up a call: rooms, whoever is there is told of whoever comes and goes, and signals to one
// socket. It is loaded from the folder FOREIGN, as it is no dependency of ours.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { Server } = createRequire(join(process.env.FOREIGN, 'node_modules', 'x'))('socket.io')
const io = new Server({ transports: ['websocket'], serveClient: false })

io.on('connection', (socket) => {
  socket.on('join', (room, joined) => {
    socket.join(room)
    socket.to(room).emit('joined', socket.id)
    joined()
  })
  socket.on('signal', (to, data) => io.to(to).emit('signal', socket.id, data))
  socket.on('disconnecting', () => socket.to([...socket.rooms]).emit('left', socket.id))
})

io.listen(0)
io.httpServer.once('listening', () =>
  console.log(JSON.stringify({ msg: 'listening', port: io.httpServer.address().port })),
)
