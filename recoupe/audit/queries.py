"""Reading the journal: for the officer for data protection, whose reading is an entry too (the page writes it)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from recoupe.audit.enums import Operation
from recoupe.audit.models import Entry

FIRST_PAGE = 2**62


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """What the reader of the journal asks for; empty means all."""

    actor: UUID | None = None
    operation: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ref: str = ""
    arrivals: bool = False
    before: int = FIRST_PAGE


@dataclass(frozen=True, slots=True)
class Standing:
    """One witness: how many leaves it last signed, when, and whether its silence stops consultations."""

    name: str
    seen_at: datetime | None
    leaves: int
    silent: bool


def standing() -> list[Standing]:
    """The witnesses that are named; the function itself tells them to few roles."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit.standing()")
        return [Standing(*row) for row in cursor.fetchall()]


def entries(wanted: JournalFilter, limit: int = 50) -> list[Entry]:
    """Entries newest first; the policy of the table gives them to the officer for data protection alone."""
    rows = Entry.objects.filter(id__lt=wanted.before)
    if wanted.ref:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT audit.touching(%s::text, %s::bigint, %s::integer)", [wanted.ref, wanted.before, limit]
            )
            rows = Entry.objects.filter(id__in=[row[0] for row in cursor.fetchall()])
    if wanted.actor:
        rows = rows.filter(actor=wanted.actor)
    if wanted.operation:
        rows = rows.filter(operation=wanted.operation)
    if not wanted.arrivals:
        # Coming home to nothing that waits tells of nobody's file; the entries stay, and are one tick away.
        rows = rows.exclude(operation=Operation.CONSULT, details__what="home", result_count=0)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return list(rows.order_by("-id")[:limit])
