"""A report joined to a point by one service: another one learns nothing of it by joining it too (R-24)."""

from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints.actions import add_evidence
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict
from tests.crosscheck.scene import Scene, new_phone
from tests.dealpoints.builders import proposed
from tests.world import TestAgent


def released(scene: Scene, holder: TestAgent, *askers: TestAgent) -> UUID:
    """A report of the holder that the askers read by a release each."""
    phone = new_phone()
    held = scene.enter(holder, phone=phone)
    for asker in askers:
        asked = scene.enter(asker, phone=phone)
        scene.pull()
        sides = {side.hit_id: side for side in scene.sides(holder, held)}
        with scene.world.acting(asker) as agent:
            mine = HitSide.objects.get(record_id=asked, hit__in=list(sides))
            crosscheck.open_contact(by=agent, side=mine)
        with scene.world.acting(holder) as agent:
            crosscheck.release_record(by=agent, side=sides[mine.hit_id], recipient=asker.unit_id, reason="même réseau")
    return held


def join(scene: Scene, who: TestAgent, point: UUID, report: UUID) -> tuple[UUID, str]:
    with scene.world.acting(who) as agent:
        made = add_evidence(by=agent, point=DealPoint.objects.get(pk=point), report=Report.objects.get(pk=report))
        assert Evidence.objects.filter(point=point, record_id=report).count() == 1
        return made.record_id, made.source_kind


@pytest.mark.parametrize("hidden", [False, True], ids=["nobody joined it", "another service did"])
def test_a_hidden_evidence_gives_no_other_answer(scene: Scene, hidden: bool) -> None:
    customs, police, gendarmes = (scene.who(Role.INVESTIGATOR, code) for code in ("DED13", "PJ13", "SR13"))
    point = proposed(scene.world, customs)
    report = released(scene, customs, police, gendarmes)
    if hidden:
        join(scene, gendarmes, point, report)
        with scene.world.acting(police):
            assert not Evidence.objects.filter(point=point, record_id=report).exists()
    assert join(scene, police, point, report) == (report, "officer_observation")
    # What one has joined oneself, one is told of.
    with scene.world.acting(police) as agent, pytest.raises(Conflict):
        add_evidence(by=agent, point=DealPoint.objects.get(pk=point), report=Report.objects.get(pk=report))
