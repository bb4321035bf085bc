"""Reads of the registry; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.audit import reading
from recoupe.audit.reading import Opening, Wanted
from recoupe.kernel.refusal import Absent
from recoupe.reference import queries as reference
from recoupe.targets import permissions, rules
from recoupe.targets.actions import SENTENCE_ABSENT
from recoupe.targets.enums import HELD, TargetState
from recoupe.targets.models import RegisteredTarget, TargetStep


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, and where the next one starts (None: this was the last)."""

    rows: list[RegisteredTarget]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Gauge:
    """One service in one month: procedures for the listed articles opened then and old enough, and those registered."""

    month: date
    service: str
    unit_code: str
    cases: int
    registered: int


def target(agent: Agent, target_id: UUID) -> RegisteredTarget:
    """A registration that the agent may read; Absent alike when hidden and when it does not exist."""
    found: RegisteredTarget | None = RegisteredTarget.objects.filter(pk=target_id).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def targets(agent: Agent, ids: Iterable[UUID]) -> dict[UUID, RegisteredTarget]:
    """Those of these registrations that the agent may read."""
    return RegisteredTarget.objects.by_id(list(ids))


def recent(agent: Agent, before: Cursor | None = None, limit: int = 25, states: Iterable[str] = ()) -> Page:
    """The newest registrations, by keyset pages and without totals; a filtered page may be short before the end."""
    wanted = sorted(states)

    def passing(ids: list[UUID]) -> dict[UUID, RegisteredTarget]:
        rows = RegisteredTarget.objects.among(ids)
        return {row.pk: row for row in (rows.filter(state__in=wanted) if wanted else rows)}

    return Page(*feed.narrowed("target", limit, before, passing))


def of_case(agent: Agent, case_id: UUID, limit: int = 50) -> list[RegisteredTarget]:
    """The registrations under a procedure, oldest first."""
    rows = RegisteredTarget.objects.filter(case_id=case_id).exclude(state=TargetState.ERASED)
    return list(rows.order_by("created_at", "id")[:limit])


def history(agent: Agent, of: RegisteredTarget) -> list[TargetStep]:
    """Every step of a registration's life, oldest first."""
    return list(TargetStep.objects.filter(target=of).order_by("step"))


def names_shown(agent: Agent, of: RegisteredTarget, today: date) -> bool:
    """R-MIN-1: the name of a minor is read by the holder's unit and its magistrates, not by the whole country."""
    return not (rules.is_minor(of.birth_date, today) and permissions.manages(agent))


def to_check(agent: Agent, limit: int = 50) -> list[RegisteredTarget]:
    """What waits for the manager's word, the oldest first."""
    rows = RegisteredTarget.objects.filter(state__in=[TargetState.REQUESTED, TargetState.CHECKED])
    return list(rows.order_by("state_since", "id")[:limit])


def ending(agent: Agent, today: date, limit: int = 100) -> list[RegisteredTarget]:
    """Registrations that end within the term of the first reminder, the soonest first."""
    term = today + timedelta(days=reference.whole_parameter("registry.reminder_1", today))
    rows = RegisteredTarget.objects.filter(state__in=sorted(HELD), expires_on__lte=term)
    return list(rows.order_by("expires_on", "id")[:limit])


def own_by_ref(agent: Agent, ref: str) -> RegisteredTarget | None:
    """The registration of the agent's own unit that carries this reference."""
    return RegisteredTarget.objects.filter(ref=ref, owner_unit_id=agent.unit_id).first()


def gauge(agent: Agent, today: date, months: int = 12) -> list[Gauge]:
    """The gauge of the services over the last months: all of them for the registry's manager, its own for a head."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM targets.gauge(%s::date, %s::integer)", [today, months])
        return [Gauge(*row) for row in cursor.fetchall()]


def missing(agent: Agent, today: date, limit: int = 50) -> list[UUID]:
    """The procedures of the agent's own unit that should have a registration by now and have none, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM targets.missing_of_own(%s::date, %s::integer)", [today, limit])
        return [row[0] for row in cursor.fetchall()]


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened a registration of the agent's unit: heads of unit alone are answered."""
    query = "SELECT * FROM targets.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "target", wanted)
