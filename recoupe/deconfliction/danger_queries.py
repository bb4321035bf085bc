"""Reads of dangers; row security decides what exists for the agent. The page records what it shows."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.deconfliction import life
from recoupe.deconfliction.enums import ShiftState
from recoupe.deconfliction.models import Danger, DangerSide, WatchLine, WatchShift
from recoupe.kernel.refusal import Absent, gettext_noop

PAGE = 50
WATCHED = [state for state, seen in life.ON_WATCH.items() if seen]
SENTENCE_ABSENT = gettext_noop("Ce danger n'existe pas, ou vous n'avez pas à en connaître.")


def side(agent: Agent, side_id: UUID) -> DangerSide:
    """A danger as the agent's unit learns of it; Absent alike when hidden and when it does not exist."""
    found: DangerSide | None = DangerSide.objects.filter(id=side_id).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def sides_by_id(agent: Agent, ids: Collection[UUID]) -> dict[UUID, DangerSide]:
    """Those of these dangers that the agent reads."""
    return DangerSide.objects.by_id(list(ids))


def own_sides(agent: Agent) -> list[DangerSide]:
    """The dangers of which the agent's desk was told and that stand, the next one to begin first."""
    return list(DangerSide.objects.filter(live=True).order_by("starts_at", "id")[:PAGE])


def open_dangers(agent: Agent, now: datetime) -> list[Danger]:
    """What is on the watch desk's screen, the next one to begin first; by the clock, whatever the worker has closed."""
    found = Danger.objects.filter(state__in=WATCHED, ends_at__gt=now)
    return list(found.order_by("starts_at", "id"))


def sides_of(agent: Agent, danger_ids: Collection[UUID]) -> dict[UUID, list[DangerSide]]:
    """The sides that were told of each of these dangers, who must be called first."""
    found: dict[UUID, list[DangerSide]] = {one: [] for one in danger_ids}
    for row in DangerSide.objects.filter(danger__in=list(danger_ids)).order_by("danger_id", "owner_unit_id", "id"):
        found[row.danger_id].append(row)
    return found


def danger(agent: Agent, danger_id: UUID) -> Danger:
    """One danger as the watch desk reads it; Absent alike when hidden and when it does not exist."""
    found: Danger | None = Danger.objects.filter(id=danger_id).first()
    if found is None:
        raise Absent(SENTENCE_ABSENT)
    return found


def lines_of(agent: Agent, danger_ids: Collection[UUID]) -> dict[UUID, list[WatchLine]]:
    """What the watch desk wrote down of each of these dangers, the newest first."""
    found: dict[UUID, list[WatchLine]] = {one: [] for one in danger_ids}
    for row in WatchLine.objects.filter(danger__in=list(danger_ids)).order_by("-at", "id"):
        found[row.danger_id].append(row)
    return found


def shift(agent: Agent) -> WatchShift | None:
    """Who keeps the watch desk now."""
    found: WatchShift | None = WatchShift.objects.exclude(state=ShiftState.ENDED).first()
    return found
