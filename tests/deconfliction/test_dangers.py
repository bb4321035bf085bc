"""Two armed teams that meet: told at once, again and again until both duty desks acknowledge; void when they move."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.deconfliction import danger_queries as queries
from recoupe.deconfliction import dangers, life, watch
from recoupe.deconfliction.actions import end_dangers, repeat_dangers
from recoupe.deconfliction.enums import DangerKind, DangerState, ShiftState
from recoupe.deconfliction.models import Danger, DangerSide
from recoupe.kernel.refusal import Absent, Conflict, Refused
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import MARSEILLE, noon, point
from tests.world import TestAgent, World

FAR = point(noon() + timedelta(days=3))


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)
    world.sql("UPDATE reference_unit SET silent = false WHERE code = 'PJ13'")


def _sides(scene: Scene) -> dict[str, DangerSide]:
    """What each unit's side says, by the code of the unit, as the watch desk reads them."""
    with scene.world.acting(scene.watch):
        return {side.owner_unit.code: side for side in DangerSide.objects.select_related("owner_unit")}


def _danger(scene: Scene) -> Danger:
    with scene.world.acting(scene.watch):
        found: Danger = Danger.objects.get()
    return found


def _acknowledge(scene: Scene, who: TestAgent, side: UUID) -> None:
    with scene.world.acting(who) as agent:
        watch.acknowledge(by=agent, side=queries.side(agent, side))


def _told(scene: Scene, side: UUID) -> int:
    query = "SELECT count(*) FROM notices_notice WHERE kind = 'danger' AND record_id = %s"
    return int(scene.world.sql(query, [side])[0][0])


def _worker(scene: Scene, minutes: float) -> int:
    """One turn of the worker, so many minutes from now."""
    with scene.world.process("worker"), context.service("worker", "dangers"):
        return repeat_dangers(timezone.now() + timedelta(minutes=minutes))


def test_two_armed_teams_are_told_in_the_second_of_their_comparison(scene: Scene) -> None:
    ours, theirs = scene.meet()
    danger, sides = _danger(scene), _sides(scene)
    assert (danger.kind, danger.state, danger.department) == (DangerKind.BLUE_ON_BLUE, DangerState.OPEN, MARSEILLE[:2])
    assert {code: side.event_id for code, side in sides.items()} == {"PJ13": ours, "DED13": theirs}
    assert sides["PJ13"].starts_at == danger.starts_at < danger.ends_at
    assert all((side.other_name, side.other_phone) != ("", "") for side in sides.values())
    assert _told(scene, sides["PJ13"].id) == _told(scene, sides["DED13"].id) == 1


def test_a_matcher_killed_between_the_danger_and_its_notice_tells_it_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_notices: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            scene.world.sql("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
            cursor.execute("SELECT 1")

    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(dangers, "notify_many", killed)
        scene.meet()
    assert _sides(scene) == {}
    scene.compare()
    sides = _sides(scene)
    assert {_told(scene, side.id) for side in sides.values()} == {1}
    assert set(sides) == {"PJ13", "DED13"}


@pytest.mark.parametrize(("ours", "theirs"), [(False, False), (True, False), (False, True)])
def test_a_team_without_arms_is_in_no_danger(scene: Scene, ours: bool, theirs: bool) -> None:
    scene.enter(scene.police, point(armed=ours))
    event = scene.enter(scene.customs, point(armed=theirs))
    scene.compare()
    assert len(scene.sides(scene.customs, event)) == 1
    assert _sides(scene) == {}


@pytest.mark.parametrize("existence", ["holder_only", "nobody"])
def test_what_lets_nobody_know_opens_no_danger(scene: Scene, existence: str) -> None:
    """The other unit must learn nothing; the silent holder has a kind of his own."""
    scene.meet(point(existence=existence))
    assert _sides(scene) == {}


def test_a_silent_unit_opens_no_danger_between_two_sides(scene: Scene) -> None:
    scene.world.sql("UPDATE reference_unit SET silent = true WHERE code = 'PJ13'")
    scene.meet()
    assert _sides(scene) == {}


def test_a_side_learns_whom_to_call_and_when_and_nothing_else(scene: Scene) -> None:
    scene.meet()
    mine = _sides(scene)["PJ13"]
    columns = {field.name for field in DangerSide._meta.concrete_fields}
    own = {"id", "owner_unit", "readers", "created_at", "danger", "event_id", "live", "told_at", "told_times",
           "acknowledged_by", "acknowledged_at"}  # fmt: skip
    assert columns - own == {"starts_at", "hierarchy"} | {
        f"other_{part}" for part in ("code", "name", "contact", "phone", "email")
    }
    with scene.world.acting(scene.police_duty):
        assert [side.id for side in DangerSide.objects.all()] == [mine.id]
        assert not Danger.objects.exists()


def test_who_reads_a_side(scene: Scene) -> None:
    """The truth table, with the right role in the wrong place on each of its sides."""
    scene.meet()
    side = _sides(scene)["PJ13"].id
    for role, unit, reads, may in (
        (Role.DUTY_OFFICER, "PJ13", True, True),
        (Role.UNIT_HEAD, "PJ13", True, True),
        (Role.INVESTIGATOR, "PJ13", False, False),
        (Role.DUTY_OFFICER, "DED13", False, False),
        (Role.DUTY_OFFICER, "SR13", False, False),
        (Role.CROSS_ANALYST, "CROSS13", False, False),
        (Role.OFAST_ANALYST, "OFAST", False, False),
        (Role.WATCH_DESK, "OFAST", True, False),
        (Role.WATCH_DESK, "PJ13", False, False),
    ):
        who = scene.world.agent(role, unit)
        with scene.world.acting(who) as agent:
            assert (side in queries.sides_by_id(agent, [side])) is reads, (role, unit)
            if reads and not may:
                with pytest.raises(Refused):
                    watch.acknowledge(by=agent, side=queries.side(agent, side))
            elif not reads:
                with pytest.raises(Absent):
                    queries.side(agent, side)


def test_only_the_watch_desk_of_the_office_reads_the_danger(scene: Scene) -> None:
    scene.meet()
    for role, unit, reads in (
        (Role.WATCH_DESK, "OFAST", True),
        (Role.WATCH_DESK, "CROSS13", False),
        (Role.OFAST_ANALYST, "OFAST", False),
        (Role.DUTY_OFFICER, "PJ13", False),
        (Role.SYSADMIN, "OFAST", False),
    ):
        with scene.world.acting(scene.world.agent(role, unit)) as agent:
            assert bool(queries.open_dangers(agent, timezone.now())) is reads, (role, unit)


def test_both_acknowledge_and_neither_is_told_again(scene: Scene) -> None:
    scene.meet()
    sides = _sides(scene)
    _acknowledge(scene, scene.police_duty, sides["PJ13"].id)
    assert _danger(scene).state == DangerState.ONE_ACKNOWLEDGED
    with pytest.raises(Conflict):
        _acknowledge(scene, scene.police_duty, sides["PJ13"].id)
    _acknowledge(scene, scene.customs_duty, sides["DED13"].id)
    done = _sides(scene)
    assert _danger(scene).state == DangerState.ACKNOWLEDGED
    assert (done["PJ13"].acknowledged_by, done["DED13"].acknowledged_by) == (
        scene.police_duty.id,
        scene.customs_duty.id,
    )
    assert all(side.acknowledged_at is not None for side in done.values())
    assert _worker(scene, 60) == 0


def test_who_has_not_acknowledged_is_told_again_at_each_interval(scene: Scene) -> None:
    scene.meet()
    sides = _sides(scene)
    _acknowledge(scene, scene.police_duty, sides["PJ13"].id)
    assert _worker(scene, 9) == 0
    assert _worker(scene, 11) == 1
    assert _worker(scene, 12) == 0
    assert _worker(scene, 22) == 1
    told = _sides(scene)
    assert {code: side.told_times for code, side in told.items()} == {"PJ13": 1, "DED13": 3}
    # Unopened, its line comes up again; opened and not acknowledged, another is left.
    assert _told(scene, sides["DED13"].id) == 1
    with psycopg.connect(scene.world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE notices_notice SET seen_at = now() WHERE record_id = %s", [sides["DED13"].id])
    assert _worker(scene, 33) == 1
    assert _told(scene, sides["DED13"].id) == 2
    assert _told(scene, sides["PJ13"].id) == 1


def test_a_change_makes_what_was_acknowledged_void(scene: Scene) -> None:
    ours, theirs = scene.meet()
    sides = _sides(scene)
    _acknowledge(scene, scene.police_duty, sides["PJ13"].id)
    _acknowledge(scene, scene.customs_duty, sides["DED13"].id)
    scene.change(scene.police, ours, FAR)
    scene.compare()
    assert _danger(scene).state == DangerState.CLOSED
    assert not any(side.live for side in _sides(scene).values())
    scene.change(scene.customs, theirs, FAR)
    scene.compare()
    again = _sides(scene)
    assert (_danger(scene).state, _danger(scene).times) == (DangerState.OPEN, 2)
    assert {side.id for side in again.values()} == {side.id for side in sides.values()}
    assert all(side.live and side.acknowledged_at is None for side in again.values())
    # Also where they never parted: it is another hour than the one that was acknowledged.
    _acknowledge(scene, scene.police_duty, sides["PJ13"].id)
    scene.change(scene.customs, theirs, point(noon() + timedelta(days=3, minutes=30)))
    scene.compare()
    assert (_danger(scene).state, _danger(scene).times) == (DangerState.OPEN, 3)


def test_what_moves_nothing_voids_nothing(scene: Scene) -> None:
    ours, _ = scene.meet()
    _acknowledge(scene, scene.customs_duty, _sides(scene)["DED13"].id)
    scene.change(scene.police, ours, point(label="autre nom"))
    scene.compare()
    assert (_danger(scene).state, _danger(scene).times) == (DangerState.ONE_ACKNOWLEDGED, 1)


def test_cancelled_disarmed_or_over_it_is_closed(scene: Scene) -> None:
    ours, theirs = scene.meet()
    scene.change(scene.police, ours, point(armed=False))
    scene.compare()
    assert _danger(scene).state == DangerState.CLOSED
    scene.change(scene.police, ours, point())
    scene.compare()
    assert _danger(scene).state == DangerState.OPEN
    scene.cancel(scene.customs, theirs)
    scene.compare()
    assert _danger(scene).state == DangerState.CLOSED
    with scene.world.acting(scene.watch) as agent:
        assert queries.open_dangers(agent, timezone.now()) == []


def test_its_hour_closes_it_and_the_screen_does_not_wait_for_the_worker(scene: Scene) -> None:
    scene.meet()
    after = _danger(scene).ends_at + timedelta(minutes=1)
    with scene.world.acting(scene.watch) as agent:
        assert queries.open_dangers(agent, after) == []
    with scene.world.process("worker"), context.service("worker", "dangers"):
        assert end_dangers(after) == 1
    assert _danger(scene).state == DangerState.CLOSED
    with pytest.raises(Conflict):
        _acknowledge(scene, scene.police_duty, _sides(scene)["PJ13"].id)


def test_what_the_tables_of_its_life_say_is_whole() -> None:
    assert set(life.DANGER_STEPS) == set(life.ON_WATCH) == set(DangerState)
    assert set(life.SHIFT_STEPS) == set(life.NEEDS_MOTIVE) == set(ShiftState)
    for current in DangerState:
        for wanted in DangerState:
            if wanted in life.DANGER_STEPS[current]:
                life.check_danger_step(current, wanted)
            else:
                with pytest.raises(Conflict):
                    life.check_danger_step(current, wanted)
