"""Checkpoints as signed notes: what the journal held at a moment, signed by its notary and by each witness.

The text is that of the public transparency logs (C2SP tlog-checkpoint, signed-note and tlog-cosignature): a name, a
number of leaves, a root, here a moment too; a blank line; then one line a signature.
"""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ORIGIN = "recoupe/journal"
NOTARY = "notaire"
# The kinds of key of the note format: a log's own signature, and a witness's with its moment.
LOG, WITNESS = b"\x01", b"\x04"
MARK = "— "
# A fifth line of a checkpoint: the key that signed until then, and the one that signs from then on.
_KEYS = re.compile(r"key ([0-9a-f]{64}) ([0-9a-f]{64})")


class UnreadableError(ValueError):
    """A note that is none, or that carries no valid signature of the key asked for."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the name under which it signs."""

    name: str
    kind: bytes
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before its signatures."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def checks(self, signature: bytes, message: bytes) -> bool:
        """Whether it signed this."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class PrivateKey(Protocol):
    """What signs, wherever it stands: in a file (Ed25519PrivateKey) or in a token (tokens.TokenKey)."""

    def public_key(self) -> Ed25519PublicKey:
        """The half that everybody may know."""

    def sign(self, data: bytes, /) -> bytes:
        """64 bytes of Ed25519."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under its name."""

    name: str
    kind: bytes
    private: PrivateKey

    @property
    def key(self) -> Key:
        """Its public half."""
        return Key(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def line(self, message: bytes, before: bytes = b"") -> str:
        """A signature line; `before` stands between the key's number and the signature."""
        return MARK + self.name + " " + _text(self.key.id + before + self.private.sign(message))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many leaves the journal held, under which root, at which moment (seconds since 1970, UTC)."""

    size: int
    root: bytes
    at: int
    signatures: tuple[str, ...] = ()
    # Of an announcement alone: the key that signed until then, and its successor.
    keys: tuple[bytes, ...] = ()

    @property
    def body(self) -> str:
        """What is signed."""
        announced = f"key {' '.join(key.hex() for key in self.keys)}\n" if self.keys else ""
        return f"{ORIGIN}\n{self.size}\n{_text(self.root)}\n{self.at}\n{announced}"

    @property
    def note(self) -> str:
        """The body and its signatures."""
        return self.body + "\n" + "".join(line + "\n" for line in self.signatures)

    def signed(self, line: str) -> "Checkpoint":
        """With one more signature."""
        return replace(self, signatures=(*self.signatures, line))

    def by_log(self, signer: Signer) -> "Checkpoint":
        """With the notary's signature."""
        return self.signed(signer.line(self.body.encode()))

    def cosignature(self, signer: Signer, at: int) -> str:
        """A witness's line: it saw this checkpoint, and none that disagrees, at `at`."""
        return signer.line(_cosigned(self.body, at), at.to_bytes(8, "big"))

    def signed_by(self, key: Key) -> bool:
        """Whether one of its lines is this log key's valid signature."""
        return any(key.checks(found, self.body.encode()) for found in self._of(key, 64))

    def witnessed_at(self, key: Key) -> int | None:
        """When this witness signed it; None when it did not."""
        for found in self._of(key, 72):
            at = int.from_bytes(found[:8], "big")
            if key.checks(found[8:], _cosigned(self.body, at)):
                return at
        return None

    def _of(self, key: Key, length: int) -> list[bytes]:
        found = []
        for line in self.signatures:
            name, _, blob = line.removeprefix(MARK).rpartition(" ")
            raw = _bytes(blob)
            if name == key.name and raw[:4] == key.id and len(raw) == 4 + length:
                found.append(raw[4:])
        return found


def _cosigned(body: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def read(note: str) -> Checkpoint:
    """A checkpoint of its text; nothing is verified yet."""
    body, found, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not found or len(lines) not in (4, 5) or lines[0] != ORIGIN:
        raise UnreadableError("this is no checkpoint of a journal of Recoupe")
    try:
        size, root, at = int(lines[1]), _bytes(lines[2]), int(lines[3])
    except ValueError as error:
        raise UnreadableError("this checkpoint has no size, root or moment") from error
    if size < 0 or len(root) != 32:
        raise UnreadableError("this checkpoint has no size or no root")
    kept = tuple(line for line in signatures.split("\n") if line)
    if not all(line.startswith(MARK) for line in kept):
        raise UnreadableError("a signature line of this checkpoint is none")
    announced = _KEYS.fullmatch(lines[4]) if len(lines) == 5 else None
    keys = tuple(map(bytes.fromhex, announced.groups())) if announced else ()
    checkpoint = Checkpoint(size, root, at, kept, keys)
    if not note.startswith(checkpoint.body + "\n"):
        raise UnreadableError("this checkpoint is not written as it is signed")
    return checkpoint


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("a part of this note is not base64") from error
