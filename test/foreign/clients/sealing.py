#!/usr/bin/env python3
"""Computes the vectors of docs/sealing.md anew, from what is written there, and says what differs."""

import base64
import hashlib
import json
import os
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERSION = b'\x01'
ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
DIRECTIONS = {'hostToGuest': ('host', 'guest'), 'guestToHost': ('guest', 'host'), 'guestToGuest': ('guest', 'other')}


def encode(data):
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text):
    """The bytes of base64url without padding."""
    return base64.b64decode(text + '=' * (-len(text) % 4), '-_', validate=True)


def fields(*values):
    """Each field behind its length in 16 bits; texts are UTF-8."""
    values = [value.encode() if isinstance(value, str) else value for value in values]
    return b''.join(len(value).to_bytes(2, 'big') + value for value in values)


def digest(*values):
    """SHA-256 of fields."""
    return hashlib.sha256(fields(*values)).digest()


def derive(secret, seal, *info):
    """A key of 32 bytes, with the seal as salt."""
    return HKDF(SHA256(), 32, seal.encode(), fields(*info)).derive(secret)


def read_key(jwk):
    """The private key in a JSON Web Key."""
    return ec.derive_private_key(int.from_bytes(decode(jwk['d']), 'big'), ec.SECP256R1())


def point_of(key):
    """The uncompressed point of a key."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def times_17(value):
    """The product with 17, that is x^4 + 1, in GF(32) with x^5 + x^3 + 1."""
    product = value
    for _ in range(4):
        product = product << 1 ^ (41 if product & 16 else 0)
    return product ^ value


def seal_of(point):
    """The seal of the practice key with this point."""
    bits, check = int.from_bytes(digest('wartezimmer seal', VERSION, point), 'big') >> 126, 0
    symbols = [bits >> shift & 31 for shift in range(125, -1, -5)]
    for symbol in symbols:
        check = times_17(check ^ symbol)
    return ''.join(ALPHABET[symbol] for symbol in [*symbols, check])


def direction_key(keys, own, other, sender, receiver, seal):
    """The key from sender to receiver, as the page `own` computes it from its private keys and the other's points."""
    secret, practice = keys[own].exchange(ec.ECDH(), keys[other].public_key()), b''
    if 'host' in (own, other):
        mine, theirs = ('practice', other) if own == 'host' else (own, 'practice')
        secret += keys[mine].exchange(ec.ECDH(), keys[theirs].public_key())
        practice = point_of(keys['practice'])
    points = (point_of(keys[sender]), point_of(keys[receiver]), practice)
    return derive(secret, seal, 'wartezimmer sealed', VERSION, *points)


def seal_message(key, sender, receiver, n, value):
    """A value as the sealed message number n."""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()
    box = AESGCM(key).encrypt(n.to_bytes(12, 'big'), text, VERSION)
    return {'v': 1, 'from': sender, 'to': receiver, 'n': n, 'box': encode(box)}


def open_message(key, sender, receiver, last, message):
    """The value of a sealed message that came after number `last`, or None if it is to be left aside."""
    n = message['n']
    if (message['from'], message['to']) != (sender, receiver) or n <= last:
        return None
    try:
        return json.loads(AESGCM(key).decrypt(n.to_bytes(12, 'big'), decode(message['box']), VERSION))
    except (InvalidTag, ValueError):
        return None


def wrap_point(point, seal, nonce=None):
    """The practice's point, encrypted for those who have a link."""
    nonce, key = nonce or os.urandom(12), derive(seal.encode(), seal, 'wartezimmer practice', VERSION)
    return encode(nonce + AESGCM(key).encrypt(nonce, point, None))


def unwrap_point(text, seal):
    """The practice's point, or None if it cannot be opened or has another seal."""
    data, key = decode(text), derive(seal.encode(), seal, 'wartezimmer practice', VERSION)
    try:
        point = AESGCM(key).decrypt(data[:12], data[12:], None)
    except InvalidTag:
        return None
    return point if seal_of(point) == seal else None


def altered(text):
    """Every base64url of the same bytes with one bit of one of them changed."""
    data = decode(text)
    return [encode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]) for at in range(len(data))]


def check_keys(vectors, keys):
    """The point of each key."""
    for name, jwk in vectors['pageKeys'].items():
        yield f'point, {name}', point_of(keys[name]), b'\x04' + decode(jwk['x']) + decode(jwk['y'])
    kind = {'kty': 'EC', 'crv': 'P-256', 'use': 'wartezimmer-seal-1'}
    yield 'practice key', {**vectors['practiceKey'], **kind}, vectors['practiceKey']
    yield 'point, practice', point_of(keys['practice'])[1:33], decode(vectors['practiceKey']['x'])


def check_seal(vectors, keys):
    """The seal, the link that ends with it, and the practice's point."""
    point, stranger = point_of(keys['practice']), point_of(keys['other'])
    seal = seal_of(point)
    wrapped = wrap_point(point, seal)
    start, _, part = vectors['link'].partition('#')
    yield 'seal', seal, vectors['seal']
    yield 'link', f'{start}#{part[:11]}-{seal}', vectors['link']
    given = vectors['practice']
    yield 'practice point, encrypted', wrap_point(point, seal, bytes.fromhex(given['nonce'])), given['said']
    yield 'practice point', unwrap_point(given['said'], seal), point
    yield 'practice point, changed byte', {unwrap_point(text, seal) for text in altered(wrapped)}, {None}
    yield 'practice point, another seal', unwrap_point(wrapped, seal_of(stranger)), None
    yield 'practice point, another point', unwrap_point(wrap_point(stranger, seal), seal), None


def check_messages(vectors, keys):
    """The sealed messages, made anew by the sender and opened by the receiver, and what has to be refused."""
    seal, said = vectors['seal'], vectors['said']
    for title, (sender, receiver) in DIRECTIONS.items():
        (given, *later), names = vectors['sealed'][title], [encode(point_of(keys[page]))[2:18] for page in (sender, receiver)]
        sending = direction_key(keys, sender, receiver, sender, receiver, seal)
        opening = direction_key(keys, receiver, sender, sender, receiver, seal)
        swapped = direction_key(keys, receiver, sender, receiver, sender, seal)
        strange = direction_key(keys, receiver, sender, sender, receiver, seal_of(point_of(keys['other'])))
        changed = [open_message(opening, *names, 0, {**given, 'box': box}) for box in altered(given['box'])]
        yield f'{title}, sealed', seal_message(sending, *names, 1, said), given
        yield f'{title}, opened', open_message(opening, *names, 0, given), said
        for message in later:
            n = message['n']
            yield f'{title}, message {n}', seal_message(sending, *names, n, said), message
            yield f'{title}, message {n} opened', open_message(opening, *names, n - 1, message), said
        yield f'{title}, changed byte', changed, [None] * len(changed)
        yield f'{title}, wrong n', open_message(opening, *names, 0, {**given, 'n': 2}), None
        yield f'{title}, said again', open_message(opening, *names, 1, given), None
        yield f'{title}, swapped names', open_message(opening, *reversed(names), 0, given), None
        yield f'{title}, swapped direction', open_message(swapped, *names, 0, given), None
        yield f'{title}, another seal', open_message(strange, *names, 0, given), None


def check_number(vectors, _):
    """The steps to the safety number."""
    given = vectors['safetyNumber']
    certificates, randoms = given['certificates'], {side: decode(text) for side, text in given['randoms'].items()}
    ordered = sorted(certificates, key=certificates.get)
    pair = digest('wartezimmer check', VERSION, 'pair', *(certificates[side] for side in ordered))
    yield 'pair', encode(pair)[:16], given['pair']
    for own, other in (('own', 'theirs'), ('theirs', 'own')):
        commit = digest('wartezimmer check', VERSION, 'commit', certificates[own], certificates[other], randoms[own])
        yield f'commit, {own}', encode(commit), given['commit'][own]
    parts = (value for side in ordered for value in (certificates[side], randoms[side]))
    number = int.from_bytes(digest('wartezimmer check', VERSION, 'number', *parts)[:8], 'big') % 1_000_000
    yield 'number', f'{number:06}', given['number']


def main():
    """Prints a line for each check, and says whether all were right."""
    vectors = json.load(sys.stdin)
    keys = {name: read_key(jwk) for name, jwk in vectors['pageKeys'].items()}
    keys['practice'] = read_key(vectors['practiceKey'])
    results = []
    for check in (check_keys, check_seal, check_messages, check_number):
        for title, computed, given in check(vectors, keys):
            results.append(computed == given)
            print(f'ok {title}' if results[-1] else f'{title} differs: {computed!r}, expected {given!r}')
    return all(results)


if __name__ == '__main__':
    sys.exit(0 if main() else 1)
