"""Points on the real base: who proposes, who decides, who reads, what history and the map give back."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import actions, permissions, queries
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refusal, Refused
from recoupe.notices import queries as notices
from recoupe.reference import queries as reference
from tests.dealpoints.builders import active, draft, proposed, report_by
from tests.world import TestAgent, World

S = DealPointState


def reads(world: World, who: TestAgent, point_id: UUID) -> bool:
    with world.acting(who) as agent:
        try:
            queries.point(agent, point_id)
        except Absent:
            return False
        return True


# -- proposing ---------------------------------------------------------------------------------------------------------
def test_a_report_becomes_a_point_with_its_evidence_history_and_notice(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    point_id = proposed(world, police)
    with world.acting(police) as agent:
        point = queries.point(agent, point_id)
        assert (point.state, point.commune_code, point.departments) == (S.REPORTED, "13055", ["13"])
        assert point.uncertainty_m == 300
        assert [e.source_kind for e in queries.evidence(agent, point)] == ["officer_observation"]
        assert [(c.from_state, c.to_state, c.step) for c in queries.history(agent, point)] == [("", S.REPORTED, 1)]
    with world.acting(analyst) as agent:
        assert ("dealpoint_reported", point_id) in [(w.kind, w.record_id) for w in notices.waiting(agent)]
        assert point_id in [row.id for row in queries.recent(agent).rows]
    entry = [row for row in world.journal("collect") if f"dealpoint:{point_id}" in row[2]]
    assert len(entry) == 1
    assert "Cygnes" not in str(entry)


def test_a_point_is_refused_from_a_draft_a_silent_report_or_no_place(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        refused: tuple[tuple[dict[str, Any], type[Refusal]], ...] = (
            ({"state": "DRAFT"}, Conflict),
            ({"silent_until": timezone.localdate(), "silent_reason": "motif"}, Conflict),
            ({"lon": None, "lat": None, "place_kind": "none"}, Invalid),
            ({"products": ["unknown"]}, Invalid),
        )
        for fields, refusal in refused:
            silent = {name: fields.pop(name) for name in list(fields) if name.startswith("silent")}
            report = report_by(agent, **fields)
            for name, value in silent.items():
                setattr(report, name, value)
            with pytest.raises(refusal):
                actions.propose_from_report(by=agent, report=report, draft=draft())
        with pytest.raises(Invalid):
            actions.propose_from_report(by=agent, report=report_by(agent), draft=draft(lon=3.0, lat=42.0))
        assert DealPoint.objects.filter(name="Les Cygnes", state="DRAFT").count() == 0


@pytest.mark.parametrize(
    ("code", "where", "departments"),
    [("98735", (-149.5667, -17.5350), ["987"]), ("85165", (-1.1300, 46.7990), ["85"])],
)
def test_a_commune_without_outline_is_taken_at_its_word(
    world: World, police: TestAgent, code: str, where: tuple[float, float], departments: list[str]
) -> None:
    named: dict[str, Any] = {"lon": None, "lat": None, "place_kind": "commune"}
    named |= {"commune_code": code, "departments": departments}
    with world.acting(police) as agent:
        with pytest.raises(Invalid) as refused:
            actions.propose_from_report(by=agent, report=report_by(agent, **named), draft=draft(commune_code=code))
        assert (refused.value.field, "commune" in refused.value.params) == ("lon", True)
        with pytest.raises(Invalid):
            actions.propose_from_report(by=agent, report=report_by(agent), draft=draft(commune_code=code))
        typed = draft(lon=where[0], lat=where[1], commune_code=code)
        for report, said in (
            (report_by(agent), typed),
            (report_by(agent, **named), draft(lon=where[0], lat=where[1])),
            (report_by(agent, where=where, commune_code=code, departments=departments), draft()),
        ):
            point = actions.propose_from_report(by=agent, report=report, draft=said)
            assert (point.commune_code, point.departments) == (code, departments)
            cell = reference.cell_of_department(departments[0], timezone.localdate())
            assert point.cells == ([cell.id] if cell else [])


def test_a_cell_does_not_put_an_h2_report_of_a_unit_on_the_map_but_the_unit_may(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    with world.acting(police) as agent:
        report = report_by(agent, handling=["H2"])
    with world.acting(analyst) as agent, pytest.raises(Refused):
        actions.propose_from_report(by=agent, report=type(report).objects.get(pk=report.pk), draft=draft())
    with world.acting(police) as agent:
        actions.propose_from_report(by=agent, report=report, draft=draft())


@pytest.mark.parametrize(
    ("role", "unit", "allowed"),
    [
        (Role.INVESTIGATOR, "SR13", True),
        (Role.UNIT_HEAD, "PJ13", True),
        (Role.CROSS_ANALYST, "CROSS13", True),
        (Role.CROSS_ANALYST, "CROSS59", True),
        (Role.OFAST_ANALYST, "OFAST", True),
        (Role.DUTY_OFFICER, "PJ13", False),
        (Role.PROSECUTOR, "TJ13", False),
        (Role.EXAMINING_JUDGE, "TJ13", False),
        (Role.DPO, "OFAST", False),
        (Role.SYSADMIN, "OFAST", False),
    ],
)
def test_who_may_propose(world: World, police: TestAgent, role: Role, unit: str, allowed: bool) -> None:
    who = world.agent(role, unit)
    # From a report that he reads: the database holds him to that, and lets nobody of the office write one.
    with world.acting(who if allowed and role is not Role.OFAST_ANALYST else police) as agent:
        report = report_by(agent)
    with world.acting(who) as agent:
        assert permissions.can_propose(agent, report) is allowed
        if allowed:
            point = actions.propose_from_report(by=agent, report=report, draft=draft())
            assert queries.point(agent, point.id).owner_unit_id == agent.unit_id


# -- who decides -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "unit", "analyst_step", "head_step"),
    [
        (Role.CROSS_HEAD, "CROSS13", True, True),
        (Role.CROSS_ANALYST, "CROSS13", True, False),
        (Role.CROSS_HEAD, "CROSS84", False, False),  # right role, wrong cell
        (Role.CROSS_HEAD, "CROSS59", False, False),
        (Role.UNIT_HEAD, "PJ13", False, False),
        (Role.INVESTIGATOR, "PJ13", False, False),
        (Role.OFAST_ANALYST, "OFAST", False, False),
        (Role.PROSECUTOR, "TJ13", False, False),
        (Role.SYSADMIN, "OFAST", False, False),
    ],
)
def test_who_moves_a_point_of_marseille(
    world: World, police: TestAgent, head: TestAgent, role: Role, unit: str, analyst_step: bool, head_step: bool
) -> None:
    reported, confirmed = proposed(world, police), active(world, police, head)
    with world.acting(head) as agent:
        first, second = queries.point(agent, reported), queries.point(agent, confirmed)
    with world.acting(world.agent(role, unit)) as agent:
        assert permissions.can_move(agent, first, S.TO_VERIFY) is analyst_step
        assert permissions.can_move(agent, second, S.TARGETED) is head_step
        if not head_step:
            with pytest.raises(Refused):
                actions.target(by=agent, point=second)


def test_the_database_itself_refuses_a_change_by_whoever_is_no_cell_of_the_point(
    world: World, police: TestAgent
) -> None:
    point_id = proposed(world, police)
    with world.acting(police) as agent:
        record(Operation.MODIFY, refs=[("dealpoint", point_id)])
        assert DealPoint.objects.filter(pk=point_id).update(state=S.CLOSED) == 0
        assert queries.point(agent, point_id).state == S.REPORTED


def test_history_is_never_rewritten(world: World, police: TestAgent, head: TestAgent) -> None:
    point_id = active(world, police, head)
    with world.acting(head) as agent:
        record(Operation.MODIFY, refs=[("dealpoint", point_id)])
        for statement in ("UPDATE dealpoints_statechange SET motive = ''", "DELETE FROM dealpoints_statechange"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert len(queries.history(agent, queries.point(agent, point_id))) == 3


def test_a_write_without_journal_is_refused(world: World, head: TestAgent, police: TestAgent) -> None:
    point_id = proposed(world, police)
    with pytest.raises(DatabaseError, match="without journal"), world.acting(head):
        DealPoint.objects.filter(pk=point_id).update(name="x")


# -- confirming --------------------------------------------------------------------------------------------------------
def test_anonymous_reports_never_confirm_a_point_and_another_kind_does(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    point_id = proposed(world, police, source_kind="anonymous")
    with world.acting(analyst) as agent:
        point = queries.point(agent, point_id)
        for _ in range(4):
            actions.add_evidence(by=agent, point=point, report=report_by(agent, source_kind="anonymous"))
        with pytest.raises(Conflict):
            actions.confirm(by=agent, point=point)
    with world.acting(analyst) as agent:
        point = queries.point(agent, point_id)
        assert point.state == S.REPORTED
        actions.add_evidence(by=agent, point=point, report=report_by(agent, source_kind="partner"))
        point = actions.confirm(by=agent, point=point)
        assert point.state == S.ACTIVE
        assert point.first_confirmed_at is not None
        states = [c.to_state for c in queries.history(agent, point)]
        assert states == [S.REPORTED, S.TO_VERIFY, S.ACTIVE]


def test_one_report_counts_once(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        report = report_by(agent)
        point = actions.propose_from_report(by=agent, report=report, draft=draft())
        with pytest.raises(Conflict):
            actions.add_evidence(by=agent, point=point, report=report)
        assert Evidence.objects.filter(point=point).count() == 1


def test_a_form_sent_twice_makes_one_point(world: World, police: TestAgent) -> None:
    key = uuid4()
    with world.acting(police) as agent:
        report = report_by(agent)
        first = actions.propose_from_report(by=agent, report=report, draft=draft(key=key))
        again = actions.propose_from_report(by=agent, report=report, draft=draft(key=key))
        assert first.id == again.id == key
        assert Evidence.objects.filter(record_id=report.id).count() == 1


def test_two_deciders_do_not_both_move_a_point(world: World, police: TestAgent, head: TestAgent) -> None:
    point_id = active(world, police, head)
    with world.acting(head) as agent:
        stale = queries.point(agent, point_id)
        actions.target(by=agent, point=queries.point(agent, point_id))
    with world.acting(head) as agent, pytest.raises(Conflict):
        actions.target(by=agent, point=stale)


# -- the whole life ----------------------------------------------------------------------------------------------------
def test_a_point_is_dismantled_watched_reoccupied_and_confirmed_again(
    world: World, police: TestAgent, head: TestAgent
) -> None:
    point_id = active(world, police, head)
    why = "Constaté sur place par deux agents"
    today = timezone.localdate()
    with world.acting(head) as agent:
        point = actions.target(by=agent, point=queries.point(agent, point_id))
        point = actions.disrupt(by=agent, point=point, reason=why)
        with pytest.raises(Invalid):
            actions.dismantle(by=agent, point=point, operation=" ", on=today, reason=why)
        for absurd in (today + timedelta(days=1), date(1, 1, 1), date(1989, 12, 31), date(9999, 12, 31)):
            with pytest.raises(Invalid):
                actions.dismantle(by=agent, point=point, operation="OP-1", on=absurd, reason=why)
        point = actions.dismantle(by=agent, point=point, operation="OP-1", on=today, reason=why)
        point = actions.watch(by=agent, point=point)
        with pytest.raises(Conflict):
            actions.close(by=agent, point=point, reason=why)
        point = actions.reoccupy(by=agent, point=point, reason=why)
        assert point.reoccupation_count == 1
        with pytest.raises(Conflict):  # what was known before the operation confirms nothing
            actions.confirm(by=agent, point=point)
    with world.acting(police) as agent:
        later = timezone.now() + timedelta(days=1)
        actions.add_evidence(by=agent, point=queries.point(agent, point_id), report=report_by(agent, at=later))
    with world.acting(head) as agent:
        assert actions.confirm(by=agent, point=queries.point(agent, point_id)).state == S.ACTIVE


def test_a_point_is_closed_after_the_days_of_the_parameter(world: World, police: TestAgent, head: TestAgent) -> None:
    point_id = active(world, police, head)
    long_ago = timezone.localdate() - timedelta(days=180)
    why = "Aucune vente depuis l'opération"
    with world.acting(head) as agent:
        point = actions.target(by=agent, point=queries.point(agent, point_id))
        point = actions.disrupt(by=agent, point=point, reason=why)
        point = actions.dismantle(by=agent, point=point, operation="OP-2", on=long_ago, reason=why)
        point = actions.watch(by=agent, point=point)
        assert actions.close(by=agent, point=point, reason=why).state == S.CLOSED


def test_a_duplicate_hands_its_evidence_to_the_point_that_it_doubles(
    world: World, police: TestAgent, analyst: TestAgent, head: TestAgent
) -> None:
    kept, doubled = active(world, police, head), proposed(world, police)
    why = "Même hall, deux fiches différentes"
    with world.acting(analyst) as agent:
        point, other = queries.point(agent, doubled), queries.point(agent, kept)
        with pytest.raises(Conflict):
            actions.mark_duplicate(by=agent, point=point, of=point, reason=why)
        marked = actions.mark_duplicate(by=agent, point=point, of=other, reason=why)
        with pytest.raises(Refused):
            actions.merge(by=agent, point=marked, reason=why)
    with world.acting(head) as agent:
        merged = actions.merge(by=agent, point=queries.point(agent, doubled), reason=why)
        assert (merged.state, merged.merged_into_id) == (S.MERGED, kept)
        assert len(queries.evidence(agent, queries.point(agent, kept))) == 2
        assert len(queries.evidence(agent, merged)) == 1
        with pytest.raises(Conflict):
            actions.add_evidence(by=agent, point=merged, report=report_by(agent))


def test_a_presumed_duplicate_may_become_a_point_of_its_own_again(
    world: World, police: TestAgent, analyst: TestAgent, head: TestAgent
) -> None:
    kept, doubled = active(world, police, head), proposed(world, police)
    with world.acting(analyst) as agent:
        point = actions.mark_duplicate(
            by=agent, point=queries.point(agent, doubled), of=queries.point(agent, kept), reason="Semble identique"
        )
        assert actions.verify(by=agent, point=point).merged_into_id is None


def test_what_must_say_why_does(world: World, police: TestAgent, head: TestAgent) -> None:
    point_id = proposed(world, police)
    with world.acting(head) as agent:
        point = queries.point(agent, point_id)
        with pytest.raises(Invalid):
            actions.reject(by=agent, point=point, reason="non")
        assert actions.reject(by=agent, point=point, reason="Aucune vente, voisins entendus").state == S.REJECTED


def test_nothing_is_handed_to_a_point_that_is_followed_no_more(
    world: World, police: TestAgent, analyst: TestAgent, head: TestAgent
) -> None:
    """Neither at the mark, nor at the merging where the other ended meanwhile, nor when sales went elsewhere."""
    kept, doubled, moved = active(world, police, head), proposed(world, police), active(world, police, head)
    why = "Même hall, deux fiches différentes"
    with world.acting(analyst) as agent:
        point, other = queries.point(agent, doubled), queries.point(agent, kept)
        actions.mark_duplicate(by=agent, point=point, of=other, reason=why)
    with world.acting(head) as agent:
        ended = actions.reject(by=agent, point=queries.point(agent, kept), reason="Aucune vente, voisins entendus")
        with pytest.raises(Conflict, match="encore suivi"):
            actions.merge(by=agent, point=queries.point(agent, doubled), reason=why)
        with pytest.raises(Conflict, match="encore suivi"):
            actions.displace(by=agent, point=queries.point(agent, moved), to=ended, reason=why)
        states = [queries.point(agent, one).state for one in (doubled, moved)]
    assert states == [S.DUPLICATE, S.ACTIVE]


def test_who_may_not_decide_is_told_whose_decision_it_is(world: World, police: TestAgent, analyst: TestAgent) -> None:
    """The analyst of the cell, that it is his head's; whoever is of another service, that it is the cell's."""
    point_id = active(world, police, analyst)
    for who, told in ((analyst, "Seul le chef de la CROSS"), (police, "Seule la CROSS du département")):
        with world.acting(who) as agent, pytest.raises(Refused, match=told):
            actions.target(by=agent, point=queries.point(agent, point_id))
