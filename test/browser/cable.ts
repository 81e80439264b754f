/** A line between browsers and server that a test can cut and mend. */
import { connect, createServer, type Socket } from 'node:net'

/** Opens it to the port of a server; while it is cut, all connections break and no new ones are made. */
export async function openCable(port: number) {
  const sockets = new Set<Socket>()
  let cut = false
  const listener = createServer((near) => {
    if (cut) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of [near, far]) other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  if (typeof address !== 'object' || address === null) throw new Error('the cable has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut() {
      cut = true
      for (const socket of sockets) socket.destroy()
    },
    mend() {
      cut = false
    },
    /** The present connections stay open and carry nothing any more; new ones are as always. */
    freeze() {
      for (const socket of sockets) socket.unpipe()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  }
}
