/**
 * A client for Node, made from /docs/protocol alone: its WebRTC is werift's, and what it hears and sees it sends back.
 *
 *     node echo.mjs URL CODE ROLE
 */
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'

const { MediaStreamTrack, RTCPeerConnection } = createRequire(`${process.env.FOREIGN}/`)('werift')
const [url, code, role] = process.argv.slice(2)
const name = 'Echo'

/** The seat, as it was told last; what was said of it and may have to be said again. */
let seat
let seq = 0
let id = 0
let said = []
let socket
let heard = Date.now()
let failures = 0
let notBefore = 0
let config = {}
const peers = new Map()

const put = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message))

function say(message) {
  id += 1
  const frame = { type: message.type, id, ...message }
  said.push(frame)
  put(frame)
}

function connect() {
  const mine = new WebSocket(url, 'wartezimmer.v1')
  socket = mine
  heard = Date.now()
  mine.onopen = () => {
    if (seat) return put({ type: 'resume', token: seat.token, epoch: seat.epoch, seq, name })
    id += 1
    put({ type: 'join', id, code, name })
  }
  mine.onmessage = ({ data }) => {
    heard = Date.now()
    take(JSON.parse(data))
  }
  mine.onclose = ({ code }) => {
    if (mine !== socket) return
    socket = undefined
    if (code === 1000 || code >= 4500) process.exit()
    const pause = code === 1012 ? Math.random() * 5_000 : Math.random() * Math.min(10_000, 500 * 2 ** failures)
    failures += 1
    setTimeout(connect, Math.max(pause, notBefore - Date.now()))
  }
}

function take(message) {
  if (message.seq) seq = message.seq
  switch (message.type) {
    case 'joined':
      seat = { token: message.resume.token, epoch: message.epoch }
      failures = 0
      return
    case 'resumed': {
      failures = 0
      if (message.epoch !== seat.epoch) seq = 0
      seat.epoch = message.epoch
      // Signals from before a gap are forgotten for good: a later resume may be lossless again.
      said = said.filter((frame) => frame.id > message.id && (message.lossless || frame.type !== 'signal'))
      for (const frame of said) put(frame)
      if (!message.lossless) for (const peer of peers.values()) peer.restart()
      return
    }
    case 'error':
      if (message.retryAfter) notBefore = Date.now() + 1000 * message.retryAfter
      return
    case 'ice':
      return configure(message)
    case 'lobby':
      for (const { peer, state } of message.peers) if (state === 'waiting') say({ type: 'admit', peer })
      return
    case 'knock':
      return role === 'host' && say({ type: 'admit', peer: message.peer })
    case 'admitted':
      configure(message.ice)
      for (const peer of message.peers) meet(peer)
      return
    case 'peer-joined':
      return meet(message)
    case 'peer-left':
      return part(message.peer)
    case 'held':
      for (const peer of [...peers.keys()]) part(peer)
      return
    case 'signal':
      return peers.get(message.from)?.receive(message.data)
  }
}

function configure({ servers, policy }) {
  config = { iceServers: servers, iceTransportPolicy: policy }
}

function part(peer) {
  peers.get(peer)?.close()
  peers.delete(peer)
}

/** Perfect negotiation with one peer; a description with another fingerprint is that of a new connection over there. */
function meet({ peer, polite }) {
  // Named again, after a gap: the call may well go on.
  if (peers.has(peer)) return peers.get(peer).restart()
  let pc
  let fingerprint
  let queue = Promise.resolve()
  const tell = (data) => say({ type: 'signal', to: peer, data })
  const inTurn = (task) => {
    queue = queue.then(task).catch(({ name }) => console.error(`negotiation: ${name}`))
  }

  function begin() {
    pc?.close()
    const mine = new RTCPeerConnection(config)
    pc = mine
    fingerprint = undefined
    for (const kind of ['audio', 'video']) {
      const back = new MediaStreamTrack({ kind })
      const transceiver = mine.addTransceiver(back, { direction: 'sendrecv' })
      transceiver.onTrack.subscribe((track) => {
        track.onReceiveRtp.subscribe((packet) => back.writeRtp(packet))
        // Whole pictures come only if somebody asks for them.
        if (kind === 'video')
          setInterval(() => transceiver.receiver.sendRtcpPLI(track.ssrc).catch(() => {}), 2_000).unref()
      })
    }
    mine.onicecandidate = ({ candidate }) => {
      if (mine === pc && candidate) tell({ candidate: candidate.toJSON() })
    }
  }

  async function offer() {
    await pc.setLocalDescription(await pc.createOffer())
    const { type, sdp } = pc.localDescription
    tell({ description: { type, sdp } })
  }

  async function receive({ description, candidate }) {
    if (!description) return candidate?.candidate ? pc.addIceCandidate(candidate) : undefined
    const theirs = /^a=fingerprint:(.*\S)/m.exec(description.sdp)?.[1]
    const crossed = pc.signalingState === 'have-local-offer'
    if (description.type === 'offer') {
      if (crossed && !polite) return
      if (crossed || (fingerprint && fingerprint !== theirs)) begin()
      await pc.setRemoteDescription(description)
      fingerprint = theirs
      await pc.setLocalDescription(await pc.createAnswer())
      const { type, sdp } = pc.localDescription
      tell({ description: { type, sdp } })
    } else if (crossed) {
      await pc.setRemoteDescription(description)
      fingerprint = theirs
    }
  }

  begin()
  if (!polite) inTurn(offer)
  peers.set(peer, {
    receive: (data) => inTurn(() => receive(data)),
    restart: () => !polite && inTurn(offer),
    close: () => pc.close(),
  })
}

/** Whoever only listens would listen to a dead line for ever. */
setInterval(() => {
  if (!socket) return
  const silence = Date.now() - heard
  if (silence > 40_000) {
    const dead = socket
    socket = undefined
    dead.close()
    connect()
  } else if (silence > 30_000) put({ type: 'ping' })
}, 5_000)

process.on('SIGTERM', async () => {
  say({ type: 'leave' })
  await wait(500)
  process.exit()
})
connect()
