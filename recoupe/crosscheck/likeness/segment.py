"""A segment: people entered over a while, in one file that never changes once it is there; its rows cannot be read.

Rows lie enciphered by a stream (AES-256, counter mode) under a key of this segment alone, derived from the matcher's;
the whole file is authenticated under another one, and is read against it each time it is opened.
"""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from numpy.typing import NDArray

from recoupe.crosscheck.likeness.postings import FULL, Packer, Postings, Words, bounded, merged, slices
from recoupe.kernel.refusal import Conflict, gettext_noop

DAMAGED = gettext_noop("Un fichier de l'index du recoupement est abîmé : l'index est refait.")
_MAGIC = b"recoupe likeness 3\n"
_ROWS, _WHOLE = b"\x00likeness rows", b"\x00likeness file"
_TAG, _BLOCK, _CHUNK, _ALIGN = 32, 16, 1 << 22, 8
_PEOPLE_AT_ONCE = 8_192
_SECTIONS: tuple[tuple[str, str], ...] = (
    ("starts", "<u4"), ("postings", "<u4"), ("records", "V16"), ("units", "<u2"), ("open", "u1"),
    ("at", "<u4"), ("offsets", "<u4"),
)  # fmt: skip
Alive = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class People:
    """Who they are, by number: record, unit (its place in a list), whether others may be told, when it was entered."""

    records: NDArray[np.void]
    units: NDArray[np.uint16]
    open: NDArray[np.uint8]
    at: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.records)


class Source(Protocol):
    """What a segment is made of: another one, or what was entered since."""

    @property
    def people(self) -> People:
        """Who stands in it."""

    @property
    def sizes(self) -> NDArray[np.uint32]:
        """How long each packed row is."""

    @property
    def most(self) -> int:
        """How many postings, at most."""

    def words(self, first: int, past: int) -> Words:
        """The postings of some keys."""

    def packed(self, first: int, past: int) -> Sequence[bytes]:
        """The packed rows of some people."""


class Segment:
    """An open segment."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        with path.open("rb") as stream:
            self._map = np.memmap(stream, np.uint8, "r")
        self._check(key)
        size = int(self._map[len(_MAGIC) : len(_MAGIC) + 8].view("<u8")[0])
        start = len(_MAGIC) + 8
        self.header: dict[str, Any] = json.loads(bytes(self._map[start : start + size]))
        found = {name: self._section(name, kind) for name, kind in _SECTIONS}
        self.postings = Postings(self.header["bits"], found["starts"], found["postings"])
        self.people = People(found["records"], found["units"], found["open"], found["at"])
        self._offsets = found["offsets"]
        self._heap = self._section("heap", "u1")
        self._rows_key = _rows_key(key, self.header["name"])
        # Made once: it costs more than the row that it deciphers.
        self._stream, self._one_at_a_time = _stream(self._rows_key, 0), threading.Lock()

    def _check(self, key: bytes) -> None:
        """The whole file is read, a part at a time."""
        whole = hmac.new(_derived(key, _WHOLE), digestmod="sha256")
        body = len(self._map) - _TAG
        if body < len(_MAGIC) + 8 or bytes(self._map[: len(_MAGIC)]) != _MAGIC:
            raise Conflict(DAMAGED)
        for start in range(0, body, _CHUNK):
            whole.update(self._map[start : min(start + _CHUNK, body)].data)
        if not hmac.compare_digest(whole.digest(), bytes(self._map[body:])):
            raise Conflict(DAMAGED)

    def _section(self, name: str, kind: str) -> Any:
        start, count = self.header["sections"][name]
        return np.asarray(self._map[start : start + count * np.dtype(kind).itemsize]).view(kind)

    @cached_property
    def functions_full(self) -> dict[int, int]:
        """How many blocks too many share, by the rank of their function."""
        return {int(rank): count for rank, count in self.header["full"].items()}

    @property
    def sizes(self) -> NDArray[np.uint32]:
        """How long each packed row is."""
        sizes: NDArray[np.uint32] = self._offsets[1:] - self._offsets[:-1]
        return sizes

    @property
    def most(self) -> int:
        """How many postings."""
        return self.postings.packed.size

    def words(self, first: int, past: int) -> Words:
        """The postings of some keys."""
        return self.postings.words(first, past)

    def packed(self, first: int, past: int) -> list[bytes]:
        """The packed rows of some people in a row."""
        ends = self._offsets[first : past + 1].astype(np.int64)
        plain = self._plain(int(ends[0]), int(ends[-1]))
        ends -= ends[0]
        return [plain[a:b] for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def bytes_by_part(self) -> dict[str, int]:
        """How much of the file each part takes."""
        postings = self.postings
        keys = postings.starts.nbytes + postings.packed.nbytes
        rows = self._heap.nbytes
        return {"keys": keys, "rows": rows, "people": self._map.nbytes - keys - rows}

    def row(self, number: int) -> bytes:
        """The packed row of one of them."""
        start, past = int(self._offsets[number]), int(self._offsets[number + 1])
        before = start % _BLOCK
        with self._one_at_a_time:
            self._stream.reset_nonce((start // _BLOCK).to_bytes(_BLOCK, "big"))
            return self._stream.update(self._heap[start - before : past].tobytes())[before:]

    def _plain(self, start: int, past: int) -> bytes:
        before = start % _BLOCK
        stream = _stream(self._rows_key, start // _BLOCK)
        return stream.update(self._heap[start - before : past].tobytes())[before:]


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")


def _rows_key(key: bytes, name: str) -> bytes:
    """Of one segment alone: no two segments use one stream, and no part of a stream is used twice."""
    return _derived(key, _ROWS + bytes.fromhex(name))


def _stream(key: bytes, block: int) -> CipherContext:
    return Cipher(AES256(key), CTR(block.to_bytes(_BLOCK, "big"))).encryptor()


def write(folder: Path, key: bytes, sources: Sequence[tuple[Source, Alive]], bound: int) -> Path:
    """A segment of whoever is alive in these, in their order; until it is whole no file bears its name."""
    name = secrets.token_hex(16)
    path = folder / f"{name}.segment"
    draft = folder / f"{name}.new"
    people = _people(sources)
    packed, full = _postings(sources, people, bound)
    offsets = np.zeros(len(people) + 1, np.uint32)
    offsets[1:] = np.cumsum(np.concatenate([source.sizes[alive] for source, alive in sources]))
    arrays = [
        packed.starts, packed.packed, people.records, people.units, people.open, people.at, offsets,
    ]  # fmt: skip
    try:
        with os.fdopen(_private(draft), "wb") as stream:
            file = _Authenticated(stream, _derived(key, _WHOLE))
            _head(file, {"name": name, "full": full, "bits": packed.bits}, arrays, int(offsets[-1]))
            for array in arrays:
                file.write(np.ascontiguousarray(array).view(np.uint8).data)
                file.align()
            cipher = _stream(_rows_key(key, name), 0)
            for source, alive in sources:
                for rows in _rows(source, alive):
                    file.write(cipher.update(b"".join(rows)))
            file.close()
        draft.replace(path)
        _settled(folder)
    finally:
        draft.unlink(missing_ok=True)
    return path


def replace_durably(path: Path, content: bytes) -> None:
    """A small file in place of the former one, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(_private(draft), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _settled(path.parent)


def _settled(folder: Path) -> None:
    """The names in a folder are on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _people(sources: Sequence[tuple[Source, Alive]]) -> People:
    kept = [(source.people, alive) for source, alive in sources]
    return People(
        np.concatenate([people.records[alive] for people, alive in kept]),
        np.concatenate([people.units[alive] for people, alive in kept]),
        np.concatenate([people.open[alive] for people, alive in kept]),
        np.concatenate([people.at[alive] for people, alive in kept]),
    )


def _postings(sources: Sequence[tuple[Source, Alive]], people: People, bound: int) -> tuple[Postings, dict[int, int]]:
    """The postings of the living under their new numbers, a part of the keys at a time."""
    renumbered, first = [], 0
    for _, alive in sources:
        new = np.full(FULL + 1, -1, np.int64)
        new[: alive.size][alive] = np.arange(first, first + int(alive.sum()))
        new[FULL] = FULL
        first += int(alive.sum())
        renumbered.append(new)
    is_open = people.open.astype(bool)
    packer = Packer(len(people), sum(source.most for source, _ in sources))
    for low, past in slices():
        parts = []
        for (source, _), new in zip(sources, renumbered, strict=True):
            words = source.words(low, past)
            numbers = new[(words & np.uint64(FULL)).astype(np.int64)]
            found = numbers >= 0
            parts.append(words[found] & ~np.uint64(FULL) | numbers[found].astype(np.uint64))
        packer.add(bounded(merged(parts), is_open, bound))
    return packer.packed(), {rank: int(count) for rank, count in enumerate(packer.full) if count}


def _rows(source: Source, alive: Alive) -> Iterator[list[bytes]]:
    for start in range(0, alive.size, _PEOPLE_AT_ONCE):
        part = alive[start : start + _PEOPLE_AT_ONCE]
        packed = source.packed(start, start + part.size)
        yield [row for row, lives in zip(packed, part.tolist(), strict=True) if lives]


def _head(file: "_Authenticated", told: Mapping[str, Any], arrays: Sequence[Any], heap: int) -> None:
    """Where each section starts and how many it holds; the header's own length is set before its content is known."""
    sections: dict[str, tuple[int, int]] = {}
    size = 1 << 12
    at = len(_MAGIC) + 8 + size
    at += -at % _ALIGN
    for (section, _), array in zip(_SECTIONS, arrays, strict=True):
        sections[section] = (at, array.size)
        at += array.nbytes
        at += -at % _ALIGN
    sections["heap"] = (at, heap)
    text = json.dumps({**told, "sections": sections}).encode()
    file.write(_MAGIC + size.to_bytes(8, "little") + text.ljust(size))
    file.align()


class _Authenticated:
    """A file whose last bytes tell whether all the others are those that the matcher wrote."""

    def __init__(self, stream: BinaryIO, key: bytes) -> None:
        self._stream = stream
        self._whole = hmac.new(key, digestmod="sha256")
        self._at = 0

    def write(self, part: bytes | memoryview) -> None:
        self._whole.update(part)
        self._stream.write(part)
        self._at += len(part)

    def align(self) -> None:
        self.write(b"\0" * (-self._at % _ALIGN))

    def close(self) -> None:
        """On the disk, whole."""
        self._stream.write(self._whole.digest())
        self._stream.flush()
        os.fsync(self._stream.fileno())
