"""The index as one: which files it is made of, what was taken out of them, and up to where of the base they hold.

Every change is made under the base's own lock and numbered by it, so that after any kill the files hold what the base
has committed, or say that they do not: then people are entered again.
"""

import hmac
import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recoupe.crosscheck.likeness import segment
from recoupe.crosscheck.likeness.fresh import Frame, Fresh, Log, Newcomer
from recoupe.crosscheck.likeness.parts import Built, Held, Kind, Part, Undo, View
from recoupe.crosscheck.likeness.postings import FULL, NUMBER_BITS, OF_RECORD, Places, Words, key_of
from recoupe.crosscheck.likeness.segment import Segment
from recoupe.kernel.refusal import Conflict, gettext_noop

STALE = gettext_noop("Les fichiers de l'index du recoupement ne sont pas ceux de cette base : l'index est refait.")
_MANIFEST = "manifest"
_SEALED = b"\x00likeness frames 3"
_NONCE = 12
_RECORD = b"\x00record"
# People entered since: beyond so many they become a segment; so many segments of one size become one.
MOST_FRESH = 60_000
MERGED_AT_ONCE = 4
# One in so many gone: the segment is written again without them, and at the daily look whatever holds one.
SHARE_GONE = 16


class Store:
    """The files of one folder, open; whoever changes them holds the base's lock until its commit."""

    def __init__(self, folder: Path, key: bytes, kind: Kind) -> None:
        """Nothing is read nor written yet: `opened` and `new` make one."""
        self.folder, self.kind = folder, kind
        self._key = key
        self._sealer = AESGCM(hmac.digest(key, _SEALED, "sha256"))
        self.lock = threading.RLock()
        self.units: list[bytes] = []
        self.serial = self._folded = 0
        self.parts: list[Part] = []
        self._undo: Undo | None = None
        self._seen: object = None

    @classmethod
    def opened(cls, folder: Path, key: bytes, serial: int) -> "Store":
        """What the base has committed, whose last change bears this number; `Conflict` where the files hold less."""
        found = cls(folder, key, Kind("", (), b"", ""))
        found._read(serial)
        return found

    @classmethod
    def new(cls, folder: Path, key: bytes, kind: Kind) -> "Store":
        """An empty index in place of whatever is there."""
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        made = cls(folder, key, kind)
        try:
            made._start_log()
            made._save()
        except OSError:
            # Nobody would ever look for it again.
            shutil.rmtree(folder, ignore_errors=True)
            raise
        made.tidy()
        return made

    @property
    def people(self) -> int:
        """How many are in it."""
        return sum(int(np.count_nonzero(part.living())) for part in self.parts)

    def _read(self, serial: int) -> None:
        try:
            self._seen = self._stamp()
            sealed = (self.folder / _MANIFEST).read_bytes()
            manifest = json.loads(self._sealer.decrypt(sealed[:_NONCE], sealed[_NONCE:], b""))
            self.kind = Kind(
                manifest["mark"], tuple(manifest["columns"]), bytes.fromhex(manifest["common"]), manifest["name"]
            )
            self.units = [bytes.fromhex(unit) for unit in manifest["units"]]
            self.serial = self._folded = manifest["serial"]
            for part in self.parts:
                if part.log:
                    part.log.close()
            self.parts = [self._segment(name, gone) for name, gone in manifest["segments"]]
            logs = [Log(self.folder / name, self._log_key(name)) for name in manifest["logs"]]
        except (OSError, InvalidTag, ValueError, KeyError) as error:
            raise Conflict(STALE) from error
        self._undo = None
        self._replay(logs, serial)
        if self.serial != serial:
            raise Conflict(STALE)

    def _replay(self, logs: Sequence[Log], serial: int) -> None:
        """What was committed alone: of two frames of one number the first was undone, and so was what comes after."""
        for log in logs:
            self.parts.append(Part(Fresh(), np.ones(0, bool), log))
            kept: list[tuple[int, int]] = []
            for at, number in log.heads():
                while kept and kept[-1][1] >= number:
                    kept.pop()
                kept.append((at, number))
            for at, number in kept:
                frame = log.read(at, number) if number <= serial else None
                if frame is None:
                    log.cut(at)
                    break
                self._put(frame)

    def _segment(self, name: str, gone: Sequence[int]) -> Part:
        found = Segment(self.folder / name, self._key)
        alive = np.ones(len(found.people), bool)
        alive[list(gone)] = False
        return Part(found, alive)

    def _stamp(self) -> tuple[int, int]:
        seen = (self.folder / _MANIFEST).stat()
        return seen.st_ino, seen.st_mtime_ns

    def _log_key(self, name: str) -> bytes:
        return hmac.digest(self._key, _SEALED + name.encode(), "sha256")

    def settle(self, serial: int) -> None:
        """Before a change: what another process did is read, and what the base has undone is undone."""
        with self.lock:
            log = self.parts[-1].log
            if self._stamp() != self._seen or log is None or log.on_disk() != log.size:
                self._read(serial)
            elif serial == self.serial - 1 and self._undo:
                self._undone(self._undo)
            elif serial != self.serial:
                self._read(serial)
            self._undo = None

    def change(self, gone: Iterable[bytes], entered: Sequence[Newcomer], units: Sequence[bytes] = ()) -> list[int]:
        """Take out and enter, on the disk before it returns; the numbers of those entered. To be committed next."""
        with self.lock:
            part = self.parts[-1]
            log, fresh = part.log, part.source
            assert log is not None and isinstance(fresh, Fresh)  # noqa: S101
            frame = Frame(self.serial + 1, tuple(units), tuple(gone), tuple(entered))
            undo = Undo(log.size, len(fresh.people), len(self.units), [])
            log.append(frame)
            undo.gone = self._put(frame)
            self._undo = undo
            first = self._base(len(self.parts) - 1) + undo.count
            return list(range(first, first + len(entered)))

    def _put(self, frame: Frame) -> list[int]:
        """A frame in memory; who left by it."""
        part = self.parts[-1]
        gone = self.numbers_of(frame.gone) if frame.gone else []
        for number in gone:
            self.parts[number >> NUMBER_BITS].alive[number & FULL] = False
        self.units += frame.units
        part.source.add(frame.entered)  # type: ignore[union-attr]
        part.grow()
        self.serial = frame.serial
        return gone

    def _undone(self, undo: Undo) -> None:
        part = self.parts[-1]
        log, fresh = part.log, part.source
        assert log is not None and isinstance(fresh, Fresh)  # noqa: S101
        log.cut(undo.size)
        fresh.drop_from(undo.count)
        part.alive[undo.count :] = True
        for number in undo.gone:
            self.parts[number >> NUMBER_BITS].alive[number & FULL] = True
        del self.units[undo.units :]
        self.serial -= 1

    def unit(self, unit: bytes, new: list[bytes]) -> int:
        """Its place in the list, where it is added if it is not there."""
        for known in (self.units, new):
            if unit in known:
                return known.index(unit) + (len(self.units) if known is new else 0)
        new.append(unit)
        return len(self.units) + len(new) - 1

    # Searching.

    def _base(self, part: int) -> int:
        """Numbers grow with the time of entering."""
        return part << NUMBER_BITS

    def numbers_of(self, records: Sequence[bytes]) -> list[int]:
        """Whom these records name."""
        with self.lock:
            held = self.search(self.keys_of_records(records))
            wanted = zip(held.which.tolist(), held.numbers.tolist(), strict=True)
            return [number for place, number in wanted if self.record_of(number) == records[place]]

    def key_of_record(self, record: bytes) -> int:
        """The key under which all whom a record names stand."""
        return key_of(self._key, _RECORD + record, OF_RECORD)

    def keys_of_records(self, records: Sequence[bytes]) -> Words:
        """The same for many, in their order."""
        return np.array([self.key_of_record(record) for record in records], np.uint64)

    def view(self) -> View:
        """What stands now, for whoever reads beside those who enter and fold."""
        with self.lock:
            return View(self.kind, tuple(self.parts), self.lock)

    def search(self, keys: Words) -> Held:
        """Whoever stands under these keys; a key that too many share is marked by somebody without number."""
        return self.view().search(keys)

    def record_of(self, number: int) -> bytes:
        """The record that names somebody."""
        return self.view().record_of(number)

    def packed(self, number: int) -> bytes:
        """Somebody's packed row."""
        return self.view().packed(number)

    def told_of(self, silent: Places) -> int:
        """How many are in it of whom others may be told, whose unit is none of these."""
        with self.lock:
            return sum(_told_of(part, silent) for part in self.parts)

    # Files.

    def _start_log(self) -> None:
        name = f"{secrets.token_hex(16)}.log"
        log = Log(self.folder / name, self._log_key(name))
        self.parts.append(Part(Fresh(), np.ones(0, bool), log))

    def _save(self) -> None:
        """The manifest in place of the former one, whole or not at all."""
        manifest: dict[str, Any] = {
            "mark": self.kind.mark,
            "columns": self.kind.columns,
            "common": self.kind.common.hex(),
            "name": self.kind.name,
            "units": [unit.hex() for unit in self.units],
            "serial": self._folded,
            "segments": [
                (part.source.path.name, np.flatnonzero(~part.alive).tolist())
                for part in self.parts
                if isinstance(part.source, Segment)
            ],
            "logs": [part.log.path.name for part in self.parts if part.log],
        }
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._sealer.encrypt(nonce, json.dumps(manifest).encode(), b"")
        segment.replace_durably(self.folder / _MANIFEST, sealed)
        self._seen = self._stamp()

    def tidy(self) -> None:
        """Files that no manifest names: what a kill left, or what was merged."""
        named = {_MANIFEST, *(part.source.path.name for part in self.parts if isinstance(part.source, Segment))}
        named |= {part.log.path.name for part in self.parts if part.log}
        for path in self.folder.iterdir():
            if path.name not in named:
                with suppress(FileNotFoundError):
                    path.unlink()

    def rotate(self) -> None:
        """What was entered since waits to become a segment; the next go to another log. All of it is committed."""
        with self.lock:
            self._start_log()
            self._save()

    def due(self, *, daily: bool = False) -> list[Part]:
        """Which parts, next to one another, are to become one segment now."""
        with self.lock:
            waiting = [part for part in self.parts[:-1] if part.log]
            if waiting:
                return waiting[:1]
            segments = [part for part in self.parts if isinstance(part.source, Segment)]
            for part in segments:
                gone = part.alive.size - int(part.alive.sum())
                if gone and (daily or gone * SHARE_GONE > part.alive.size):
                    return [part]
            return _run_of_one_size(segments)

    def built(self, parts: Sequence[Part], bound: int) -> Built:
        """A segment of these, beside what serves; nobody waits meanwhile."""
        with self.lock:
            for part in parts:
                # Nothing of it moves any more: it is searched meanwhile.
                if isinstance(part.source, Fresh):
                    part.source.settle()
            alive = [part.living().copy() for part in parts]
        sources = [(part.source, living) for part, living in zip(parts, alive, strict=True)]
        return Built(Segment(segment.write(self.folder, self._key, sources, bound), self._key), alive)

    def swap(self, parts: Sequence[Part], made: Built) -> bool:
        """The segment serves in place of these; who left meanwhile stays out."""
        with self.lock:
            places = [at for at, part in enumerate(self.parts) if any(part is one for one in parts)]
            if len(places) != len(parts):
                made.source.path.unlink(missing_ok=True)
                return False
            still = np.concatenate([part.living()[was] for part, was in zip(parts, made.alive, strict=True)])
            self.parts[places[0] : places[-1] + 1] = [Part(made.source, still)]
            if any(part.log for part in parts):
                self._folded = self._serial_before_logs()
            self._undo = None
            self._save()
            for part in parts:
                if part.log:
                    part.log.close()
            self.tidy()
            return True

    def entered_since(self) -> int:
        """How many the log holds."""
        return len(self.parts[-1].source.people)

    def gone_since(self) -> int:
        """How many of those have left."""
        return int((~self.parts[-1].living()).sum())

    def sizes(self) -> dict[str, int]:
        """How many bytes the files take, by what they hold."""
        found = dict.fromkeys(("keys", "people", "rows", "log"), 0)
        for part in self.parts:
            if part.log:
                found["log"] += part.log.size
            elif isinstance(part.source, Segment):
                for name, size in part.source.bytes_by_part().items():
                    found[name] += size
        return found

    def full(self) -> dict[int, int]:
        """How many blocks of the segments too many share, by the rank of their function."""
        found: dict[int, int] = {}
        for part in self.parts:
            for rank, count in part.source.functions_full.items() if isinstance(part.source, Segment) else ():
                found[rank] = found.get(rank, 0) + count
        return found

    def _serial_before_logs(self) -> int:
        """The last change that no log holds any more."""
        numbers = [number for part in self.parts if part.log for _, number in part.log.heads()]
        return min(numbers) - 1 if numbers else self.serial


def _told_of(part: Part, silent: Places) -> int:
    people = part.source.people
    told = part.living() & people.open.astype(bool)
    return int((told & ~np.isin(people.units, silent)).sum())


def _run_of_one_size(segments: Sequence[Part]) -> list[Part]:
    """The first so many next to one another that are of one size and small enough together."""
    sizes = [int(part.alive.sum()) for part in segments]
    for at in range(len(segments) - MERGED_AT_ONCE + 1):
        run = sizes[at : at + MERGED_AT_ONCE]
        if sum(run) < FULL and max(run) <= 3 * max(1, min(run)):
            return list(segments[at : at + MERGED_AT_ONCE])
    return []
