"""What the matcher takes of the registry: identifiers and persons to compare. Its role alone can call what follows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from recoupe.kernel.dates import PartialDate
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.kernel.person import person_key
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind, Strength, normalise, strength
from recoupe.reference.enums import File

_TAKE = """
    SELECT target_id, unit_id, author_id, purpose, at, surname, first_names, aliases, birth_date, birth_place, selectors
      FROM targets.take(%s::integer, %s::uuid[])
"""
KIND = "target"
# The word that announces that something waits, and by which the journal names the comparison.
LANE = "registry"


def selectors_since(limit: int = 100) -> list[MatchRecord]:
    """Take registrations out of the queue, in the caller's transaction: if it fails they wait again."""
    return _taken(limit, None)


def selectors_of(lines: Sequence[UUID]) -> list[MatchRecord]:
    """Take these lines of the queue alone."""
    return _taken(len(lines), list(lines))


def withdrawn_since(limit: int = 100) -> list[UUID]:
    """Take what is no longer held since: nothing compares it any more."""
    return _ids("SELECT * FROM targets.take_withdrawn(%s::integer)", limit)


def lines_waiting(limit: int) -> list[UUID]:
    """The next lines of the queue, left where they are."""
    return _ids("SELECT * FROM targets.lines(%s::integer)", limit)


def blame(line: UUID, most: int) -> None:
    """Count one failure of a line; after the last one it waits for somebody to look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT targets.blame(%s::uuid, %s::integer)", [line, most])


def unpark() -> list[UUID]:
    """Put what waits for somebody to look back in the queue; of which registrations."""
    return _ids("SELECT * FROM targets.unpark()")


def in_conflict() -> list[UUID]:
    """The registrations that are in conflict now."""
    return _ids("SELECT * FROM targets.in_conflict()")


def settle(ids: Sequence[UUID], *, conflict: bool) -> None:
    """Say of these whether they met another registration of which their own side was told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT targets.settle(%s::uuid[], %s::boolean)", [list(ids), conflict])


def held(after: UUID, limit: int) -> list[UUID]:
    """The registrations that ought to be in the index, by identifier, a page after another."""
    return _ids("SELECT * FROM targets.held(%s::uuid, %s::integer)", after, limit)


def queue_again(ids: Sequence[UUID]) -> int:
    """Have the matcher take these again, or take them out where they are held no more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT targets.queue_again(%s::uuid[])", [list(ids)])
        return int(cursor.fetchone()[0])


def _ids(query: str, *params: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(params))
        return [row[0] for row in cursor.fetchall()]


def _taken(limit: int, lines: list[UUID] | None) -> list[MatchRecord]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit, lines])
        names = [column.name for column in cursor.description or ()]
        return [_record(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _record(row: Mapping[str, Any]) -> MatchRecord:
    """One registration: both sides learn of a meeting, nobody but the two units reads it by the cross-check (S-4)."""
    birth: date | None = row["birth_date"]
    named = tuple((kind, raw) for kind, values in json.loads(row["selectors"]).items() for raw in values)
    return MatchRecord(
        record_kind=KIND,
        record_id=row["target_id"],
        unit_id=row["unit_id"],
        file=File.REGISTRY.value,
        purpose=row["purpose"],
        tells_self=True,
        tells_other=True,
        readers_cell=frozenset(),
        readers_office=False,
        batch_import=None,
        author_id=row["author_id"],
        selectors=(*compared(named), *by_name(row["surname"], row["first_names"], birth)),
        at=row["at"],
        subjects=(
            Subject(
                family=row["surname"],
                given=row["first_names"],
                aliases=tuple(alias for alias in row["aliases"] if alias),
                birth=birth.strftime("%d/%m/%Y") if birth else "",
                birth_place=row["birth_place"],
                selectors=named,
            ),
        ),
    )


def compared(named: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, Strength]]:
    """(kind, normalised value, strength) of these identifiers, as they were written."""
    for kind, raw in named:
        try:
            selector = normalise(kind, raw)
        except Invalid:
            # Readable when it was written, by the plan of that day: it stands on the page, and meets nobody.
            continue
        yield selector.kind.value, selector.value, strength(selector)


def by_name(surname: str, first_names: str, birth: date | None) -> Iterator[tuple[str, str, Strength]]:
    """The same of a person whose name and birth date are whole."""
    key = person_key(first_names, surname, PartialDate.of(birth)) if birth and first_names else None
    if key:
        yield SelectorKind.PERSON.value, key, Strength.WEAK
