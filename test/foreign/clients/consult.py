"""A whole video consultation from the command line, as guest or as host:

    consult.py ws://127.0.0.1:8098/v1/signal CODE guest|host

A client in another language than the reference one, made from the documents alone. The guest waits, the host admits
whoever waits; both send a moving picture and a tone. What happens is printed, one JSON object a line. The exit code is
0 where it is over, also by SIGTERM, and 1 where something is wrong. Needs python3-websockets and python3-aiortc.
"""

import asyncio
import fractions
import json
import math
import random
import re
import secrets
import signal
import struct
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame
from websockets.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatusCode

NAMES = {'guest': 'Anna', 'host': 'Praxis'}
SILENCE, ANSWER = 30, 10  # seconds without a frame before we ping; seconds that an answer may take
YIELD = 1.5  # seconds that the polite side leaves to the other one to offer first
CANDIDATES, FIRST_CANDIDATE = 100, 5  # so many may wait for their description; seconds that a description waits for one
FAULTS = (1009, 4506, 4507)  # close codes that say that this program, or its code, is wrong
# The messages and fields that are printed: nothing secret, and no names.
TOLD = 'joined resumed knock waiting admitted peer-joined peer-away peer-back peer-left held notice denied ended error'
FIELDS = 'peer role state lossless host reason text code notBefore retryAfter'

# aiortc 1.4 numbers this as it numbers the send time of pictures, and stumbles over it where both are in one bundle.
HEADER_EXTENSIONS['audio'] = [one for one in HEADER_EXTENSIONS['audio'] if not one.uri.endswith('ssrc-audio-level')]


def emit(event, **fields):
    print(json.dumps({'event': event, **fields}), flush=True)


class Picture(VideoStreamTrack):
    """A grey ramp that moves: small and slow, to be cheap."""

    count = 0

    async def recv(self):
        await asyncio.sleep(0.1)
        self.count += 1
        frame = VideoFrame(160, 120, 'yuv420p')
        luma, *chroma = frame.planes
        luma.update(bytes((x + 8 * self.count) % 256 for x in range(luma.line_size)) * luma.height)
        for plane in chroma:
            plane.update(b'\x80' * plane.buffer_size)
        frame.pts, frame.time_base = self.count, fractions.Fraction(1, 10)
        return frame


class Tone(AudioStreamTrack):
    """400 Hz. The base class makes frames of 20 ms at 8 kHz, which hold eight whole waves: all are the same."""

    wave = struct.pack('<160h', *(int(8000 * math.sin(math.tau * n / 20)) for n in range(160)))

    async def recv(self):
        frame = await super().recv()
        frame.planes[0].update(self.wave)
        return frame


def attribute(name, sdp):
    found = re.search(rf'a={name}:(.*\S)', sdp)
    return found and found[1]


def differ(name, known, said):
    return attribute(name, known) and attribute(name, said) not in (None, attribute(name, known))


def fits(candidate, sdp):
    return candidate.get('usernameFragment') in (None, '', attribute('ice-ufrag', sdp))


class Peer:
    """The call with one other person: perfect negotiation, on one RTCPeerConnection after another.

    aiortc can neither restart ICE nor take an offer back. Where that is due, a new connection takes the place of the
    old one; by its fingerprint the other side sees that, and begins anew as well.
    """

    def __init__(self, polite, ice, say, frames):
        self.polite, self.ice, self.say, self.frames = polite, ice, say, frames
        self.offered = None  # the name of our last offer
        self.candidates, self.came, self.described = [], asyncio.Event(), asyncio.Event()
        self.watching, self.pc = [], self.create()
        self.jobs = asyncio.Queue()
        self.worker = asyncio.create_task(self.work())
        if not polite:
            self.recover()

    def create(self):
        servers = self.ice()['servers']
        servers = [RTCIceServer(one['urls'], one.get('username'), one.get('credential')) for one in servers]
        pc = RTCPeerConnection(RTCConfiguration(servers))
        pc.addTrack(Tone())
        pc.addTrack(Picture())
        pc.on('track', lambda track: self.watching.append(asyncio.create_task(self.watch(track))))
        pc.on('connectionstatechange', lambda: self.changed(pc))
        return pc

    async def watch(self, track):
        with suppress(MediaStreamError):  # so it ends
            while await track.recv():
                self.frames[track.kind] += 1

    def changed(self, pc):
        if pc is self.pc:
            emit('link', state=pc.connectionState)
            if pc.connectionState == 'failed':
                self.recover()

    async def work(self):
        """Does one job after the other, so that no offer is half made when another one comes in."""
        while True:
            job, *data = await self.jobs.get()
            try:
                await job(*data)
            except Exception as error:  # its message may hold addresses
                emit('problem', error=type(error).__name__)

    def receive(self, data):
        """Takes what the other side said; what is not understood changes nothing."""
        match data:
            case {'description': {'type': 'offer' | 'answer', 'sdp': str()} as description}:
                self.described.set()
                self.jobs.put_nowait((self.take, description, data.get('wz')))
            case {'candidate': dict() | None as candidate}:
                self.candidates = [*self.candidates, candidate or {}][-CANDIDATES:]
                self.came.set()
                self.jobs.put_nowait((self.add,))
            case _:
                emit('problem', error='not understood')

    def recover(self):
        """Agrees anew."""
        self.described.clear()
        self.jobs.put_nowait((self.agree,))

    async def agree(self):
        with suppress(TimeoutError):
            if self.polite:
                return await asyncio.wait_for(self.described.wait(), YIELD)
        await self.offer()

    async def offer(self):
        """An offer that waits for its answer may be lost: it is said again. Media that run keep their connection."""
        if self.pc.signalingState == 'stable' or self.pc.connectionState == 'failed':
            if self.pc.connectionState not in ('new', 'connected'):
                await self.begin()
            await self.pc.setLocalDescription(await self.pc.createOffer())
            self.offered = secrets.token_hex(8)
        await self.describe({'v': 1, 'offer': self.offered})

    async def describe(self, wz):
        """Says our description. aiortc has put all candidates into it, so we say none."""
        description = {'type': self.pc.localDescription.type, 'sdp': self.pc.localDescription.sdp}
        await self.say(data={'description': description, **({'wz': wz} if wz else {})})

    async def begin(self):
        await self.hang_up()
        self.pc = self.create()

    async def hang_up(self):
        while self.watching:
            self.watching.pop().cancel()
        await self.pc.close()

    async def take(self, description, wz):
        """Takes an answer to our last offer; takes an offer, unless it crosses ours and we are not polite."""
        description = RTCSessionDescription(description['sdp'], description['type'])
        known = self.pc.remoteDescription.sdp if self.pc.remoteDescription else ''
        stranger, restarted = (differ(name, known, description.sdp) for name in ('fingerprint', 'ice-ufrag'))
        crossed = self.pc.signalingState == 'have-local-offer'
        if description.type == 'answer':
            named = wz.get('offer') if isinstance(wz, dict) else self.offered
            if not crossed or named != self.offered:
                return
            if stranger:
                await self.begin()
                return await self.offer()
            await self.add(description.sdp)
            return await self.pc.setRemoteDescription(description)
        if crossed and not self.polite and not stranger:
            return await self.offer()
        if crossed or stranger or restarted:
            await self.begin()
        await self.pc.setRemoteDescription(description)
        await self.add(description.sdp)
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        await self.describe(wz)

    async def add(self, taking=None):
        """Adds the candidates that fit. A description that is being taken waits for its first one: aiortc gives up at
        once where it knows none when it begins to connect."""
        if taking and self.pc.connectionState == 'new' and 'a=candidate:' not in taking:
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_CANDIDATE):
                    while not any(fits(one, taking) for one in self.candidates):
                        self.came.clear()
                        await self.came.wait()
        sdp = taking or (self.pc.remoteDescription.sdp if self.pc.remoteDescription else '')
        for one in [one for one in self.candidates if sdp and fits(one, sdp)]:
            self.candidates.remove(one)
            if one.get('candidate'):  # otherwise there will be no more
                candidate = candidate_from_sdp(one['candidate'].removeprefix('candidate:'))
                candidate.sdpMid = one.get('sdpMid') or re.findall(r'a=mid:(\S+)', sdp)[one['sdpMLineIndex']]
                await self.pc.addIceCandidate(candidate)

    async def close(self):
        self.worker.cancel()
        await self.hang_up()


class Consultation:
    """One seat, through all its connections."""

    def __init__(self, url, code, role):
        self.url, self.code, self.role, self.name = url, code, role, NAMES[role]
        self.seat, self.seated = None, False  # token and epoch; whether the present connection has the seat
        self.id, self.seq = 0, 0
        self.pending = []  # what we have said since the last resume: the server may not have processed it
        self.failures, self.not_before = 0, 0
        self.ice, self.peers, self.waiting = {'servers': []}, {}, {}
        self.frames = Counter()

    async def run(self):
        """Connects until it is over, and returns the last close code."""
        while True:
            code = await self.connection()
            self.seated = False
            if code in (1000, 1009) or 4500 <= code <= 4999:
                return code
            emit('lost', code=code)
            most = min(10, 2**self.failures / 2)
            self.failures += 1
            pause = random.uniform(0, 5) if code == 1012 else random.uniform(most / 2, most)
            await asyncio.sleep(max(pause, self.not_before - time.monotonic()))

    async def connection(self):
        try:
            options = {'compression': None, 'ping_interval': None, 'close_timeout': 1}
            async with connect(self.url, subprotocols=['wartezimmer.v1'], **options) as self.socket:
                with suppress(ConnectionClosed):
                    await self.listen()
            return self.socket.close_code
        except InvalidStatusCode as refused:
            if refused.status_code < 429:  # it will not be better next time
                raise
            self.not_before = time.monotonic() + int(refused.headers.get('Retry-After', 0))
        except (OSError, InvalidHandshake):
            pass
        return 1006

    async def listen(self):
        join = {'type': 'join', 'id': 1, 'code': self.code, 'name': self.name}
        resume = {'type': 'resume', **(self.seat or {}), 'seq': self.seq, 'name': self.name}
        await self.socket.send(json.dumps(resume if self.seat else join))
        asked = True
        while True:
            try:
                frame = await asyncio.wait_for(self.socket.recv(), ANSWER if asked else SILENCE)
                await self.take(json.loads(frame))
                asked = not self.seated
            except TimeoutError:
                if asked:
                    return self.socket.transport.abort()  # nobody is there to take a close frame
                asked = True
                await self.socket.send('{"type": "ping"}')

    async def say(self, type, **fields):
        """Says it now, or after the next resume."""
        self.id += 1
        self.pending.append({'type': type, 'id': self.id, **fields})
        if self.seated:
            with suppress(ConnectionClosed):
                await self.socket.send(json.dumps(self.pending[-1]))

    async def take(self, frame):
        """Does what a frame of the server asks for. Later servers may say more than is known here: that is ignored."""
        if frame.get('seq', math.inf) <= self.seq:
            return
        self.seq = frame.get('seq', self.seq)
        if frame['type'] in TOLD.split():
            emit(frame['type'], **{key: frame[key] for key in FIELDS.split() if key in frame})
        match frame:
            case {'type': 'joined'}:
                self.seat = {'token': frame['resume']['token'], 'epoch': frame['epoch']}
                self.id, self.failures, self.seated = 1, 0, True
                if frame['role'] != self.role:
                    await self.say('leave')
                    raise ValueError('the code is for another role')
            case {'type': 'resumed'}:
                await self.resumed(**frame)
            case {'type': 'error', 'retryAfter': seconds}:
                self.not_before = time.monotonic() + seconds
            case {'type': 'lobby', 'peers': guests}:
                guests = sorted(guests, key=lambda one: one['since'])
                self.waiting = {one['peer']: one for one in guests if one['state'] == 'waiting'}
                await self.drop(self.peers.keys() - {one['peer'] for one in guests if one['state'] == 'admitted'})
                await self.admit()
            case {'type': 'knock', 'peer': peer}:
                self.waiting[peer] = frame
                await self.admit()
            case {'type': 'ice'}:
                self.renew(frame)
            case {'type': 'waiting' | 'held'}:
                await self.drop(self.peers)
            case {'type': 'admitted', 'peers': peers}:
                self.renew(frame['ice'])
                await self.drop(self.peers.keys() - {one['peer'] for one in peers})
                for one in peers:
                    self.meet(one)
            case {'type': 'peer-joined', 'peer': peer}:
                self.meet(frame)
                self.waiting.pop(peer, None)
                await self.admit()
            case {'type': 'peer-back', 'peer': peer} if peer in self.peers:
                pc = self.peers[peer].pc
                if (pc.connectionState, pc.signalingState) != ('connected', 'stable'):
                    self.peers[peer].recover()
            case {'type': 'peer-left', 'peer': peer}:
                self.waiting.pop(peer, None)
                await self.drop([peer])
                await self.admit()
            case {'type': 'signal', 'from': peer} if peer in self.peers:
                self.peers[peer].receive(frame['data'])

    async def resumed(self, id, epoch, lossless, **_):
        if epoch != self.seat['epoch']:
            self.seat['epoch'], self.seq = epoch, 0
        # After a gap everything is agreed anew, so signals from before it would only confuse.
        self.pending = [one for one in self.pending if one['id'] > id and (lossless or one['type'] != 'signal')]
        for one in self.pending:  # may grow meanwhile: numbers never go back, so seated is the last
            await self.socket.send(json.dumps(one))
        self.failures, self.seated = 0, True

    async def admit(self):
        """Admits who waits longest. The others follow one by one: where the room is full, refusals are counted."""
        for peer in [*self.waiting][:1]:
            await self.say('admit', peer=peer)

    def renew(self, ice):
        if ice['policy'] == 'relay':
            raise ValueError('aiortc cannot keep to relays: the other side would learn our address')
        self.ice = ice  # for connections from now on: aiortc cannot change one

    def meet(self, one):
        """Calls a peer. Whom we know already is named again only after a gap."""
        peer = one['peer']
        if peer in self.peers:
            self.peers[peer].recover()
        else:
            self.peers[peer] = Peer(one['polite'], lambda: self.ice, partial(self.say, 'signal', to=peer), self.frames)

    async def drop(self, gone):
        for peer in [self.peers.pop(peer) for peer in [*gone] if peer in self.peers]:
            await peer.close()

    async def count(self):
        while True:
            await asyncio.sleep(1)
            for kind, frames in self.frames.items():
                emit('media', kind=kind, frames=frames)


async def main(url, code, role):
    visit, loop = Consultation(url, code, role), asyncio.get_running_loop()
    running, counting = loop.create_task(visit.run()), loop.create_task(visit.count())

    def leave():
        if visit.seated:
            loop.create_task(visit.say('leave'))
        loop.call_later(ANSWER if visit.seated else 0, running.cancel)

    loop.add_signal_handler(signal.SIGTERM, leave)
    try:
        code = await running
        emit('over', code=code)
        return int(code in FAULTS)
    except asyncio.CancelledError:
        return 0
    except Exception as error:
        emit('failed', error=str(error))
        return 1
    finally:
        counting.cancel()
        await visit.drop(visit.peers)


if __name__ == '__main__':
    if len(sys.argv) != 4 or sys.argv[3] not in NAMES:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(*sys.argv[1:])))
