"""How points came to be known: found by whoever was there, told by whoever was not; the two are never summed."""

from datetime import timedelta

from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.dealpoints import actions, origins, queries
from recoupe.dealpoints.models import Evidence
from tests.dealpoints.builders import active, report_by
from tests.world import World

TODAY = timezone.localdate()
AGES = TODAY - timedelta(days=3_000)


def test_a_point_is_found_or_told_or_both_and_counted_once_in_each(world: World) -> None:
    police, cell = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.CROSS_ANALYST, "CROSS13")
    with world.acting(cell) as agent:
        before = origins.by_commune(agent, "13", AGES, TODAY).get("13055", origins.Origins())
    point = active(world, police, cell)
    with world.acting(cell) as agent:
        seen = origins.by_commune(agent, "13", AGES, TODAY)["13055"]
        assert seen.found - before.found == {point}
        assert point not in seen.told
    with world.acting(police) as agent:
        actions.add_evidence(
            by=agent, point=queries.point(agent, point), report=report_by(agent, source_kind="anonymous")
        )
    with world.acting(cell) as agent:
        both = origins.by_commune(agent, "13", AGES, TODAY)["13055"]
        assert point in both.found & both.told
        assert both.discovered - before.discovered == 1
        # Out of its time, or of another department, it is not counted.
        last = max(row.at for row in Evidence.objects.filter(point_id=point))
        after = timezone.localdate(last) + timedelta(days=1)
        later = origins.by_commune(agent, "13", after, after + timedelta(days=9)).get("13055", origins.Origins())
        assert point not in later.found | later.told
        assert not any(point in one.found for one in origins.by_commune(agent, "59", AGES, TODAY).values())


def test_whoever_reads_no_evidence_counts_none(world: World) -> None:
    point = active(world, world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.CROSS_ANALYST, "CROSS13"))
    with world.acting(world.agent(Role.INVESTIGATOR, "SR13")) as agent:
        assert not any(point in one.found for one in origins.by_commune(agent, "13", AGES, TODAY).values())
