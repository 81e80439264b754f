#!/usr/bin/env python3
"""Computes the test vectors of docs/sealing.md anew, from what is written there alone, and says what differs.

    python3 sealing.py < vectors.json
"""

import base64
import hashlib
import json
import re
import secrets
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERSION = b'\x01'
ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
DIRECTIONS = {'hostToGuest': ('host', 'guest'), 'guestToHost': ('guest', 'host'), 'guestToGuest': ('guest', 'other')}


def encode(data):
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text):
    """The bytes that base64url without padding stands for."""
    return base64.b64decode(text + '=' * (-len(text) % 4), altchars='-_', validate=True)


def fields(*values):
    """Each field behind its length in 16 bits; texts are UTF-8."""
    values = [value.encode() if isinstance(value, str) else value for value in values]
    return b''.join(len(value).to_bytes(2, 'big') + value for value in values)


def digest(*values):
    """SHA-256 of fields."""
    return hashlib.sha256(fields(*values)).digest()


def derive(secret, seal, *info):
    """A key of 32 bytes: HKDF-SHA256 with the seal as salt and fields as info."""
    return HKDF(hashes.SHA256(), 32, seal.encode(), fields(*info)).derive(secret)


def read_key(jwk):
    """The private key of a JSON Web Key, whose point has to be the one that is said there."""
    key = ec.derive_private_key(int.from_bytes(decode(jwk['d']), 'big'), ec.SECP256R1())
    if point_of(key) != b'\x04' + decode(jwk['x']) + decode(jwk['y']):
        raise ValueError('x and y are not the point of d')
    return key


def point_of(key):
    """The uncompressed point of a key."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def name_of(key):
    """What a page key is called in messages."""
    return encode(point_of(key))[2:18]


def times(a, b):
    """The product in GF(32) with x^5 + x^3 + 1."""
    product = 0
    for bit in (16, 8, 4, 2, 1):
        product = product << 1 ^ (41 if product & 16 else 0) ^ (a if b & bit else 0)
    return product


def remainder(symbols):
    """The polynomial of the symbols at 17, which is 0 where the last of them is the right check symbol."""
    value = 0
    for symbol in symbols:
        value = times(value, 17) ^ ALPHABET.index(symbol)
    return value


def seal_of(point):
    """The seal of a practice key's point."""
    bits = int.from_bytes(digest('wartezimmer seal', VERSION, point), 'big') >> 126
    symbols = ''.join(ALPHABET[bits >> shift & 31] for shift in range(125, -1, -5))
    return symbols + ALPHABET[times(remainder(symbols), 17)]


def read_link(link):
    """The code and the seal of a sealed link, or None where either has a typing error."""
    text = re.sub('[^0-9A-Z]', '', link.partition('#')[2].upper()).translate(str.maketrans('OIL', '011'))
    if len(text) != 36 or 'U' in text or remainder(text[:9]) or remainder(text[9:]):
        return None
    return text[:9], text[9:]


def direction_key(keys, own, other, sender, receiver, seal):
    """The key from `sender` to `receiver`, computed with the private keys that the page `own` has of the two."""
    secret, practice = keys[own].exchange(ec.ECDH(), keys[other].public_key()), b''
    if 'host' in (own, other):
        mine, theirs = ('practice', other) if own == 'host' else (own, 'practice')
        secret += keys[mine].exchange(ec.ECDH(), keys[theirs].public_key())
        practice = point_of(keys['practice'])
    return derive(secret, seal, 'wartezimmer sealed', VERSION, point_of(keys[sender]), point_of(keys[receiver]), practice)


def seal_message(key, sender, receiver, n, value):
    """The sealed message number `n`."""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()
    box = AESGCM(key).encrypt(n.to_bytes(12, 'big'), text, VERSION)
    return {'v': 1, 'from': sender, 'to': receiver, 'n': n, 'box': encode(box)}


def open_message(key, sender, receiver, last, message):
    """The value of a sealed message that comes after number `last`, or None where it is to be left aside."""
    n = message['n']
    if (message['v'], message['from'], message['to']) != (1, sender, receiver) or n <= last:
        return None
    try:
        return json.loads(AESGCM(key).decrypt(n.to_bytes(12, 'big'), decode(message['box']), VERSION))
    except InvalidTag:
        return None


def wrap_point(point, seal):
    """The practice's point, encrypted for those who have the seal."""
    nonce = secrets.token_bytes(12)
    key = derive(seal.encode(), seal, 'wartezimmer practice', VERSION)
    return encode(nonce + AESGCM(key).encrypt(nonce, point, None))


def unwrap_point(text, seal):
    """The practice's point, or None where it does not open or the seal is not that of this point."""
    data, key = decode(text), derive(seal.encode(), seal, 'wartezimmer practice', VERSION)
    try:
        point = AESGCM(key).decrypt(data[:12], data[12:], None)
    except InvalidTag:
        return None
    return point if seal_of(point) == seal else None


def altered(text):
    """The base64url of the same bytes with one bit of one byte changed, for each of the bytes."""
    data = decode(text)
    return [encode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]) for at in range(len(data))]


def check_seal(vectors, keys):
    """The seal and the link that ends with it."""
    seal, link = seal_of(point_of(read_key(vectors['practiceKey']))), vectors['link']
    yield 'seal', seal, vectors['seal']
    code, read = read_link(link.lower()) or ('', '')
    yield 'link, written', f"{link.partition('#')[0]}#{code[:3]}-{code[3:6]}-{code[6:]}-{seal}", link
    yield 'link, read', read, seal
    yield 'link, cut', read_link(link[:-1]), None
    point, stranger = point_of(keys['practice']), seal_of(point_of(keys['other']))
    wrapped = wrap_point(point, seal)
    yield 'practice point, opened', unwrap_point(wrapped, seal), point
    yield 'practice point, changed byte', {unwrap_point(text, seal) for text in altered(wrapped)}, {None}
    yield 'practice point, another seal', unwrap_point(wrapped, stranger), None
    yield 'practice point, another point', unwrap_point(wrap_point(point_of(keys['other']), seal), seal), None


def check_messages(vectors, keys):
    """The sealed messages, opened by their receiver and made anew by their sender, and what has to be refused."""
    seal, said = vectors['seal'], vectors['said']
    for direction, (sender, receiver) in DIRECTIONS.items():
        given, names = vectors['sealed'][direction], (name_of(keys[sender]), name_of(keys[receiver]))
        sending = direction_key(keys, sender, receiver, sender, receiver, seal)
        receiving = direction_key(keys, receiver, sender, sender, receiver, seal)
        opposite = direction_key(keys, sender, receiver, receiver, sender, seal)
        stranger = direction_key(keys, receiver, sender, sender, receiver, seal_of(point_of(keys['other'])))
        reflected = {**given, 'from': names[1], 'to': names[0]}
        changed = [open_message(receiving, *names, 0, {**given, 'box': box}) for box in altered(given['box'])]
        yield f'{direction}, sealed', seal_message(sending, *names, 1, said), given
        yield f'{direction}, opened', open_message(receiving, *names, 0, given), said
        yield f'{direction}, changed byte', changed, [None] * len(changed)
        yield f'{direction}, wrong n', open_message(receiving, *names, 0, {**given, 'n': 2}), None
        yield f'{direction}, said again', open_message(receiving, *names, 1, given), None
        yield f'{direction}, wrong names', open_message(receiving, *names, 0, reflected), None
        yield f'{direction}, swapped', open_message(opposite, *reversed(names), 0, reflected), None
        yield f'{direction}, another seal', open_message(stranger, *names, 0, given), None


def check_number(vectors, keys):
    """The steps to the safety number."""
    given = vectors['safetyNumber']
    certificates = given['certificates']
    randoms = {side: decode(text) for side, text in given['randoms'].items()}
    ordered = sorted(certificates, key=certificates.get)
    pair = digest('wartezimmer check', VERSION, 'pair', *(certificates[side] for side in ordered))
    yield 'pair', encode(pair)[:16], given['pair']
    for own, theirs in (('own', 'theirs'), ('theirs', 'own')):
        commit = digest('wartezimmer check', VERSION, 'commit', certificates[own], certificates[theirs], randoms[own])
        yield f'commit, {own}', encode(commit), given['commit'][own]
    both = (value for side in ordered for value in (certificates[side], randoms[side]))
    number = int.from_bytes(digest('wartezimmer check', VERSION, 'number', *both)[:8], 'big') % 1_000_000
    yield 'number', f'{number:06}', given['number']


def main():
    """Prints a line for each check; whether all of them are right."""
    vectors = json.load(sys.stdin)
    keys = {name: read_key(jwk) for name, jwk in vectors['pageKeys'].items()}
    right = True
    for check in (check_seal, check_messages, check_number):
        for name, computed, given in check(vectors, keys):
            print(f'ok {name}' if computed == given else f'DIFFERS {name}: {computed!r} instead of {given!r}')
            right = right and computed == given
    return right


if __name__ == '__main__':
    sys.exit(0 if main() else 1)
