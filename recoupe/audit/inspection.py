"""Whether the journal is still the one that the witnesses saw: every entry, every leaf, every kept checkpoint.

Nothing of the tree that the database stores is believed but the leaves, and these only under a checkpoint that somebody
outside it keeps. A finding says where: the entry, or the leaves between two kept checkpoints. What is about to hide an
entry (a function, a trigger, a node, an entry that waits for too long) is a finding too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from recoupe.audit.enums import Trace
from recoupe.audit.merkle import Frontier, fold, leaf_hash
from recoupe.audit.notes import Checkpoint
from recoupe.audit.shipped import altered
from recoupe.audit.tree import BLOCK

# An entry is written at its moment and committed with its transaction: the longest of ours lasts less than this.
LONGEST_TRANSACTION = timedelta(minutes=10)
# Of the law (retention.journal), not of the database: who can change a parameter there could hide what he deleted.
KEPT_YEARS = 3
READ_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One sign of a tampering: what, and the leaves, the entry, the files or the function where it stands."""

    what: Trace
    first: int | None = None
    last: int | None = None
    entry: int | None = None
    files: tuple[str, ...] = ()
    name: str = ""


@dataclass(slots=True)
class Verdict:
    """What an inspection found, and what it covers."""

    leaves: int = 0
    covered: int = 0
    open_window: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf as it is stored, with its entry; the entry is None once it is erased."""

    index: int
    hash: bytes
    entry: int
    salt: UUID | None
    said: str | None
    at: datetime | None


@dataclass(slots=True)
class _Kept:
    """All that the files say of one size: who keeps which root, and the first and the last moment they give."""

    size: int
    roots: dict[bytes, list[str]] = field(default_factory=dict)
    first: int = 0
    last: int = 0

    def also(self, name: str, point: Checkpoint) -> None:
        """One file's checkpoint of this size."""
        self.first = min(self.first, point.at) if self.roots else point.at
        self.last = max(self.last, point.at)
        self.roots.setdefault(point.root, []).append(name)


def inspect(kept: Mapping[str, Sequence[Checkpoint]], now: datetime | None = None) -> Verdict:
    """Hold the journal against the checkpoints of each witness's file (their signatures verified by the caller)."""
    verdict = Verdict()
    sizes = _by_size(kept)
    verdict.findings += _disagreements(sizes)
    moment = now or datetime.now(UTC)
    walk = _Walk(verdict, sizes, moment)
    for row in _rows():
        walk.take(row)
    walk.end()
    verdict.findings += _without_leaf()
    verdict.open_window, waiting = _waiting(moment)
    verdict.findings += waiting
    verdict.findings += _nodes(walk.blocks, walk.expected)
    verdict.findings += [Finding(Trace.ALTERED, name=name) for name in altered()]
    if verdict.whole:
        # They follow from the entries: where these are no longer those, they say nothing more.
        verdict.findings += _tally()
    return verdict


def _by_size(kept: Mapping[str, Sequence[Checkpoint]]) -> list[_Kept]:
    """No file is believed before another: each root of a size stays, with those who keep it."""
    sizes: dict[int, _Kept] = {}
    for name, points in kept.items():
        for point in points:
            sizes.setdefault(point.size, _Kept(point.size)).also(name, point)
    return [sizes[size] for size in sorted(sizes)]


def _disagreements(sizes: Sequence[_Kept]) -> Iterator[Finding]:
    """Two roots for one size, both signed: the first between the same files, the rest only follows from it."""
    before, said = 0, set()
    for one in sizes:
        files = tuple(sorted(", ".join(sorted(set(names))) for names in one.roots.values()))
        if len(files) > 1 and files not in said:
            said.add(files)
            yield Finding(Trace.DISAGREE, before, one.size - 1, files=files)
        before = one.size


class _Walk:
    """The leaves in order, with the two checkpoints between which each stands."""

    def __init__(self, verdict: Verdict, sizes: Sequence[_Kept], now: datetime) -> None:
        self.verdict = verdict
        self.now = now
        self.tree = Frontier()
        self.expected = 0
        self.block: list[bytes] = []
        self.blocks: dict[int, bytes] = {}
        self.before: _Kept | None = None
        self.ahead = iter(sizes)
        self.next = next(self.ahead, None)
        self._pass()

    def take(self, row: Row) -> None:
        """One leaf."""
        if row.index != self.expected:
            self._find(Trace.HOLE, self.expected, row.index - 1)
            # The root of a tree with a hole says nothing more.
            self._skip_all()
        self.expected = row.index + 1
        self._compare(row)
        self.tree.append(row.hash)
        self._fold(row)
        self.verdict.leaves += 1
        self._pass()

    def _fold(self, row: Row) -> None:
        """The node above each 256 leaves, to be held against the stored one."""
        number, place = divmod(row.index, BLOCK)
        if place == 0:
            self.block = []
        self.block.append(row.hash)
        if place == BLOCK - 1 and len(self.block) == BLOCK:
            self.blocks[number] = fold(self.block)

    def _compare(self, row: Row) -> None:
        if row.said is None or row.salt is None or row.at is None:
            if self._may_be_erased():
                self.verdict.erased += 1
            else:
                self._find(Trace.DELETED, row.index, row.index, row.entry)
            return
        if leaf_hash(row.salt.bytes + row.said.encode()) != row.hash:
            self._find(Trace.CHANGED, row.index, row.index, row.entry)
        if self.before and row.at < _moment(self.before.last) - LONGEST_TRANSACTION:
            self._find(Trace.DATED_BEFORE, row.index, row.index, row.entry)
        if self.next and row.at > _moment(self.next.first) + timedelta(seconds=5):
            self._find(Trace.DATED_AFTER, row.index, row.index, row.entry)

    def _may_be_erased(self) -> bool:
        """Whether its place in the tree is older than the time for which entries are kept, in every file."""
        return self.next is not None and _moment(self.next.last) < years_before(self.now, KEPT_YEARS)

    def _pass(self) -> None:
        while self.next is not None and self.next.size <= self.tree.size:
            if self.tree.root() in self.next.roots:
                self.before = self.next
            else:
                first = self.before.size if self.before else 0
                self._find(Trace.OTHER_LEAVES, first, self.next.size - 1)
                # What stands after them can only be compared if these are taken as they are.
                self._skip_all()
                return
            self.verdict.covered = self.tree.size
            self.next = next(self.ahead, None)

    def _skip_all(self) -> None:
        self.next = None

    def end(self) -> None:
        """Kept checkpoints that hold more than there is."""
        if self.next is not None:
            last = self.next
            for point in self.ahead:
                last = point
            self._find(Trace.CUT, self.tree.size, last.size - 1)

    def _find(self, what: Trace, first: int, last: int, entry: int | None = None) -> None:
        self.verdict.findings.append(Finding(what, first, last, entry))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def years_before(day: datetime, years: int) -> datetime:
    """The same day so many years before; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _rows() -> Iterator[Row]:
    """Every leaf in order, read in blocks."""
    query = """
        SELECT l.index, l.hash, l.entry, e.salt, audit.said(e), e.at
          FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry
         WHERE l.index >= %s ORDER BY l.index LIMIT %s
    """
    start = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [start, READ_AT_ONCE])
            found = cursor.fetchall()
        for index, stored, entry, salt, said, at in found:
            yield Row(index, bytes(stored), entry, salt, said if at is not None else None, at)
        if len(found) < READ_AT_ONCE:
            return
        start = found[-1][0] + 1


def _without_leaf() -> list[Finding]:
    query = """
        SELECT e.id FROM audit_entry e
         WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry = e.id)
           AND NOT EXISTS (SELECT 1 FROM audit_unsequenced u WHERE u.entry = e.id) ORDER BY e.id LIMIT 1000
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [Finding(Trace.NO_LEAF, entry=row[0]) for row in cursor.fetchall()]


def _waiting(now: datetime) -> tuple[int, list[Finding]]:
    """How many entries wait for their leaf; those that vanished while they waited, and those that wait for too long."""
    query = "SELECT u.entry, e.at FROM audit_unsequenced u LEFT JOIN audit_entry e ON e.id = u.entry ORDER BY u.entry"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchall()
    gone = [Finding(Trace.VANISHED, entry=entry) for entry, at in found if at is None]
    late = [Finding(Trace.LATE, entry=entry) for entry, at in found if at and at < now - LONGEST_TRANSACTION]
    return len(found) - len(gone), gone + late


def _nodes(blocks: dict[int, bytes], walked: int) -> Iterator[Finding]:
    """Proofs read the stored nodes: each is held against the leaves below it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, number, hash FROM audit_node")
        stored = {(level, number): bytes(found) for level, number, found in cursor.fetchall()}
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM audit_leaf")
        leaves: int = cursor.fetchone()[0]
    level, below = 1, blocks
    made: dict[tuple[int, int], bytes] = {}
    while below:
        made |= {(level, number): found for number, found in below.items()}
        whole = [n for n in {number // BLOCK for number in below} if all(BLOCK * n + i in below for i in range(BLOCK))]
        below = {n: fold([below[BLOCK * n + i] for i in range(BLOCK)]) for n in whole}
        level += 1
    for level, number in sorted(made.keys() | stored.keys()):
        width = BLOCK**level
        # The notary goes on meanwhile: a node over leaves that came after the walk is the next inspection's.
        later = (level, number) not in made and walked < (number + 1) * width <= leaves
        if made.get((level, number)) != stored.get((level, number)) and not later:
            yield Finding(Trace.NODE, number * width, (number + 1) * width - 1, name=f"{level}/{number}")


def _tally() -> list[Finding]:
    """Who oversees reads the counts of a day: each is held against the entries of which it was made."""
    query = """
        WITH made AS (
            SELECT c.day, e.unit, e.purpose, e.operation, c.idle, c.seeker, count(*) AS entries
              FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry
              CROSS JOIN LATERAL audit.counts_as(e.at, e.operation, e.actor, e.details, e.result_count) c
             WHERE l.index < (SELECT max(upto) FROM audit_tallymark) GROUP BY 1, 2, 3, 4, 5, 6),
        kept AS (
            SELECT day, unit, purpose, operation, idle, seeker, entries FROM audit_tally
             WHERE EXISTS (SELECT 1 FROM audit_tallymark))
        SELECT DISTINCT day FROM (
            (TABLE made EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE made)) AS other ORDER BY day LIMIT 1000
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [Finding(Trace.TALLY, name=day.isoformat()) for (day,) in cursor.fetchall()]
