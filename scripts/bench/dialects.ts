/** How one enters a room on each of the servers, comes back and leaves, and what a signal looks like there. */
import { type Codes, mintRooms } from './codes.ts'
import { type Dialect, hear, type Seat, tell } from './dialect.ts'
import type { Kind } from './servers.ts'
import { Wire } from './wire.ts'

const cut = (wire: Wire) => async () => wire.cut()
let made = 0
/** Rooms that are there once somebody is in them. */
const names = async (rooms: number): Promise<string[]> =>
  Array.from({ length: rooms }, () => `room-${process.pid}-${++made}`)

const bare: Dialect<string> = {
  prepare: names,
  prefix: '{"type":"signal"',
  enter: async (room, who, target) => {
    const wire = await Wire.open(target, '/')
    await tell(wire, JSON.stringify({ type: 'join', room, peer: `${who}` }), 'joined')
    const signal = (to: string, data: string) => `{"type":"signal","to":"${to}","data":${data}}`
    return { wire, id: `${who}`, signal, comeBack: () => bare.enter(room, who, target), leave: cut(wire) }
  },
}

const peerjs: Dialect<string> = {
  prepare: names,
  prefix: '{"type":"OFFER"',
  keepAlive: { every: 5_000, text: '{"type":"HEARTBEAT"}' },
  enter: async (room, who, target) => {
    const id = `${room}-${who}`
    const wire = await Wire.open(target, `/peerjs?key=peerjs&id=${id}&token=t&version=1.5.5`)
    await hear(wire, 'OPEN')
    const signal = (to: string, data: string) => `{"type":"OFFER","dst":"${to}","payload":${data}}`
    return { wire, id, signal, comeBack: () => peerjs.enter(room, who, target), leave: cut(wire) }
  },
}

const socketio: Dialect<string> = {
  prepare: names,
  prefix: '42["signal"',
  enter: async (room, who, target) => {
    const wire = await Wire.open(target, '/socket.io/?EIO=4&transport=websocket')
    wire.answers = ['2', '3']
    await hear(wire, '"pingInterval"')
    const { sid } = JSON.parse((await tell(wire, '40', '40{')).slice(2)) as { sid: string }
    await tell(wire, `420["join","${room}"]`, '430[')
    const signal = (to: string, data: string) => `42["signal","${to}",${data}]`
    return { wire, id: sid, signal, comeBack: () => socketio.enter(room, who, target), leave: cut(wire) }
  },
}

type Hello = { hello: { sessionid: string; resumeid: string } }

const spreed: Dialect<string> = {
  prepare: names,
  prefix: '{"type":"message"',
  enter: async (room, who, target) => {
    const wire = await Wire.open(target, '/spreed')
    const auth = { url: target.token, params: { ticket: `${who}` } }
    const hello = await tell(
      wire,
      JSON.stringify({ id: '1', type: 'hello', hello: { version: '1.0', auth } }),
      '"id":"1"',
    )
    const { sessionid, resumeid } = (JSON.parse(hello) as Hello).hello
    const enter = { id: '2', type: 'room', room: { roomid: room, sessionid: `${room}-${who}` } }
    await tell(wire, JSON.stringify(enter), '"id":"2"')
    const seat = (wire: Wire): Seat => ({
      wire,
      id: sessionid,
      signal: (to, data) =>
        `{"type":"message","message":{"recipient":{"type":"session","sessionid":"${to}"},"data":${data}}}`,
      comeBack: async () => {
        const again = await Wire.open(target, '/spreed')
        await tell(again, JSON.stringify({ id: '3', type: 'hello', hello: { version: '1.0', resumeid } }), '"id":"3"')
        return seat(again)
      },
      leave: async () => {
        await tell(wire, '{"id":"4","type":"bye","bye":{}}', '"id":"4"')
        wire.cut()
      },
    })
    return seat(wire)
  },
}

type Joined = { peer: string; epoch: number; resume: { token: string } }

const wartezimmer: Dialect<Codes> = {
  prepare: mintRooms,
  prefix: '{"type":"signal"',
  enter: async (codes, who, target) => {
    const wire = await Wire.open(target, '/v1/signal', 'wartezimmer.v1')
    const name = who > 0 ? 'Erika Mustermann' : undefined
    const join = JSON.stringify({ type: 'join', id: 1, code: codes[who], name })
    const joined = await tell(wire, join, '"type":"joined"', who > 0 ? '"type":"waiting"' : '"type":"lobby"')
    const { peer, epoch, resume } = JSON.parse(joined) as Joined
    // After the join, and the host's admit.
    let id = 2
    const seat = (wire: Wire): Seat => ({
      wire,
      id: peer,
      signal: (to, data) => `{"type":"signal","id":${++id},"to":"${to}","data":${data}}`,
      comeBack: async () => {
        const again = await Wire.open(target, '/v1/signal', 'wartezimmer.v1')
        // Of a guest who waits: `waiting` is all that it was told.
        const message = JSON.stringify({ type: 'resume', token: resume.token, epoch, seq: 1, name })
        await tell(again, message, '"type":"resumed"')
        return seat(again)
      },
      leave: () =>
        new Promise((resolve) => {
          wire.onClose = () => resolve(wire.cut())
          wire.send(`{"type":"leave","id":${++id}}`)
        }),
    })
    return seat(wire)
  },
  admit: async (host, guest) => {
    const admitted = hear(guest.wire, '"type":"admitted"')
    const told = hear(host.wire, '"type":"peer-joined"')
    host.wire.send(JSON.stringify({ type: 'admit', id: 2, peer: guest.id }))
    await Promise.all([admitted, told])
  },
}

export const dialects = { wartezimmer, bare, peerjs, socketio, spreed } as Record<Kind, Dialect<unknown>>
