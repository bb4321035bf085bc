"""A report joined to a point by one service: another one learns nothing of it by joining it too (R-24)."""

from uuid import UUID

import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import reader_key
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import queries
from recoupe.dealpoints.actions import add_evidence
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict
from tests.attacks.injected import injected, stopped
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


@pytest.mark.parametrize("hidden", [False, True], ids=["nobody joined it", "another service did"])
def test_nor_by_injected_sql_nor_on_the_page(scene: Scene, hidden: bool) -> None:
    """A key of the table, the time of the row, the address of the form: none tells of the other service's evidence."""
    customs, police, gendarmes = (scene.who(Role.INVESTIGATOR, code) for code in ("DED13", "PJ13", "SR13"))
    point = proposed(scene.world, customs)
    report = released(scene, customs, police, gendarmes)
    if hidden:
        join(scene, gendarmes, point, report)
    added = (
        "INSERT INTO dealpoints_evidence (id, owner_unit_id, brought_by_id, readers, created_at, point_id,"
        " counts_for_id, record_kind, record_id, source_kind, at) SELECT gen_random_uuid(), r.owner_unit_id, said.unit,"
        " said.readers, now(), said.point, said.point, 'report', r.id, r.source_kind, r.collected_at"
        " FROM intelligence_report r, (SELECT %s::uuid AS unit, %s::bigint[] AS readers, %s::uuid AS point) said"
        " WHERE r.id = %s RETURNING created_at = now()"
    )
    key = [reader_key(police.unit_id, Capacity.UNIT)]
    with injected(scene.world, police) as connection:
        assert connection.execute(added, [police.unit_id, key, point, report]).fetchall() == [(True,)]
        mine = "SELECT count(*) FROM dealpoints_evidence WHERE record_id = %s"
        assert connection.execute(mine, [report]).fetchall() == [(1,)]
        connection.rollback()
    # Nor under another service's name.
    assert stopped(scene.world, police, added, gendarmes.unit_id, key, point, report)
    [(ref,)] = scene.world.sql("SELECT ref FROM intelligence_report WHERE id = %s", [report])
    answer = scene.world.client(police).post(f"/points/{point}/elements/", {"report": ref})
    assert (answer.status_code, answer["Location"]) == (302, f"/points/{point}/")
    assert scene.world.client(police).get(f"/points/{point}/").content.count(ref.encode()) == 1


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
    # Two rows of one record: its holder, the cell and the office see one.
    for who in (customs, scene.who(Role.CROSS_ANALYST, "CROSS13")):
        with scene.world.acting(who) as agent:
            seen = queries.evidence(agent, DealPoint.objects.get(pk=point))
            assert [row.record_id for row in seen].count(report) == 1
    # What one has joined oneself, one is told of.
    with scene.world.acting(police) as agent, pytest.raises(Conflict):
        add_evidence(by=agent, point=DealPoint.objects.get(pk=point), report=Report.objects.get(pk=report))
