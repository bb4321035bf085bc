"""Reports and points that a test needs, written for real under the context of an agent."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import actions, facts
from recoupe.dealpoints.enums import DealPointKind
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.actions.common import readers_of
from recoupe.intelligence.enums import PlaceKind, ReportState
from recoupe.intelligence.models import Report
from recoupe.kernel.quantity import Unit
from recoupe.kernel.reference import human_ref
from recoupe.kernel.source import SourceKind
from recoupe.reference import queries as reference
from tests.world import TestAgent, World

MARSEILLE = (5.3698, 43.2965)
LILLE = (3.0573, 50.6292)
# Who lets the place: an organisation that is not, under a number that is well formed.
LET = {"landlord": "Habitat des Cygnes", "landlord_siren": "123456782"}


def report_by(agent: Agent, at: datetime | None = None, where: tuple[float, float] = MARSEILLE, **over: Any) -> Report:
    """A submitted report of the agent's unit, read by his unit, the cells of its place and the office."""
    now, today = timezone.now(), timezone.localdate()
    codes = sorted(reference.departments_at(*where))
    fields: dict[str, Any] = {
        "ref": human_ref(agent.unit_code, now.year),
        "author_id": agent.id,
        "owner_unit_id": agent.unit_id,
        "state": ReportState.SUBMITTED,
        "source_kind": "officer_observation",
        "fact_text": "Vente constatée.",
        "event_from": today - timedelta(days=1),
        "event_to": today - timedelta(days=1),
        "collected_at": at or now,
        "submitted_at": at or now,
        "place_kind": PlaceKind.POINT,
        "lon": where[0],
        "lat": where[1],
        "uncertainty_m": 300,
        "departments": codes,
        "handling": ["H0"],
    }
    report = Report(**{**fields, **over})
    report.readers = readers_of(report, today)
    record(Operation.COLLECT, refs=[("report", report.id)])
    report.save(force_insert=True)
    return report


def draft(name: str = "Les Cygnes", **over: Any) -> actions.Draft:
    """A plain draft of a point."""
    return actions.Draft(name=name, kind=DealPointKind.STREET, **over)


def proposed(world: World, who: TestAgent, where: tuple[float, float] = MARSEILLE, **report: Any) -> UUID:
    """A point proposed by an agent from a report of his own."""
    with world.acting(who) as agent:
        made = actions.propose_from_report(by=agent, report=report_by(agent, where=where, **report), draft=draft(**LET))
        return made.id


def active(world: World, who: TestAgent, cell: TestAgent, where: tuple[float, float] = MARSEILLE) -> UUID:
    """A point that its cell confirmed on the observation of an officer."""
    point_id = proposed(world, who, where)
    with world.acting(cell) as agent:
        actions.confirm(by=agent, point=DealPoint.objects.get(pk=point_id))
    return point_id


def priced(world: World, who: TestAgent, point_id: UUID) -> None:
    """A price that an agent saw there today."""
    seen = facts.Seen("cannabis_resin", Decimal(8), Unit.G, timezone.localdate(), SourceKind.OFFICER_OBSERVATION)
    with world.acting(who) as agent:
        facts.observe_price(by=agent, point=DealPoint.objects.get(pk=point_id), seen=seen)
