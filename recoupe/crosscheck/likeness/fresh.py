"""Who was entered since the last segment: in memory to be searched, and in a log that a kill cannot take away.

A frame of the log is what one transaction of the database enters and takes out, written before its commit and numbered
in its order. A number given twice tells that the first transaction was undone: its frame, and whatever follows, fell.
"""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from recoupe.crosscheck.likeness.postings import FULL, NUMBER_BITS, Places, Words, merged
from recoupe.crosscheck.likeness.segment import People

_HEAD, _NONCE = 16, 12
# Postings searched in a table of hashes before they are sorted among the others.
_LOOSE = 40_000
# More at once are sorted straight away; a run is at least so many times as long as the next one.
_MANY = 1_000
_RATIO = 4


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be entered: of which record and unit, whether others may be told, when, his row packed, his keys."""

    record: bytes
    unit: int
    open: bool
    at: int
    packed: bytes
    keys: Words


@dataclass(frozen=True, slots=True)
class Frame:
    """What one transaction changed: the units first named by it, the records taken out, who was entered."""

    serial: int
    units: tuple[bytes, ...] = ()
    gone: tuple[bytes, ...] = ()
    entered: tuple[Newcomer, ...] = ()

    def written(self) -> bytes:
        """As it is sealed."""
        head = {
            "units": [one.hex() for one in self.units],
            "gone": len(self.gone),
            "people": [(one.unit, one.open, one.at, len(one.packed), len(one.keys)) for one in self.entered],
        }
        text = json.dumps(head, separators=(",", ":")).encode()
        keys = b"".join([one.keys.astype("<u4").tobytes() for one in self.entered])
        records = b"".join((*self.gone, *(one.record for one in self.entered)))
        return b"".join((
            len(text).to_bytes(4, "little"), text, records, keys, *(one.packed for one in self.entered),
        ))  # fmt: skip

    @classmethod
    def read(cls, serial: int, plain: bytes) -> "Frame":
        """What was written."""
        size = 4 + int.from_bytes(plain[:4], "little")
        head = json.loads(plain[4:size])
        records = [plain[at : at + 16] for at in range(size, size + 16 * (head["gone"] + len(head["people"])), 16)]
        at = size + 16 * len(records)
        count = sum(one[4] for one in head["people"])
        keys = np.frombuffer(plain, "<u4", count, at).astype(np.uint64)
        at += 4 * count
        entered, first = [], 0
        for record, (unit, is_open, when, length, many) in zip(records[head["gone"] :], head["people"], strict=True):
            one = Newcomer(record, unit, is_open, when, plain[at : at + length], keys[first : first + many])
            entered.append(one)
            at, first = at + length, first + many
        units = tuple(bytes.fromhex(one) for one in head["units"])
        return cls(serial, units, tuple(records[: head["gone"]]), tuple(entered))


class Log:
    """The file of frames, each sealed (AES-256-GCM) and bound to this file, its place in it and its number."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._cipher = AESGCM(key)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.size = 0

    def close(self) -> None:
        os.close(self._file)

    def heads(self) -> list[tuple[int, int]]:
        """Where each frame starts and its number, as far as they were written whole."""
        found, at, end = [], 0, self.on_disk()
        while at + _HEAD <= end:
            head = os.pread(self._file, _HEAD, at)
            length = int.from_bytes(head[:8], "little")
            if length < _NONCE or at + _HEAD + length > end:
                break
            found.append((at, int.from_bytes(head[8:], "little")))
            at += _HEAD + length
        self.size = at
        return found

    def read(self, at: int, serial: int) -> Frame | None:
        """The frame that starts there; None where it is not what was written."""
        length = int.from_bytes(os.pread(self._file, 8, at), "little")
        sealed = os.pread(self._file, length, at + _HEAD)
        try:
            return Frame.read(serial, self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(at, serial)))
        except InvalidTag:
            return None

    def append(self, frame: Frame) -> None:
        """On the disk before it returns; a disk without room leaves the file as it was."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, frame.written(), self._bound(self.size, frame.serial))
        whole = len(sealed).to_bytes(8, "little") + frame.serial.to_bytes(8, "little") + sealed
        try:
            written = 0
            while written < len(whole):
                written += os.pwrite(self._file, whole[written:], self.size + written)
            os.fdatasync(self._file)
        except OSError:
            self.cut(self.size)
            raise
        self.size += len(whole)

    def cut(self, size: int) -> None:
        """Leave only so much."""
        os.ftruncate(self._file, size)
        self.size = size

    def on_disk(self) -> int:
        """How long the file is, whoever wrote it."""
        return os.fstat(self._file).st_size

    def _bound(self, at: int, serial: int) -> bytes:
        return f"{self.path.name} {at} {serial}".encode()


class Fresh:
    """The people of a log, as they are searched."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._loose: defaultdict[int, list[int]] = defaultdict(list)
        self._held = 0
        self._runs: list[Words] = []
        self._columns = _columns(1024)

    def add(self, entered: Sequence[Newcomer]) -> None:
        """Give each the next number."""
        first = len(self._rows)
        self._rows += [one.packed for one in entered]
        if sum(len(one.keys) for one in entered) > _MANY:
            keys = np.concatenate([one.keys for one in entered])
            numbers = np.repeat(np.arange(first, len(self._rows), dtype=np.uint64), [len(one.keys) for one in entered])
            self._put(np.sort(keys << np.uint64(NUMBER_BITS) | numbers))
        else:
            self._add_loose(entered, first)
        if len(self._rows) > len(self._columns):
            self._columns = _grown(self._columns, 2 * len(self._rows))
        place = slice(first, first + len(entered))
        self._columns.records[place] = np.frombuffer(b"".join(one.record for one in entered), "V16")
        self._columns.units[place] = [one.unit for one in entered]
        self._columns.open[place] = [one.open for one in entered]
        self._columns.at[place] = [one.at for one in entered]

    def _add_loose(self, entered: Sequence[Newcomer], first: int) -> None:
        for number, one in enumerate(entered, first):
            for key in one.keys.tolist():
                self._loose[key].append(number)
            self._held += len(one.keys)
        if self._held > _LOOSE:
            self.settle()

    def _put(self, run: Words) -> None:
        """Another sorted run; those of a like size become one, so that few are searched."""
        self._runs.append(run)
        while len(self._runs) > 1 and self._runs[-2].size <= _RATIO * self._runs[-1].size:
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")

    def drop_from(self, number: int) -> None:
        """Forget whoever bears this number or a higher one."""
        self.settle()
        self._runs = [run[(run & np.uint64(FULL)) < np.uint64(number)] for run in self._runs]
        del self._rows[number:]

    def settle(self) -> None:
        """What was searched in a table of hashes is sorted among the others."""
        loose = np.fromiter(
            (key << NUMBER_BITS | number for key, held in self._loose.items() for number in held), np.uint64, self._held
        )
        self._put(np.sort(loose))
        self._loose, self._held = defaultdict(list), 0

    def under(self, keys: Words) -> tuple[Places, Places]:
        """For each posting under one of these keys: the place of its key among them, and a number."""
        found = [_within(run, keys) for run in self._runs]
        sought = enumerate(keys.tolist()) if self._loose else ()
        loose = [(place, number) for place, key in sought for number in self._loose.get(key, ())]
        found.append((
            np.array([place for place, _ in loose], np.int64), np.array([number for _, number in loose], np.int64),
        ))  # fmt: skip
        return np.concatenate([which for which, _ in found]), np.concatenate([numbers for _, numbers in found])

    @property
    def people(self) -> People:
        """Who stands in it."""
        columns, count = self._columns, len(self._rows)
        return People(columns.records[:count], columns.units[:count], columns.open[:count], columns.at[:count])

    @property
    def sizes(self) -> NDArray[np.uint32]:
        """How long each packed row is."""
        return np.fromiter(map(len, self._rows), np.uint32, len(self._rows))

    @property
    def most(self) -> int:
        """How many postings."""
        return sum(run.size for run in self._runs) + self._held

    def words(self, first: int, past: int) -> Words:
        """The postings of some keys."""
        if self._held:
            self.settle()
        bounds = np.array([first << NUMBER_BITS, past << NUMBER_BITS], np.uint64)
        parts = [run[slice(*run.searchsorted(bounds))] for run in self._runs]
        return merged(parts)

    def packed(self, first: int, past: int) -> list[bytes]:
        """The packed rows of some people."""
        return self._rows[first:past]

    def row(self, number: int) -> bytes:
        """The packed row of one of them."""
        return self._rows[number]


def _within(run: Words, keys: Words) -> tuple[Places, Places]:
    first = run.searchsorted(keys << np.uint64(NUMBER_BITS))
    sizes = run.searchsorted((keys + np.uint64(1)) << np.uint64(NUMBER_BITS)) - first
    which = np.repeat(np.arange(keys.size), sizes)
    at = np.arange(which.size) + np.repeat(first - np.append(0, np.cumsum(sizes)[:-1]), sizes)
    return which, (run[at] & np.uint64(FULL)).astype(np.int64)


def _columns(count: int) -> People:
    return People(
        np.zeros(count, "V16"), np.zeros(count, np.uint16), np.zeros(count, np.uint8), np.zeros(count, np.uint32)
    )


def _grown(columns: People, count: int) -> People:
    grown = _columns(count)
    for new, old in (
        (grown.records, columns.records), (grown.units, columns.units), (grown.open, columns.open),
        (grown.at, columns.at),
    ):  # fmt: skip
        new[: len(columns)] = old
    return grown
