"""Nothing of events moves past its table; what is compared and told stands in the journal, by references alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.models import Case
from recoupe.crosscheck import rules as crosscheck
from recoupe.deconfliction import life
from recoupe.deconfliction.actions import drain
from tests.deconfliction.scene import Scene, emptied
from tests.deconfliction.settled import meet
from tests.deconfliction.test_settling import end_of, reach
from tests.operations.made import noon, point
from tests.targets.builders import Registry
from tests.world import World

FAR, PLATE = point(noon() + timedelta(days=3)), "GD-077-BC"


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@contextmanager
def stepless(monkeypatch: pytest.MonkeyPatch, where: Any, table: str) -> Iterator[None]:
    """While this lasts the table knows no step: whoever would take one fails, and its event waits again."""
    steps: Mapping[Any, Any] = getattr(where, table)
    with monkeypatch.context() as patch:
        patch.setattr(where, table, dict.fromkeys(steps, frozenset()))
        yield


def compared_again(scene: Scene) -> None:
    """What failed is taken up at once."""
    scene.world.sql("SET session_replication_role = replica; UPDATE operations_outbox SET due_at = now()")
    scene.compare()


def states(scene: Scene, table: str) -> list[str]:
    """Of the hits of events, or of the dangers."""
    among = {
        "hit": "SELECT h.state FROM crosscheck_hit h JOIN deconfliction_window w ON w.event_id = h.low",
        "danger": "SELECT state FROM deconfliction_danger",
    }
    return [str(state) for (state,) in scene.world.sql(among[table])]


def test_two_events_meet_by_the_table_of_hits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with stepless(monkeypatch, crosscheck, "HIT_STEPS"):
        scene.meet()
        assert states(scene, "hit") == []
    compared_again(scene)
    assert states(scene, "hit") == ["BLIND_NOTIFIED"]


def test_two_events_that_had_parted_meet_again_by_the_table_of_hits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = scene.meet()
    scene.change(scene.police, ours, FAR)
    scene.compare()
    with stepless(monkeypatch, crosscheck, "HIT_STEPS"):
        scene.change(scene.police, ours, point())
        scene.compare()
        assert states(scene, "hit") == ["FALSE_POSITIVE"]
    compared_again(scene)
    assert states(scene, "hit") == ["BLIND_NOTIFIED"]


def test_a_danger_opens_anew_and_ends_by_its_own_table(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = scene.meet()
    opened = "SELECT times FROM deconfliction_danger"
    [(before,)] = scene.world.sql(opened)
    with stepless(monkeypatch, life, "DANGER_STEPS"):
        scene.change(scene.police, ours, point(noon() + timedelta(minutes=20)))
        scene.compare()
        assert scene.world.sql(opened) == [(before,)]
    compared_again(scene)
    assert scene.world.sql(opened) == [(before + 1,)]
    with stepless(monkeypatch, life, "DANGER_STEPS"):
        scene.cancel(scene.customs, theirs)
        scene.compare()
        assert states(scene, "danger") == ["OPEN"]
    compared_again(scene)
    assert states(scene, "danger") == ["CLOSED"]


def test_the_comparison_the_pair_and_the_danger_stand_in_the_journal(scene: Scene) -> None:
    """R-40: which event was compared, with which others it met, which danger was told and ended; no word of either."""
    ours, theirs = scene.meet(point(label="Opération Mistral"))
    scene.cancel(scene.police, ours)
    scene.compare()
    [(danger,)] = scene.world.sql("SELECT id FROM deconfliction_danger")
    [(hit,)] = scene.world.sql("SELECT id FROM crosscheck_hit WHERE low = least(%s, %s)", [ours, theirs])
    written = [(set(refs), details) for _, _, refs, details in scene.world.journal("combine")]
    named = [refs for refs, details in written if details == {"lane": "event"}]
    assert [{f"event:{ours}"} in named, {f"event:{theirs}"} in named] == [True, True]
    assert {f"pair:{hit}", f"event:{ours}"} in [refs for refs, details in written if details == {"told": "pairs"}]
    told = [details["state"] for refs, details in written if refs == {f"danger:{danger}"}]
    assert told == ["OPEN", "CLOSED"]
    assert "Mistral" not in str(written)


def test_what_has_been_over_for_long_leaves_the_index_with_a_line(scene: Scene) -> None:
    named = scene.enter(scene.police, point(plates=(PLATE,)))
    scene.compare()
    with scene.world.process("matcher"):
        while drain(timezone.now() + timedelta(days=40)):
            pass
    assert scene.world.sql("SELECT 1 FROM crosscheck_indexentry WHERE record_id = %s", [named]) == []
    lines = [refs for _, _, refs, details in scene.world.journal("combine") if details == {"lane": "event"}]
    assert lines.count([f"event:{named}"]) == 2


def test_the_end_of_a_settlement_and_its_new_magistrate_stand_in_the_journal(world: World) -> None:
    """Written by the base itself, in nobody's page: it is over; what waited for an answer goes to somebody else."""
    registry = Registry(world)
    met = reach(meet(registry), "SUBMITTED")
    settlement, successor = met.id, world.agent(Role.PROSECUTOR, "TJ13")
    with world.acting(registry.head) as agent:
        case = Case.objects.get(id=registry.row(met.police, "case_id")[0])
        cases.change_magistrate(
            by=agent, case=case, court_id=successor.unit_id, magistrate_id=successor.id, reason="mutation"
        )
    [(opinion,)] = world.sql("SELECT id FROM deconfliction_opinion WHERE magistrate_id = %s", [successor.id])
    assert [f"opinion:{opinion}"] in [refs for _, _, refs, _ in world.journal("modify")]
    end_of(met)
    ended = [refs for _, _, refs, details in world.journal("modify") if details == {"state": "ENDED"}]
    assert [f"settlement:{settlement}"] in ended
