"""The one exception to failing closed: what the watch desk reads while the journal refuses is written to a file first.

One JSON line a reading, appended and on the disk before anything is shown, each with the hash of the line before; the
journal takes the lines in when it accepts again, each once, in their order (R-42), and keeps how far it is. No
reading, no page.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from django.db import DatabaseError, connection, transaction

from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.config.paths import watch_file

log = logging.getLogger(__name__)

# By which codes the journal refuses: a silent witness, a disk without room.
REFUSALS = frozenset({"RJ001", "53100"})
# A line holds at most a hundred references.
TAIL = 65_536
AT_ONCE = 200
BEGINNING = sha256(b"").hexdigest()
# What a reading says in words, beside who read what.
WORDS = ("purpose", "motive", "case_ref", "at", "what", "why", "before")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which unit and why, as the journal would have it from the context."""

    actor: UUID
    unit: UUID
    purpose: str
    motive: str = ""
    case_ref: str = ""


def read_or_beside(reader: Reader, refs: Sequence[Ref], what: str) -> str:
    """Write the reading to the journal, or beside it while it refuses: by which code it did, empty when it took it.

    Raises OSError where the line cannot be put on the disk: nothing may be shown then.
    """
    try:
        with transaction.atomic():
            record(Operation.CONSULT, refs=refs, details={"what": what}, result_count=len(refs))
    except DatabaseError as error:
        code = _refusal(error)
        append(watch_file(), reader, refs, what, code)
        return code
    return ""


def append(path: Path, reader: Reader, refs: Sequence[Ref], what: str, why: str) -> None:
    """One line on the disk, behind all that stands there; raises OSError."""
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        # Several processes of the site append to one file.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        last, torn = _last(descriptor)
        line = {
            "id": str(uuid4()),
            "at": datetime.now(UTC).isoformat(),
            **{name: str(value) for name, value in asdict(reader).items()},
            "refs": [f"{kind}:{identity}" for kind, identity in refs],
            "what": what,
            "why": why,
            "before": sha256(last).hexdigest(),
        }
        written = (b"\n" if torn else b"") + json.dumps(line, ensure_ascii=False).encode() + b"\n"
        if os.write(descriptor, written) != len(written):
            raise OSError(f"{path} took only a part of a line")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        # The worker's group reads it, whatever the mask of this process.
        path.chmod(0o640)
        _settle(path.parent)


def _last(descriptor: int) -> tuple[bytes, bool]:
    """The last line, and whether a cut of power left it without its end."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, min(size, TAIL), max(0, size - TAIL))
    torn = bool(tail) and not tail.endswith(b"\n")
    return tail.removesuffix(b"\n").rpartition(b"\n")[2], torn


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Place:
    """How far the journal has taken the file in: behind which byte, and the hash of the line that ends there."""

    upto: int = 0
    last: str = BEGINNING


START = Place()


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file; not whole: a cut left it so, and no page followed it."""

    text: str
    whole: bool
    # Whether it names the line before it.
    chained: bool
    # The byte behind it.
    upto: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What one turn did: how many lines the journal took; by which code it refused, empty when it did not."""

    lines: int = 0
    refused: str = ""


def lines(path: Path, since: Place = START) -> Iterator[Line]:
    """What the file holds behind this place, oldest first; a last line without its end is still being written."""
    before, upto = since.last, since.upto
    with path.open("rb") as stream:
        stream.seek(upto)
        for raw in stream:
            if not raw.endswith(b"\n"):
                return
            upto += len(raw)
            text = raw.removesuffix(b"\n")
            said = _before(text)
            yield Line(text.decode(errors="replace"), said is not None, said == before, upto)
            before = sha256(text).hexdigest()


def _before(text: bytes) -> str | None:
    """Which line a reading follows; None of what is no reading: a cut left it so, or somebody else wrote it."""
    try:
        said = json.loads(text)
        UUID(said["actor"]), UUID(said["unit"])
        words = [said[name] for name in WORDS] + list(said["refs"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    whole = isinstance(said["refs"], list) and all(isinstance(word, str) and "\0" not in word for word in words)
    return str(said["before"]) if whole else None


def taken_in() -> Place:
    """How far the journal is, as it keeps it together with the lines themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT upto, hash FROM audit.taken_in()")
        row = cursor.fetchone()
    return Place(row[0], bytes(row[1]).hex()) if row else START


def holds(path: Path, place: Place) -> bool:
    """Whether the line that was taken in last still ends where it did; else the file was cut, or is another one."""
    if place == START:
        return True
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, place.upto - TAIL))
            tail = stream.read(min(place.upto, TAIL))
    except FileNotFoundError:
        return False
    return tail.endswith(b"\n") and sha256(tail[:-1].rpartition(b"\n")[2]).hexdigest() == place.last


def waiting(path: Path, since: Place) -> list[Line]:
    """The readings behind this place."""
    return [line for line in lines(path, since) if line.whole] if path.exists() else []


def take_in(path: Path) -> Taken:
    """Give the journal one block of the readings that it does not have; nothing taken, nothing refused: none waits.

    In the worker's own context: the block and how far it reaches are committed together or not at all.
    """
    since = taken_in()
    if not holds(path, since):
        log.error("watch desk: %s no longer holds the reading that was taken in last: it was cut or replaced", path)
        since = START
    wanted = waiting(path, since)
    if broken := sum(not line.chained for line in wanted):
        log.error("watch desk: %s lines of %s do not follow the line before them: it was altered", broken, path)
    for start in range(0, len(wanted), AT_ONCE):
        taken = _give(wanted[start : start + AT_ONCE])
        if taken.refused:
            log.warning("watch desk: the journal still refuses (%s), %s readings wait", taken.refused, len(wanted))
        if taken.lines or taken.refused:
            return taken
    return Taken()


def _give(block: Sequence[Line]) -> Taken:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT audit.take_in(%s::text[], %s::boolean[], %s::bigint[])",
                [[line.text for line in block], [line.chained for line in block], [line.upto for line in block]],
            )
            return Taken(int(cursor.fetchone()[0]))
    except DatabaseError as error:
        return Taken(refused=_refusal(error))


def _refusal(error: DatabaseError) -> str:
    """The code by which the journal refuses; anything else goes on."""
    code = getattr(error.__cause__, "sqlstate", None) or ""
    if code not in REFUSALS:
        raise error
    return code
