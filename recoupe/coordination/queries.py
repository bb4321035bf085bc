"""Reads of objectives: what the acting agent may see, by the policy of the rows and by nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from recoupe.access import feed
from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.audit import reading
from recoupe.audit.reading import Ground, Opening, Touch, Wanted
from recoupe.coordination import rules
from recoupe.coordination.enums import (
    ALLOCATED_STATES,
    ENDED,
    RUNNING,
    Act,
    Financial,
    ObjectiveState,
    OriginKind,
    Outcome,
    Verdict,
)
from recoupe.coordination.listed import COLUMNS, Listed, listed
from recoupe.coordination.models import Decision, Objective, Step
from recoupe.dealpoints.models import DealPoint
from recoupe.kernel.refusal import Absent, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.models import Unit

# What is late, and what no service has, of all that the agent reads: mostly nothing, which a bare question tells.
_PRESSING = """
    SELECT o.id FROM coordination_objective o
     WHERE (o.state = ANY (%s::text[]) AND o.deadline < %s::date) OR (o.state = %s AND o.state_since < %s) LIMIT %s
"""
HIDDEN = gettext_noop("Cet objectif n'existe pas ou n'est pas à votre portée.")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where the next one starts (None: this was the last)."""

    rows: list[Listed]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Load:
    """How many running objectives a service leads, alone or jointly, among those that the agent sees; how many late."""

    unit: Unit
    running: int
    late: int


def objective(agent: Agent, objective_id: UUID) -> Objective:
    """One objective; Absent when there is none that the agent may read."""
    found: Objective | None = Objective.objects.filter(pk=objective_id).first()
    if found is None:
        raise Absent(HIDDEN)
    return found


def objectives(agent: Agent, objective_ids: Iterable[UUID]) -> dict[UUID, Objective]:
    """Those of these objectives that the agent may read."""
    return Objective.objects.by_id(list(objective_ids))


def by_ref(agent: Agent, ref: str) -> Objective:
    """One objective by its reference; Absent as above."""
    found: Objective | None = Objective.objects.filter(ref=ref).first()
    if found is None:
        raise Absent(HIDDEN)
    return found


def from_origin(agent: Agent, kind: OriginKind, origin_id: UUID) -> list[Objective]:
    """The objectives proposed from a hit side or a deal point, the newest first."""
    return list(Objective.objects.filter(origin_kind=kind, origin_id=origin_id).order_by("-created_at"))


def history(agent: Agent, of: Objective) -> list[Step]:
    """Every step of an objective's life, oldest first."""
    return list(Step.objects.filter(objective=of).order_by("number"))


def decisions(agent: Agent, of: Objective) -> list[Decision]:
    """What the prosecutor's office decided, oldest first."""
    return list(Decision.objects.filter(objective=of).order_by("at"))


def recent(agent: Agent, before: Cursor | None = None, limit: int = 25, states: Iterable[ObjectiveState] = ()) -> Page:
    """The newest objectives, by keyset pages and without totals; a filtered page may be short before the end."""
    wanted = frozenset(states)

    def passing(ids: list[UUID]) -> dict[UUID, Listed]:
        return {row.id: row for row in listed(ids) if not wanted or row.state in wanted}

    return Page(*feed.narrowed("objective", limit, before, passing))


def overdue(agent: Agent, today: date, limit: int = 25) -> list[Listed]:
    """Running objectives whose deadline has passed, the oldest deadline first."""
    rows = Objective.objects.filter(_late(today))
    return [Listed(*row) for row in rows.order_by("deadline", "id").values_list(*COLUMNS)[:limit]]


def unallocated(agent: Agent, today: date, limit: int = 25) -> list[Listed]:
    """Validated objectives that the meetings have let pass without a service for them, the oldest first (W4)."""
    rows = Objective.objects.filter(_passed_over(today))
    return [Listed(*row) for row in rows.order_by("state_since", "id").values_list(*COLUMNS)[:limit]]


def awaiting(agent: Agent, limit: int = 100) -> list[Listed]:
    """Every validated objective that no service has, since when it waits in `state_since`, the oldest first (W4)."""
    rows = Objective.objects.filter(state=ObjectiveState.VALIDATED)
    return [Listed(*row) for row in rows.order_by("state_since", "id").values_list(*COLUMNS)[:limit]]


def pressing(agent: Agent, today: date, limit: int = 25) -> list[Listed]:
    """What is late, then what no service has, as the two above tell them: asked at once while there is little."""
    running = [state.value for state in RUNNING]
    with connection.cursor() as cursor:
        cursor.execute(_PRESSING, [running, today, ObjectiveState.VALIDATED.value, _start(today), limit + 1])
        ids = [row[0] for row in cursor.fetchall()]
    if len(ids) > limit:
        return [*overdue(agent, today, limit), *unallocated(agent, today, limit)]
    rows = listed(ids)
    late = [row for row in rows if row.state != ObjectiveState.VALIDATED]
    waiting = [row for row in rows if row.state == ObjectiveState.VALIDATED]
    return [
        *sorted(late, key=lambda row: (row.deadline or today, row.id)),
        *sorted(waiting, key=lambda row: (row.state_since, row.id)),
    ]


def _late(today: date) -> Q:
    return Q(state__in=RUNNING, deadline__lt=today)


def _passed_over(today: date) -> Q:
    return Q(state=ObjectiveState.VALIDATED, state_since__lt=_start(today))


def _start(today: date) -> datetime:
    return timezone.make_aware(datetime.combine(patience(today), time.min))


def patience(today: date) -> date:
    """The first day of the meetings that an objective may let pass before its wait for a service is an alert."""
    meetings = reference.whole_parameter("meeting.unallocated_alert", today)
    return today - timedelta(days=meetings * reference.whole_parameter("meeting.cross_days", today))


def load(agent: Agent, today: date) -> list[Load]:
    """Running objectives by lead service, the most loaded first."""
    rows = Objective.objects.filter(state__in=RUNNING)
    sums: dict[UUID, tuple[int, int]] = {}
    for part in ("lead_id", "joint_lead_id"):
        led = rows.exclude(**{part: None}).values_list(part)
        for unit, running, late in led.annotate(running=Count("id"), late=Count("id", filter=Q(deadline__lt=today))):
            had, were = sums.get(unit, (0, 0))
            sums[unit] = (had + running, were + late)
    loads = [Load(reference.unit_by_id(unit), running, late) for unit, (running, late) in sums.items()]
    return sorted(loads, key=lambda item: (-item.running, item.unit.code))


def open_units(today: date) -> list[Unit]:
    """The services that may receive an objective today, by code."""
    return [unit for unit in reference.units(today) if unit.kind in rules.INVESTIGATING]


def _origin_ref(of: Objective) -> str:
    """The reference of the point that it comes from, for who reads that point (P-47)."""
    return of.origin_ref if DealPoint.objects.filter(id=of.origin_id).exists() else ""


def objective_sheet(agent: Agent, objective_id: UUID) -> dict[str, Any]:
    """What the printed sheet of an objective says: plain texts in the reader's language, ready for typst as JSON."""
    of = objective(agent, objective_id)
    return {
        "ref": of.ref,
        "title": of.title,
        "summary": of.summary,
        "state": str(ObjectiveState(of.state).label),
        "state_since": _day(timezone.localdate(of.state_since)),
        "origin": {"kind": str(OriginKind(of.origin_kind).label), "ref": _origin_ref(of)},
        "commune": reference.commune(of.commune_code).name,
        "departments": [str(reference.department(code)) for code in of.departments],
        "proposed_by": reference.unit_by_id(of.owner_unit_id).name,
        "proposed_on": _day(timezone.localdate(of.created_at)),
        "court": reference.unit_by_id(of.court_id).name,
        "decisions": [_decision(row) for row in decisions(agent, of)],
        "allocation": _allocation(of),
        "outcome": _outcome(of),
        # What ended a life that was reopened since stands in its history alone, as does a former allocation.
        "closing_motive": of.closing_motive if of.state in ENDED else "",
        "history": [_step(row) for row in history(agent, of)],
        "printed_for": agent.name,
        "printed_unit": agent.unit_name,
    }


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _decision(row: Decision) -> dict[str, str]:
    return {
        "verdict": str(Verdict(row.verdict).label),
        "by": row.decided_by_name,
        "on": _day(timezone.localdate(row.at)),
        "reference": row.reference,
        "motive": row.motive,
    }


def _allocation(of: Objective) -> dict[str, Any] | None:
    if of.lead_id is None or of.state not in ALLOCATED_STATES:
        return None
    return {
        "lead": reference.unit_by_id(of.lead_id).name,
        "joint_lead": reference.unit_by_id(of.joint_lead_id).name if of.joint_lead_id else "",
        "co_services": [reference.unit_by_id(unit).name for unit in of.co_services],
        "deadline": _day(of.deadline),
        "financial": str(Financial(of.financial).label),
        "financial_motive": of.financial_motive,
        "operation": of.operation_ref,
        "operation_on": _day(of.operation_on),
    }


def _outcome(of: Objective) -> dict[str, str] | None:
    if not of.outcome:
        return None
    return {"what": str(Outcome(of.outcome).label), "on": _day(of.outcome_on)}


def act_words(row: Step) -> str:
    """An act as a sentence: what it is, whom it names, the day that it sets."""
    if row.service_id:
        named = {"act": Act(row.act).label, "service": reference.unit_by_id(row.service_id).name}
        return gettext("%(act)s : %(service)s") % named
    if row.day:
        return gettext("%(act)s : %(day)s") % {"act": Act(row.act).label, "day": _day(row.day)}
    return str(Act(row.act).label)


def _step(row: Step) -> dict[str, str]:
    before = str(ObjectiveState(row.from_state).label) if row.from_state else gettext("Proposition")
    return {
        "on": _day(timezone.localdate(row.at)),
        "from": before,
        "to": act_words(row) if row.act else str(ObjectiveState(row.to_state).label),
        "unit": row.unit_code,
        "motive": row.motive,
    }


def own_by_ref(agent: Agent, ref: str) -> Objective | None:
    """The objective of the agent's own unit that carries this reference."""
    return Objective.objects.filter(ref=ref, owner_unit_id=agent.unit_id).first()


def openings(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Who of other services opened an objective that the agent's unit proposed: heads of unit alone are answered."""
    query = "SELECT * FROM coordination.reads_of_own(%s::timestamptz, %s::timestamptz, %s::uuid, %s::integer)"
    return reading.openings(query, "objective", wanted)


def touched_by(agent: Agent, ground: Ground) -> list[Touch]:
    """Objectives proposed from a hit of this ground while it stood, by who proposed and who leads them."""
    query = "SELECT * FROM coordination.touched_by(%s::uuid[], %s::timestamptz, %s::timestamptz)"
    with connection.cursor() as cursor:
        cursor.execute(query, [ground.of("hit"), ground.since, ground.until])
        return [Touch("objective", f"objective:{identifier}", unit, at) for identifier, unit, at in cursor]
