"""A sealed letter: what was written, under a key of its own, and that key in four slots of equal size.

version 1 · place 32 · area 3 · four slots of 80 · body, in one of the seven sizes of `sizes`; all lengths in bytes.
The place is the SHA-256 of what the receipt fetches with: whoever reads the store can ask for nothing. Each slot is
bound to version, place, area and its own number, the body to all that stands before it.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.sealing import hpke
from recoupe.sealing.sizes import PREFIX, SIZES, padded, unpadded, wire_size

VERSION = 1
PLACE = 32
AREA = 3
SLOTS = 4
CONTENT_KEY = 32
SLOT = CONTENT_KEY + hpke.ADDED
HEADER = 1 + PLACE + AREA + SLOTS * SLOT
TAG = 16
# The key serves for one body and is thrown away: no second nonce is ever needed.
NONCE = bytes(12)
AREAS = re.compile(r"(?:[0-9]{2}|2[AB]|9[78][0-9])", re.ASCII)

SENTENCE_SIZE = gettext_noop("Ce pli n'a pas une des sept tailles prévues : il est tronqué, ou il n'en est pas un.")
SENTENCE_VERSION = gettext_noop("Ce pli est d'une version que ce site ne connaît pas : rechargez la page.")
SENTENCE_AREA = gettext_noop("Ce pli ne dit pas son département.")
SENTENCE_SLOTS = gettext_noop("Un pli a quatre destinataires possibles, et au moins un.")
SENTENCE_PLACE = gettext_noop("Ce pli n'a pas de reçu.")


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a letter, none of them opened."""

    place: bytes
    area: str
    slots: tuple[bytes, ...]
    header: bytes
    body: bytes


def seal(content: bytes, *, place: bytes, area: str, keys: Sequence[bytes | None]) -> bytes:
    """Seal `content` to the public keys given, in their slots; None is a slot that nobody opens."""
    if len(place) != PLACE:
        raise Invalid(SENTENCE_PLACE)
    if not AREAS.fullmatch(area):
        raise Invalid(SENTENCE_AREA)
    if len(keys) != SLOTS or not any(keys):
        raise Invalid(SENTENCE_SLOTS)
    size = wire_size(HEADER + PREFIX + len(content) + TAG)
    head = bytes([VERSION]) + place + area.encode().ljust(AREA)
    content_key = secrets.token_bytes(CONTENT_KEY)
    header = head + b"".join(_slot(content_key, key, head, number) for number, key in enumerate(keys))
    return header + AESGCM(content_key).encrypt(NONCE, padded(content, size - HEADER - TAG), header)


def _slot(content_key: bytes, key: bytes | None, head: bytes, number: int) -> bytes:
    if key is None:
        # Random bytes alone would tell: only half of them are points of the curve. So nothing is sealed to nobody.
        content_key, key = secrets.token_bytes(CONTENT_KEY), hpke.public_key(hpke.new_private_key())
    return hpke.seal(content_key, key, _info(head, number))


def _info(head: bytes, number: int) -> bytes:
    return b"recoupe slot\0" + head + bytes([number])


def parse(letter: bytes) -> Letter:
    """The parts of what claims to be a letter; Invalid with a sentence for what is none."""
    if letter[:1] and letter[0] != VERSION:
        raise Invalid(SENTENCE_VERSION)
    if len(letter) not in SIZES:
        raise Invalid(SENTENCE_SIZE)
    head = 1 + PLACE + AREA
    try:
        area = letter[1 + PLACE : head].decode("ascii").rstrip(" ")
    except UnicodeDecodeError as error:
        raise Invalid(SENTENCE_AREA) from error
    if not AREAS.fullmatch(area):
        raise Invalid(SENTENCE_AREA)
    slots = tuple(letter[head + n * SLOT : head + (n + 1) * SLOT] for n in range(SLOTS))
    return Letter(letter[1 : 1 + PLACE], area, slots, letter[:HEADER], letter[HEADER:])


def unseal(letter: bytes, private: bytes, number: int) -> bytes:
    """The content, by the private key of slot `number`; Invalid where one byte was changed or the key is another."""
    parts = parse(letter)
    content_key = hpke.unseal(parts.slots[number], private, _info(letter[: 1 + PLACE + AREA], number))
    try:
        filled = AESGCM(content_key).decrypt(NONCE, parts.body, parts.header)
    except (InvalidTag, ValueError) as error:
        raise Invalid(hpke.SENTENCE_UNOPENED) from error
    content = unpadded(filled)
    if content is None:
        raise Invalid(hpke.SENTENCE_UNOPENED)
    return content
