"""The conflicts of one's own unit, registrations and events alike; row security decides what exists for the agent."""

from collections.abc import Collection
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.rules import DEAD_HIT
from recoupe.targets.enums import TargetState
from recoupe.targets.models import RegisteredTarget

KINDS = ("target", "event")
PAGE = 100


def own_sides(agent: Agent, limit: int = PAGE) -> list[HitSide]:
    """What the agent's unit learnt of registrations and events that met others, the newest first."""
    rows = HitSide.objects.filter(owner_unit_id=agent.unit_id, record_kind__in=KINDS).exclude(state__in=DEAD_HIT)
    return list(rows.order_by("-at", "-id")[:limit])


def sides_of(agent: Agent, thread_id: UUID) -> list[HitSide]:
    """The sides of a contact that the agent reads, with whom to call."""
    return list(HitSide.objects.filter(thread_id=thread_id).order_by("side"))


def followed_by_others(agent: Agent, but: Collection[UUID], limit: int = PAGE) -> list[RegisteredTarget]:
    """Registrations of the unit in conflict whose conflict a colleague follows: its author, or the duty desk."""
    rows = RegisteredTarget.objects.filter(owner_unit_id=agent.unit_id, state=TargetState.CONFLICT)
    return list(rows.exclude(id__in=list(but)).order_by("state_since", "id")[:limit])
