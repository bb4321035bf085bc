"""Lives told late, mended or undone: each past figure is given again, each cause of a difference is its own."""

from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.dealpoints import actions, dating, queries, rules
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint, StateChange
from recoupe.dealpoints.rules import Change
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.reference import queries as reference
from tests.dealpoints.builders import MARSEILLE, active, draft, report_by
from tests.world import TestAgent, World

S = DealPointState
WHY = "Même hall, vu deux fois par deux services"


def point(point_id: UUID) -> DealPoint:
    found: DealPoint = DealPoint.objects.get(pk=point_id)
    return found


def merge(world: World, head: TestAgent, doubled: UUID, kept: UUID) -> None:
    with world.acting(head) as agent:
        actions.mark_duplicate(by=agent, point=point(doubled), of=point(kept), reason=WHY)
        actions.merge(by=agent, point=point(doubled), reason=WHY)


def separate(world: World, head: TestAgent, doubled: UUID) -> DealPoint:
    with world.acting(head) as agent:
        return actions.separate(by=agent, point=point(doubled), reason=WHY)


def evidence(world: World) -> dict[UUID, tuple[object, ...]]:
    """Where each piece stands, what it counts for, who reads it."""
    rows = world.sql("SELECT id, point_id, counts_for_id, readers FROM dealpoints_evidence ORDER BY id")
    return {row[0]: tuple(row[1:]) for row in rows}


def speaks(world: World, head: TestAgent, point_id: UUID) -> int:
    with world.acting(head) as agent:
        return len(queries.evidence(agent, queries.point(agent, point_id)))


def test_a_merger_that_is_undone_leaves_everything_as_it_was(world: World, police: TestAgent, head: TestAgent) -> None:
    kept, doubled = (active(world, police, head) for _ in range(2))
    before = evidence(world)
    row = "SELECT state, state_since, merged_into_id, readers FROM dealpoints_dealpoint WHERE id = %s"
    was = world.sql(row, [doubled])
    merge(world, head, doubled, kept)
    assert (speaks(world, head, kept), evidence(world) == before) == (2, False)
    separate(world, head, doubled)
    assert world.sql(row, [doubled]) == was
    assert evidence(world) == before
    assert [speaks(world, head, one) for one in (kept, doubled)] == [1, 1]


def test_three_are_merged_and_the_one_in_the_middle_comes_back(
    world: World, police: TestAgent, head: TestAgent
) -> None:
    """C into B, B into A; then B was none of A: it comes back with C, and A keeps its own."""
    a, b, c = (active(world, police, head) for _ in range(3))
    merge(world, head, c, b)
    between = evidence(world)
    merge(world, head, b, a)
    assert [speaks(world, head, one) for one in (a, b, c)] == [3, 1, 1]
    assert {row[1] for row in evidence(world).values() if row[0] in (a, b, c)} == {a}
    separate(world, head, b)
    assert evidence(world) == between
    assert world.sql("SELECT state FROM dealpoints_dealpoint WHERE id = %s", [b]) == [("ACTIVE",)]
    assert world.sql("SELECT state, merged_into_id FROM dealpoints_dealpoint WHERE id = %s", [c]) == [("MERGED", b)]
    separate(world, head, c)
    assert [speaks(world, head, one) for one in (a, b, c)] == [1, 1, 1]


def test_the_cells_of_where_it_lives_on_read_what_speaks_for_it_until_it_is_parted(
    world: World, police: TestAgent, head: TestAgent
) -> None:
    """Merged into a point on the river between two departments: the other side reads its evidence, then no longer."""
    other_side = world.agent(Role.CROSS_ANALYST, "CROSS84")
    river = next(
        (4.80, lat / 1000)
        for lat in range(43_900, 43_950)
        if reference.departments_at(4.80, lat / 1000) == frozenset({"13", "84"})
    )
    ours, shared = active(world, police, head), active(world, police, head, river)
    alone = world.sql("SELECT id, readers FROM dealpoints_evidence WHERE point_id = %s", [ours])
    assert speaks(world, other_side, shared) == 1
    merge(world, head, ours, shared)
    assert speaks(world, other_side, shared) == 2
    separate(world, head, ours)
    assert speaks(world, other_side, shared) == 1
    assert world.sql("SELECT id, readers FROM dealpoints_evidence WHERE point_id = %s", [ours]) == alone


def test_who_may_undo_a_merger(world: World, police: TestAgent, analyst: TestAgent, head: TestAgent) -> None:
    kept, doubled = (active(world, police, head) for _ in range(2))
    with world.acting(head) as agent, pytest.raises(Conflict):
        actions.separate(by=agent, point=point(doubled), reason=WHY)
    merge(world, head, doubled, kept)
    for who in (police, analyst, world.agent(Role.CROSS_HEAD, "CROSS59")):
        with world.acting(head) as agent:
            seen = point(doubled)
        with world.acting(who) as agent, pytest.raises(Refused):
            actions.separate(by=agent, point=seen, reason=WHY)
    with world.acting(head) as agent, pytest.raises(Invalid):
        actions.separate(by=agent, point=point(doubled), reason="non")
    separate(world, head, doubled)
    entries = [row for row in world.journal("modify") if f"dealpoint:{doubled}" in row[2]]
    assert len(entries) >= 3


def test_a_day_that_is_given_is_neither_ahead_nor_before_the_state_that_it_ends(
    world: World, police: TestAgent, head: TestAgent
) -> None:
    point_id, today = active(world, police, head), timezone.localdate()
    with world.acting(head) as agent:
        targeted = actions.target(by=agent, point=point(point_id))
        for day in (today + timedelta(days=1), today - timedelta(days=1)):
            with pytest.raises(Invalid) as refused:
                actions.disrupt(by=agent, point=targeted, reason="Patrouilles", since=day)
            assert refused.value.field == "since"
        assert actions.disrupt(by=agent, point=targeted, reason="Patrouilles", since=today).state == S.DISRUPTED


# -- figures -----------------------------------------------------------------------------------------------------------
def lived(world: World, point_id: UUID, *days: tuple[int, int]) -> None:
    """Write when each step was recorded and since when it held, in days ago."""
    now = timezone.now()
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        for step, (at, since) in enumerate(days, 1):
            admin.execute(
                "UPDATE dealpoints_statechange SET at = %s, since = %s WHERE point_id = %s AND step = %s",
                [now - timedelta(days=at), now - timedelta(days=since), point_id, step],
            )
        admin.execute("DELETE FROM dealpoints_tick")  # written behind its back: what the process keeps is worth nothing


@pytest.fixture(scope="module")
def seen(world: World) -> tuple[TestAgent, date]:
    """Lille, a month: each cause of a difference once, and the day of a month ago."""
    lille = (3.0573, 50.6292)
    police, head = world.agent(Role.INVESTIGATOR, "PJ59"), world.agent(Role.CROSS_HEAD, "CROSS59")
    known, found_late, new, gone, doubled = (active(world, police, head, lille) for _ in range(5))
    lived(world, known, (60, 60), (60, 60), (60, 60))
    # Found ten days ago, sold there for fifty.
    lived(world, found_late, (10, 50), (10, 50), (10, 50))
    lived(world, new, (5, 5), (5, 5), (5, 5))
    lived(world, doubled, (60, 60), (60, 60), (60, 60))
    merge(world, head, doubled, known)
    with world.acting(head) as agent:
        actions.target(by=agent, point=point(gone))
        actions.disrupt(by=agent, point=point(gone), reason="Présence renforcée")
        actions.dismantle(
            by=agent, point=point(gone), operation="OP-7", on=timezone.localdate(), reason="Équipe interpellée"
        )
    lived(world, gone, (60, 60), (60, 60), (60, 60), (40, 40), (39, 39), (20, 20))
    return head, timezone.localdate() - timedelta(days=30)


def test_each_cause_of_a_difference_is_counted_apart_and_they_add_up(
    world: World, seen: tuple[TestAgent, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, then = seen
    today = timezone.localdate()
    with world.acting(head) as agent:
        why = queries.difference(agent, then, today, "59")
        # Told then: the known one, its double, the one that was going. Learned since: one more, one double less.
        assert (why.told, why.definition, why.counting, why.appeared, why.ceased, why.now) == (3, 0, 0, 1, 1, 3)
        assert queries.stock_at(agent, then, "59").total == 3
        assert queries.stock_at(agent, then, "59", known=today).total == 3
        assert queries.stock_at(agent, then - timedelta(days=400), "59").total == 0
    # From today on a dismantled point counts: nothing changed out there, and what was told stays what was told.
    definitions = ((date(2019, 9, 17), rules.counted_on(then)), (today, rules.counted_on(then) | {S.DISMANTLED}))
    monkeypatch.setattr(rules.counted_on, "__defaults__", (definitions,))
    with world.acting(head) as agent:
        why = queries.difference(agent, then, today, "59")
        assert (why.told, why.now) == (3, 4)
        assert why.told + why.definition + why.counting + why.appeared - why.ceased == why.now
        assert (why.appeared, why.ceased) == (1, 0)


def test_the_base_counts_as_the_rules_say(world: World, seen: tuple[TestAgent, date]) -> None:
    """The statement and the pure function give the same state of each point, at each day as known on each other."""
    head, then = seen
    with world.acting(head) as agent:
        rows = StateChange.objects.all()
        changes = [Change(c.point_id, c.step, c.at, S(c.to_state), c.since, c.undoes) for c in rows]
        for on in (then - timedelta(days=k) for k in (-30, -27, -22, -12, 0, 9, 12, 25, 40)):
            for known in (on, then, then + timedelta(days=21), then + timedelta(days=30)):
                states = rules.states_at(changes, dating.end_of(on), dating.end_of(known))
                total = sum(state in rules.counted_on(known) for state in states.values())
                assert queries.stock_at(agent, on, known=known).total == total, (on, known)


def test_a_point_counts_from_when_it_was_first_seen(world: World, police: TestAgent, head: TestAgent) -> None:
    """Confirmed today on what an officer saw ten days ago: told today, true since then."""
    first = timezone.now() - timedelta(days=10)
    with world.acting(police) as agent:
        made = actions.propose_from_report(by=agent, report=report_by(agent, at=first, where=MARSEILLE), draft=draft())
    with world.acting(head) as agent:
        actions.confirm(by=agent, point=point(made.id))
    ((at, since),) = world.sql(
        "SELECT at, since FROM dealpoints_statechange WHERE point_id = %s AND to_state = 'ACTIVE'", [made.id]
    )
    assert isinstance(at, datetime) and at - since > timedelta(days=9)
