"""Reading the journal: for the officer for data protection, whose reading is an entry too (the page writes it)."""

from dataclasses import dataclass
from datetime import date, datetime
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
    if wanted.ref:
        return list(Entry.objects.filter(id__in=_touching(wanted, limit)).order_by("-id"))
    rows = Entry.objects.filter(id__lt=wanted.before)
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


def _touching(wanted: JournalFilter, limit: int) -> list[int]:
    who, what = wanted.actor, wanted.operation
    asked = (wanted.ref, wanted.before, limit, who, what, wanted.since, wanted.until, wanted.arrivals)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit.touching(%s::text, %s::bigint, %s::integer, %s::uuid, %s::text, %s::timestamptz,"
            " %s::timestamptz, %s::boolean)",
            asked,
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries a day, a service and a purpose have."""

    days: dict[date, int]
    units: dict[UUID | None, int]
    purposes: dict[str, int]


# What GROUPING answers for each of the three: the bits of those that a line is not about.
BY_DAY, BY_UNIT, BY_PURPOSE = 0b011, 0b101, 0b110
# Whole days alone are tallied, and no agent nor object: these few entries are found by their own index, and counted.
_TALLIED = "audit.tallied(%s::date, %s::date, %s::text, %s::boolean)"
_COUNTED = """
    (SELECT (e.at AT TIME ZONE 'Europe/Paris')::date AS day, e.unit, e.purpose, 1 AS entries FROM audit_entry e
      WHERE e.at >= %s::date::timestamp AT TIME ZONE 'Europe/Paris'
        AND e.at < %s::date::timestamp AT TIME ZONE 'Europe/Paris' AND (%s::text = '' OR e.operation = %s::text)
        AND (%s::boolean
             OR (e.operation = 'consult' AND e.result_count = 0 AND e.details ->> 'what' = 'home') IS NOT TRUE)
        AND (%s::uuid IS NULL OR e.actor = %s::uuid) AND (%s::text = '' OR e.refs @> ARRAY[%s::text]))
"""


def counted(wanted: JournalFilter, first: date, past: date) -> Counted:
    """The entries of whole days (of Paris) by day, service and purpose, each most numerous first but the days."""
    days, kind = [first, past], wanted.operation
    if wanted.actor or wanted.ref:
        own = [value for one in (wanted.actor, wanted.ref) for value in (one, one)]
        source, asked = _COUNTED, [*days, kind, kind, wanted.arrivals, *own]
    else:
        source, asked = _TALLIED, [*days, kind, wanted.arrivals]
    query = f"""
        SELECT GROUPING(c.day, c.unit, c.purpose), c.day, c.unit, c.purpose, sum(c.entries)::bigint FROM {source} AS c
         GROUP BY GROUPING SETS ((c.day), (c.unit), (c.purpose)) ORDER BY 5 DESC, 4, 3
    """  # noqa: S608 - our own texts, bound values
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        rows = cursor.fetchall()
    return Counted(
        days=dict(sorted((day, n) for by, day, _unit, _purpose, n in rows if by == BY_DAY)),
        units={unit: n for by, _day, unit, _purpose, n in rows if by == BY_UNIT},
        purposes={purpose: n for by, _day, _unit, purpose, n in rows if by == BY_PURPOSE},
    )


def journal_has_begun() -> bool:
    """Whether anything was ever done in this base, for the set-up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.has_begun()")
        return bool(cursor.fetchone()[0])
