"""Places after an operation that a test needs, written for real."""

from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from recoupe.coordination.followup import actions, queries
from recoupe.coordination.followup.enums import MeasureKind, Seen
from recoupe.coordination.followup.models import Check
from recoupe.dealpoints import actions as points
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from tests.coordination.builders import Cast
from tests.dealpoints.builders import active
from tests.world import TestAgent, World

WHY = "Deux passages, personne sur place"
DAYS = (7, 30, 90, 180)


def disrupted(world: World, cast: Cast) -> UUID:
    """A point of Marseille that is hampered."""
    point_id = active(world, cast.police, cast.analyst)
    with world.acting(cast.head) as agent:
        point = points.target(by=agent, point=dealpoints.point(agent, point_id))
        points.disrupt(by=agent, point=point, reason=WHY)
    return point_id


def dismantled(world: World, cast: Cast, days_ago: int, *, watched: bool = True) -> UUID:
    """A point of Marseille whose sales an operation ended so many days ago, by default under watch."""
    point_id = disrupted(world, cast)
    dismantle(world, cast, point_id, days_ago)
    if watched:
        with world.acting(cast.head) as agent:
            points.watch(by=agent, point=dealpoints.point(agent, point_id))
    return point_id


def dismantle(world: World, cast: Cast, point_id: UUID, days_ago: int) -> None:
    """An operation so many days ago."""
    with world.acting(cast.head) as agent:
        on = timezone.localdate() - timedelta(days=days_ago)
        points.dismantle(by=agent, point=dealpoints.point(agent, point_id), operation="OP-9", on=on, reason=WHY)


def check(point_id: UUID, days: int) -> Check:
    """The last check of that many days of a point, as whoever acts reads it."""
    found: Check = Check.objects.filter(point=point_id, days=days).order_by("-step")[0]
    return found


def due(of: Check) -> date:
    """A day on which that check is rightly made."""
    return of.due_on


def answer(world: World, who: TestAgent, point_id: UUID, days: int, seen: Seen, reason: str = WHY) -> None:
    """An answer on the check's own day."""
    with world.acting(who) as agent:
        one = check(point_id, days)
        on = None if seen is Seen.NOT_LOOKED else one.due_on
        actions.answer(by=agent, check=queries.check(agent, one.id), seen=seen, seen_on=on, reason=reason)


def state(world: World, point_id: UUID) -> DealPointState:
    """Where a point stands."""
    ((found,),) = world.sql("SELECT state FROM dealpoints_dealpoint WHERE id = %s", [point_id])
    return DealPointState(found)


def draft(**over: object) -> actions.Draft:
    """New lamps by the office of the town, in a month."""
    fields: dict[str, object] = {
        "kind": MeasureKind.LIGHT, "text": "Remplacer l'éclairage du passage",
        "due_on": timezone.localdate() + timedelta(days=30), "partner_kind": "town",
        "partner": "Mairie, direction de l'éclairage public", **over,
    }  # fmt: skip
    return actions.Draft(**fields)  # type: ignore[arg-type]


def planned(world: World, who: TestAgent, point_id: UUID, **over: object) -> UUID:
    """A measure of that place."""
    with world.acting(who) as agent:
        made = actions.plan(by=agent, point=DealPoint.objects.get(pk=point_id), draft=draft(**over))
        return made.id
