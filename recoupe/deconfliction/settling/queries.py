"""Reads of settlements; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.deconfliction.settling.enums import OpinionState, SettlementState
from recoupe.deconfliction.settling.models import Opinion, Settlement, SettlementStep
from recoupe.kernel.refusal import Absent, gettext_noop

S = SettlementState
ABSENT = gettext_noop("Cette page n'existe pas ou ne vous est pas accessible.")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Count:
    """How many conflicts stand in one state, and since when the oldest."""

    state: str
    conflicts: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Measure:
    """How many conflicts came to a contact, an agreement or a decision, and the median of the hours it took."""

    what: str
    conflicts: int
    median_hours: float | None


def settlement(agent: Agent, settlement_id: UUID) -> Settlement:
    """One settlement, for the parties of its contact and the manager to whom it was carried."""
    found = Settlement.objects.filter(id=settlement_id).first()
    if found is None:
        raise Absent(ABSENT)
    return found


def settlements(agent: Agent, ids: Collection[UUID]) -> dict[UUID, Settlement]:
    """Those of these settlements that the agent reads."""
    return Settlement.objects.in_bulk(list(ids)) if ids else {}


def of_contacts(agent: Agent, thread_ids: Collection[UUID]) -> dict[UUID, Settlement]:
    """By contact, what stands to be settled or was settled in it; not what ended."""
    if not thread_ids:
        return {}
    rows = Settlement.objects.filter(thread_id__in=list(thread_ids)).exclude(state=S.ENDED)
    return {row.thread_id: row for row in rows}


def steps(agent: Agent, of: Settlement) -> list[SettlementStep]:
    """The life of a settlement, oldest first."""
    return list(SettlementStep.objects.filter(settlement=of).defer("actor_id").order_by("step"))


def opinions(agent: Agent, of: Settlement) -> list[Opinion]:
    """What was asked of the magistrates, for the manager: the newest proposal first."""
    return list(Opinion.objects.filter(settlement=of).order_by("-step", "asked_at", "id"))


def to_propose(agent: Agent) -> list[Settlement]:
    """What waits for the manager's proposal, the oldest first."""
    return list(Settlement.objects.filter(state=S.ARBITRATION).order_by("state_since", "id")[:PAGE])


def opinion(agent: Agent, opinion_id: UUID) -> Opinion:
    """One question put to a magistrate."""
    found = Opinion.objects.filter(id=opinion_id).first()
    if found is None:
        raise Absent(ABSENT)
    return found


def opinions_by_id(agent: Agent, ids: Collection[UUID]) -> dict[UUID, Opinion]:
    """Those of these questions that the agent reads."""
    return Opinion.objects.in_bulk(list(ids)) if ids else {}


def to_decide(agent: Agent) -> list[Opinion]:
    """What waits for the agent's decision as magistrate in charge, the oldest first."""
    rows = Opinion.objects.filter(state=OpinionState.ASKED, magistrate_id=agent.id)
    return list(rows.order_by("asked_at", "id")[:PAGE])


def pair(agent: Agent, of: Settlement) -> tuple[UUID, UUID] | None:
    """The two registrations of a conflict, asker first: for the manager to whom it was carried alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT asker, holder FROM deconfliction.pair(%s::uuid)", [of.id])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def standing(agent: Agent) -> list[Count]:
    """Conflicts that nobody has settled yet, by state: for the registry's manager."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, conflicts, oldest FROM deconfliction.standing()")
        found = {row[0]: Count(*row) for row in cursor.fetchall()}
    return [found[state] for state in S if state in found]


def measures(agent: Agent, since: date) -> dict[str, Measure]:
    """By `contact`, `agreement`, `decision`: measured times of conflicts that began since this day, for the manager."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, conflicts, median_hours FROM deconfliction.measures(%s::date)", [since])
        return {row[0]: Measure(*row) for row in cursor.fetchall()}
