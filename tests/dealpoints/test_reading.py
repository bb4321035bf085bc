"""Deal points on the real base: who reads which, what the map and the stock count, and pages without gap."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.dealpoints import actions, drawing, queries, rules
from recoupe.dealpoints.filters import Filters
from recoupe.dealpoints.models import StateChange
from recoupe.kernel.place import Point
from recoupe.reference import queries as reference
from tests.dealpoints.builders import LILLE, MARSEILLE, active, draft, proposed, report_by
from tests.dealpoints.test_actions import S, reads
from tests.world import TestAgent, World

# -- who reads ---------------------------------------------------------------------------------------------------------
READERS = [
    (Role.INVESTIGATOR, "PJ13", True),
    (Role.INVESTIGATOR, "SR13", True),
    (Role.INVESTIGATOR, "DED13", True),
    (Role.UNIT_HEAD, "SR13", True),
    (Role.CROSS_ANALYST, "CROSS13", True),
    (Role.CROSS_HEAD, "CROSS13", True),
    (Role.OFAST_ANALYST, "OFAST", True),
    (Role.PROSECUTOR, "TJ13", True),
    (Role.PROSECUTOR, "JIRS13", True),
    (Role.PROSECUTOR, "TJ13A", False),
    (Role.PROSECUTOR, "TJ59", False),
    (Role.EXAMINING_JUDGE, "TJ13", False),
    (Role.INVESTIGATOR, "PJ59", False),
    (Role.CROSS_ANALYST, "CROSS84", False),
    (Role.CROSS_HEAD, "CROSS59", False),
    (Role.DUTY_OFFICER, "PJ13", False),
    (Role.DPO, "OFAST", False),
    (Role.SYSADMIN, "OFAST", False),
    (Role.DESIGNATING_AUTHORITY, "OFAST", False),
]


@pytest.mark.parametrize(("role", "unit", "expected"), READERS)
def test_a_point_of_marseille_is_read_there_and_nowhere_else(
    world: World, police: TestAgent, role: Role, unit: str, expected: bool
) -> None:
    point_id = proposed(world, police)
    who = world.agent(role, unit)
    assert reads(world, who, point_id) is expected
    with world.acting(who) as agent:
        listed = [row.id for row in queries.recent(agent, limit=100).rows]
        drawn = drawing.shown_on(drawing.window(agent, rules.Bounds(5.36, 43.29, 5.38, 43.3)))
        assert (point_id in listed) is expected
        assert (("dealpoint", point_id) in drawn) is expected or len(drawn) == 0
        assert StateChange.objects.filter(point=point_id).exists() is expected


def test_who_brought_what_stays_between_its_unit_the_cell_and_the_office(world: World, police: TestAgent) -> None:
    point_id = proposed(world, police)
    seen = {}
    for role, unit in ((Role.INVESTIGATOR, "PJ13"), (Role.CROSS_ANALYST, "CROSS13"), (Role.OFAST_ANALYST, "OFAST"),
                       (Role.INVESTIGATOR, "SR13"), (Role.PROSECUTOR, "TJ13")):  # fmt: skip
        with world.acting(world.agent(role, unit)) as agent:
            seen[unit] = len(queries.evidence(agent, queries.point(agent, point_id)))
    assert seen == {"PJ13": 1, "CROSS13": 1, "OFAST": 1, "SR13": 0, "TJ13": 0}


def border_point(inside: tuple[float, float], outside: tuple[float, float]) -> tuple[float, float]:
    """A place between two others that lies within 300 m of the border between their departments."""
    for step in range(20_001):
        share = step / 20_000
        lon = inside[0] + (outside[0] - inside[0]) * share
        lat = inside[1] + (outside[1] - inside[1]) * share
        if len(reference.departments_at(lon, lat)) == 2 and reference.commune_at(lon, lat):
            return lon, lat
    raise AssertionError("no border between these places")


def test_a_point_on_a_border_belongs_to_the_cells_of_both_sides(world: World, police: TestAgent) -> None:
    where = border_point((4.70, 43.88), (4.82, 43.97))
    point_id = proposed(world, police, where)
    with world.acting(police) as agent:
        assert set(queries.point(agent, point_id).departments) == reference.departments_at(*where)
    for code in reference.departments_at(*where):
        assert reads(world, world.agent(Role.CROSS_ANALYST, f"CROSS{code}"), point_id)
    assert not reads(world, world.agent(Role.CROSS_ANALYST, "CROSS59"), point_id)


# -- map and stock -----------------------------------------------------------------------------------------------------
def test_the_map_draws_up_to_a_hundred_points_and_counts_beyond(world: World) -> None:
    who, cell = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.CROSS_ANALYST, "CROSS59")
    point_id = proposed(world, who, LILLE)
    bounds = rules.Bounds(2.9, 50.5, 3.2, 50.8)
    with world.acting(cell) as agent:
        few = drawing.window(agent, bounds)
        assert drawing.shown_on(few) == [("dealpoint", point_id)]
        assert few["features"][0]["geometry"] == {"type": "Point", "coordinates": list(LILLE)}
        assert few["features"][0]["properties"]["uncertainty_m"] == 300
        assert drawing.window(agent, rules.Bounds(2.0, 50.5, 2.5, 50.8))["features"] == []
        assert [(p.id, d) for p, d in queries.near(agent, Point(*LILLE))] == [(point_id, 0)]
    with world.acting(who) as agent:
        for step in range(drawing.MOST_DRAWN):
            where = (LILLE[0] + step * 0.0005, LILLE[1])
            actions.propose_from_report(by=agent, report=report_by(agent, where=where), draft=draft())
        many = drawing.window(agent, bounds)
        assert many["aggregated"]
        assert drawing.shown_on(many) == []
        assert sum(f["properties"]["count"] for f in many["features"]) == drawing.MOST_DRAWN + 1


def test_the_stock_of_a_day_is_counted_from_history_among_what_one_may_see(world: World) -> None:
    who, head = world.agent(Role.INVESTIGATOR, "PJ69"), world.agent(Role.CROSS_HEAD, "CROSS69")
    lyon = (4.8357, 45.764)
    today = timezone.localdate()
    first = active(world, who, head, lyon)
    active(world, who, head, lyon)
    proposed(world, who, lyon)
    with world.acting(head) as agent:
        assert queries.stock_at(agent, today).total == 2
        assert queries.stock_at(agent, today).by_state == {S.ACTIVE: 2, S.REPORTED: 1}
        assert queries.stock_at(agent, today - timedelta(days=1)).total == 0
    with psycopg.connect(world.admin_url) as admin:  # a month ago, as a made history
        admin.execute("SET session_replication_role = replica")
        earlier = "UPDATE dealpoints_statechange SET at = at - interval '30 days', since = since - interval '30 days'"
        admin.execute(f"{earlier} WHERE point_id = %s".encode(), [first])
        # Written behind its back: what the process keeps of the map is worth nothing any more.
        admin.execute("DELETE FROM dealpoints_tick")
    with world.acting(head) as agent:
        assert queries.stock_at(agent, today - timedelta(days=20)).total == 1
        actions.target(by=agent, point=queries.point(agent, first))
        assert queries.stock_at(agent, today - timedelta(days=20)).by_state == {S.ACTIVE: 1}
        assert queries.stock_at(agent, today).by_state == {S.ACTIVE: 1, S.TARGETED: 1, S.REPORTED: 1}
    with world.acting(world.agent(Role.CROSS_HEAD, "CROSS2A")) as agent:
        assert queries.stock_at(agent, today).total == 0


def test_pages_follow_each_other_without_gap_or_double(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ75")
    made = [proposed(world, who, (2.3522, 48.8566)) for _ in range(7)]
    with world.acting(who) as agent:
        seen, cursor = list[UUID](), None
        for _ in range(10):
            page = queries.recent(agent, cursor, limit=3)
            seen += [row.id for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
        assert seen == list(reversed(made))
        only = Filters(states=frozenset({S.ACTIVE}))
        assert queries.recent(agent, filters=only).rows == []
        assert queries.near(agent, Point(*MARSEILLE)) == []
