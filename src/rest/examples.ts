/** An example of each schema that has a title, by that: the story of one consultation, told twice. */

const guest = '0c9mVfJ4Qx2yHn8T'
const host = 'p7WcR1sKd5LuZ3Ea'
const session = '019c2f6e-5a10-7c44-9d3b-2f1e6a7b8c9d'
const start = 1_772_442_000_000
const end = start + 3_000_000
const room = 'zimmer1'
const codeId = '019c2f6d-11aa-7b02-8f1c-6d5e4c3b2a10'
const code = {
  ...{ id: codeId, room, role: 'guest', status: 'valid', notBefore: start - 900_000, expiresAt: start + 3_600_000 },
  ...{ createdAt: start - 86_400_000, revokedAt: null, reference: 'T-2026-117', guests: 1 },
}
const kept = {
  ...{ id: session, room, start, end, duration: 3_000, participants: 2, reason: 'ended', reference: 'T-2026-117' },
}
const entry = { id: session, at: end, admin: 'praxis', action: 'mint_code', target: codeId }
const deletion = {
  ...{ id: session, day: '2026-03-02', cause: 'sweep', kind: 'sessions', first: start, last: end, runs: 24, failed: 0 },
  ...{ deleted: 7, until: '2026-01-31', wiped: true },
}
const ice = { servers: [{ urls: ['stun:turn.praxis.example:3478'] }], policy: 'all' }
const peer = { peer: host, role: 'host', name: 'Praxis Beispiel', polite: true }
const waiting = { peer: guest, name: 'Anna', state: 'waiting', present: true, since: start - 120_000 }
const offer = { description: { type: 'offer', sdp: 'v=0\r\n…' }, wz: { v: 1, offer: 'b3Jh' } }
const seated = (peer: string, role: string, state: string) => ({ peer, role, state, epoch: 1 })

export const examples: Readonly<Record<string, unknown>> = {
  MintRequest: { room, roles: ['host', 'guest'], notBefore: code.notBefore, expiresAt: code.expiresAt },
  Minted: {
    room,
    codes: [
      {
        ...{ id: codeId, role: 'guest', code: '7KQ2-M4XW-9RBD', notBefore: code.notBefore, expiresAt: code.expiresAt },
        link: 'https://video.praxis.example/#7KQ2-M4XW-9RBD',
      },
    ],
  },
  MoveRequest: { notBefore: code.notBefore + 86_400_000, expiresAt: code.expiresAt + 86_400_000 },
  Code: code,
  Codes: { codes: [code], next: null },
  Room: {
    ...{ room, host: 'present', waiting: 1, admitted: 0, session: null },
    peers: [{ role: 'guest', state: 'waiting', present: true, since: start - 120_000 }],
  },
  Session: kept,
  Sessions: { sessions: [kept], next: null },
  AuditEntry: entry,
  Audit: { entries: [entry], next: null },
  Deletion: deletion,
  Deletions: { deletions: [deletion], next: null },
  Problem: {
    ...{ type: '/docs/rest#code_unknown', title: 'There is no such code.', status: 404, code: 'code_unknown' },
  },
  Readiness: { status: 'ready', wiped: true, lastSweep: start, clockDisagreesBySeconds: 0 },

  ClientJoin: { type: 'join', id: 1, code: '7KQ2-M4XW-9RBD', name: 'Anna' },
  ClientResume: { type: 'resume', token: 'MGM5bVZmSjRReDJ5SG44VA.c2VjcmV0', epoch: 1, seq: 7, name: 'Anna' },
  ClientAdmit: { type: 'admit', id: 2, peer: guest },
  ClientDeny: { type: 'deny', id: 3, peer: guest, reason: 'Bitte rufen Sie in der Praxis an.' },
  ClientHold: { type: 'hold', id: 4, peer: guest },
  ClientNotice: { type: 'notice', id: 5, text: 'Es dauert noch fünf Minuten.', peer: guest },
  ClientSignal: { type: 'signal', id: 6, to: guest, data: offer },
  ClientPing: { type: 'ping' },
  ClientEnd: { type: 'end', id: 7 },
  ClientLeave: { type: 'leave', id: 8 },

  ServerJoined: {
    ...{ type: 'joined', ...seated(guest, 'guest', 'waiting'), re: 1 },
    ...{ resume: { token: 'MGM5bVZmSjRReDJ5SG44VA.c2VjcmV0', within: 120 } },
    ...{ server: { version: '1.2.0', features: ['resume', 'staff'] } },
  },
  ServerResumed: { type: 'resumed', ...seated(guest, 'guest', 'waiting'), id: 1, lossless: true },
  ServerLobby: { type: 'lobby', now: start, peers: [waiting], staff: 0, seq: 1 },
  ServerHost: { type: 'host', host: 'present', session: false, seq: 2 },
  ServerKnock: { type: 'knock', peer: guest, name: 'Anna', since: start - 120_000, quiet: false, seq: 3 },
  ServerWaiting: { type: 'waiting', host: 'present', seq: 1 },
  ServerAdmitted: { type: 'admitted', session, peers: [peer], ice, seq: 2 },
  ServerPeerJoined: { type: 'peer-joined', peer: guest, role: 'guest', name: 'Anna', polite: false, seq: 4 },
  ServerPeerAway: { type: 'peer-away', peer: guest, seq: 5 },
  ServerPeerBack: { type: 'peer-back', peer: guest, seq: 6 },
  ServerPeerLeft: { type: 'peer-left', peer: guest, reason: 'held', seq: 7 },
  ServerSignal: { type: 'signal', from: host, data: offer, seq: 3 },
  ServerPong: { type: 'pong', seq: 4 },
  ServerHeld: { type: 'held', seq: 5 },
  ServerNotice: { type: 'notice', text: 'Es dauert noch fünf Minuten.', seq: 6 },
  ServerDenied: { type: 'denied', reason: 'Bitte rufen Sie in der Praxis an.', seq: 7 },
  ServerEnded: { type: 'ended', reason: 'ended', seq: 8 },
  ServerIce: { type: 'ice', ...ice, seq: 9 },
  ServerError: { type: 'error', code: 'no_such_peer', message: 'There is no such peer.', re: 6, seq: 10 },
}
