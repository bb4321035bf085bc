"""The ministers' committee: who writes what it decided, what a decision does, and the board that never changes."""

import hashlib
import json
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.plan import actions, committee, freezing, permissions, queries
from recoupe.plan.actions import Proof
from recoupe.plan.enums import BoardState, Verdict
from recoupe.plan.models import Evidence, Session, Snapshot
from tests.plan.tables import clear, insert
from tests.world import TestAgent, World

V = Verdict
TODAY = timezone.localdate()
EARLIER = TODAY - timedelta(days=30)


@pytest.fixture(autouse=True)
def empty(world: World) -> None:
    clear(world)


def secretary(world: World) -> TestAgent:
    return world.agent(Role.PLAN_MANAGER, "OFAST")


def held(world: World, on: date = TODAY) -> Session:
    with world.acting(secretary(world)) as agent:
        return actions.hold_session(by=agent, held_on=on, reference="RD 2026-1", members=["interior", "justice"])


def decide(world: World, session: Session, verdict: Verdict, number: int = 12) -> None:
    with world.acting(secretary(world)) as agent:
        card = queries.card(agent, number)
        actions.decide(by=agent, session=session, card=card, verdict=verdict, reason="Crédits suspendus")


def state(world: World, number: int = 12) -> BoardState:
    with world.acting(world.agent(Role.INVESTIGATOR, "PJ13")) as agent:
        return queries.row(agent, number).state


@pytest.mark.parametrize(
    ("role", "unit", "allowed"),
    [
        (Role.PLAN_MANAGER, "OFAST", True),
        (Role.PLAN_MANAGER, "OFAST-PSTR", False),
        (Role.PLAN_MANAGER, "PJ13", False),
        (Role.OFAST_ANALYST, "OFAST", False),
        (Role.UNIT_HEAD, "OFAST", False),
        (Role.PROSECUTOR, "TJ13", False),
        (Role.DPO, "OFAST", False),
    ],
)
def test_the_secretariat_alone_writes_for_the_committee(world: World, role: Role, unit: str, allowed: bool) -> None:
    with world.acting(world.agent(role, unit)) as agent:
        assert permissions.can_preside(agent) is allowed
        assert permissions.can_decide(agent, ()) is allowed
        assert not permissions.can_decide(agent, (agent.id,))
        record(Operation.COLLECT, details={"what": "plan"})
        row = Session(by_id=agent.id, held_on=TODAY, reference="x", members=["sea"])
        if allowed:
            row.save()
            return
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save()


def test_blocked_abandoned_and_taken_up_again_by_dated_decisions_only(world: World) -> None:
    before = state(world)
    decide(world, held(world, TODAY - timedelta(days=40)), V.BLOCKED)
    assert state(world) is BoardState.BLOCKED
    decide(world, held(world, TODAY - timedelta(days=30)), V.ABANDONED)
    assert state(world) is BoardState.ABANDONED
    decide(world, held(world, TODAY - timedelta(days=20)), V.RESUMED)
    assert state(world) is before


@pytest.mark.parametrize("verdict", [V.RESUMED])
def test_a_decision_that_changes_nothing_is_refused(world: World, verdict: Verdict) -> None:
    with pytest.raises(Conflict):
        decide(world, held(world), verdict)


def test_an_older_meeting_does_not_speak_after_a_newer_one(world: World) -> None:
    decide(world, held(world), V.BLOCKED)
    with pytest.raises(Conflict):
        decide(world, held(world, EARLIER), V.ABANDONED)


def test_nobody_decides_on_a_measure_that_he_fed(world: World) -> None:
    """A manager who moved from a pole to the office: the permission and the base refuse alike."""
    session, mover = held(world), secretary(world)
    fed = {"by_id": mover.id, "measure": 12, "kind": "reference", "label": "x", "dated": TODAY}
    insert(world, Evidence, [{"id": uuid4(), **fed}])
    with world.acting(mover) as agent:
        card = queries.card(agent, 12)
        with pytest.raises(Refused):
            actions.decide(by=agent, session=session, card=card, verdict=V.BLOCKED, reason="x")
    decide(world, session, V.BLOCKED)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"held_on": TODAY + timedelta(days=1)}, "held_on"),
        ({"held_on": date(1066, 1, 1)}, "held_on"),
        ({"reference": " "}, "reference"),
        ({"members": []}, "members"),
        ({"members": ["nobody"]}, "members"),
    ],
)
def test_a_bad_meeting_is_answered(world: World, fields: dict[str, object], field: str) -> None:
    said = {"held_on": TODAY, "reference": "R", "members": ["sea"], **fields}
    with world.acting(secretary(world)) as agent, pytest.raises(Invalid) as refusal:
        actions.hold_session(by=agent, **said)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_one_meeting_a_day_and_a_motive_for_each_decision(world: World) -> None:
    session = held(world)
    with pytest.raises(Conflict):
        held(world)
    with world.acting(secretary(world)) as agent, pytest.raises(Invalid):
        actions.decide(by=agent, session=session, card=queries.card(agent, 12), verdict=V.BLOCKED, reason=" ")


def test_a_frozen_board_is_one_text_and_its_hash_and_stays(world: World) -> None:
    session = held(world)
    decide(world, session, V.BLOCKED)
    with world.acting(secretary(world)) as agent:
        made = actions.freeze_board(by=agent, session=session)
        assert actions.freeze_board(by=agent, session=session).pk == made.pk
    assert made.sha256 == hashlib.sha256(made.content.encode()).hexdigest()
    frozen = json.loads(made.content)
    measures = {measure["number"]: measure for part in frozen["sections"] for measure in part["measures"]}
    assert sorted(measures) == list(range(1, 56))
    assert measures[12]["state"] == "blocked"
    assert [decision["measure"] for decision in frozen["decisions"]] == [12]
    for figure in freezing.indicators_frozen(frozen):
        assert figure["definition"] and figure["perimeter"] and figure["source"] and figure["value"], figure["code"]
    # What comes afterwards changes the board, not what was frozen.
    with world.acting(world.agent(Role.PLAN_MANAGER, "OFAST-PSTR")) as agent:
        proof = Proof("Rapport", EARLIER, "m4_first")
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=proof)
    with world.acting(world.agent(Role.DPO, "OFAST")) as agent:
        assert committee.snapshot(agent, session).content == made.content
    with pytest.raises(Conflict):
        decide(world, session, V.BLOCKED, 13)


def test_before_it_is_frozen_there_is_none(world: World) -> None:
    session = held(world)
    with world.acting(secretary(world)) as agent, pytest.raises(Absent):
        committee.snapshot(agent, session)


def test_a_hash_that_is_not_the_text_s_is_refused_by_the_base(world: World) -> None:
    session = held(world)
    with world.acting(secretary(world)) as agent:
        record(Operation.COLLECT, details={"what": "plan"})
        with pytest.raises(DatabaseError), transaction.atomic():
            Snapshot(by_id=agent.id, session=session, content="{}", sha256="0" * 64).save()


@pytest.mark.parametrize("table", ["plan_snapshot", "plan_session", "plan_decision"])
def test_nobody_changes_what_the_committee_left(world: World, table: str) -> None:
    session = held(world)
    decide(world, session, V.BLOCKED)
    with world.acting(secretary(world)) as agent:
        actions.freeze_board(by=agent, session=session)
    for statement in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}"):
        for role in ("recoupe_app", "recoupe_worker", "admin"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                world.sql(statement, role=role)


def test_years_without_a_meeting_are_told(world: World) -> None:
    held(world)
    with world.acting(world.agent(Role.DPO, "OFAST")) as agent:
        late = committee.awaited(committee.sessions(agent), date(TODAY.year + 2, 1, 15))
    assert TODAY.year not in late
    assert late[:2] == [TODAY.year + 1, TODAY.year - 1]
