"""The one exception to failing closed: what the watch desk reads while the journal refuses is written to a file first.

One JSON line a reading, appended and on the disk before anything is shown, each with the hash of the line before; the
journal takes the lines in when it accepts again, each once, in their order (R-42). No reading, no page.
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
        code = getattr(error.__cause__, "sqlstate", None) or ""
        if code not in REFUSALS:
            raise
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
class Line:
    """One line as it stands in the file; not whole: a cut left it so, and no page followed it."""

    text: str
    whole: bool
    # Whether it names the line before it.
    chained: bool


def lines(path: Path) -> Iterator[Line]:
    """What the file holds, oldest first; a last line without its end is still being written."""
    before = BEGINNING
    with path.open("rb") as stream:
        for raw in stream:
            if not raw.endswith(b"\n"):
                return
            text = raw.removesuffix(b"\n")
            try:
                said = json.loads(text)["before"]
            except (ValueError, TypeError, KeyError):
                yield Line(text.decode(errors="replace"), whole=False, chained=False)
            else:
                yield Line(text.decode(), whole=True, chained=said == before)
            before = sha256(text).hexdigest()


def take_in(path: Path) -> int:
    """Give the journal one block of lines that it does not have; how many it took. 0 while it refuses, too.

    In the worker's own context: the block and the marks of its lines are committed together or not at all.
    """
    wanted = [line for line in lines(path) if line.whole] if path.exists() else []
    if broken := sum(not line.chained for line in wanted):
        log.error("watch desk: %s lines of %s do not follow the line before them: it was altered", broken, path)
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), AT_ONCE):
            block = wanted[start : start + AT_ONCE]
            cursor.execute(
                "SELECT audit.take_in(%s::text[], %s::boolean[])",
                [[line.text for line in block], [line.chained for line in block]],
            )
            if took := int(cursor.fetchone()[0]):
                return took
    return 0
