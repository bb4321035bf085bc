"""Who feeds a measure, and what follows: a reference, a file of values, a state that nobody types."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.plan import actions, permissions, queries
from recoupe.plan.actions import BadFile, Proof
from recoupe.plan.enums import BoardState, FigureState
from recoupe.plan.models import Card, Evidence, Value
from tests.plan.tables import clear
from tests.world import TestAgent, World

HEAD = "indicateur;du;au;valeur;source\n"
LAST_YEAR = timezone.localdate().year - 1
# Measure 4 is of the pole of strategy: one indicator with a target of 100 %, one milestone without a day.
GOOD = f"{HEAD}m4_on_time;01/01/{LAST_YEAR};31/12/{LAST_YEAR};100;OFAST\n".encode()
PROOF = Proof("État de la menace diffusé le 1er juin", date(2025, 6, 1), "m4_first")


@pytest.fixture(autouse=True)
def empty(world: World) -> None:
    clear(world)


def owner(world: World) -> TestAgent:
    return world.agent(Role.PLAN_MANAGER, "OFAST-PSTR")


def state(world: World, number: int) -> BoardState:
    with world.acting(world.agent(Role.PROSECUTOR, "TJ13")) as agent:
        return queries.row(agent, number).state


# role         | unit       | measure 4 | measure 1 (another pole's)
TRUTH = [
    (Role.PLAN_MANAGER, "OFAST-PSTR", True, False),
    (Role.PLAN_MANAGER, "OFAST-PREN", False, True),
    (Role.PLAN_MANAGER, "OFAST", False, False),
    (Role.PLAN_MANAGER, "PJ13", False, False),
    (Role.UNIT_HEAD, "OFAST-PSTR", False, False),
    (Role.OFAST_ANALYST, "OFAST", False, False),
    (Role.DPO, "OFAST", False, False),
    (Role.CROSS_HEAD, "CROSS13", False, False),
]


@pytest.mark.parametrize(("role", "unit", "four", "one"), TRUTH)
@pytest.mark.parametrize("purpose", [True, False])
def test_a_measure_is_fed_by_a_plan_manager_of_its_own_unit(
    world: World, role: Role, unit: str, four: bool, one: bool, purpose: bool
) -> None:
    """Right role, wrong object: another unit's measure; the base says the same as the permission."""
    with world.process("migrate"):
        cards = Card.objects.in_bulk()
    with world.acting(world.agent(role, unit, purpose=purpose)) as agent:
        for number, allowed in ((4, four), (1, one)):
            card = cards[number]
            assert permissions.can_feed(agent, card) is (allowed and purpose)
            if purpose:
                record(Operation.COLLECT, details={"what": "plan"})
            row = Evidence(by_id=agent.id, measure=number, kind="reference", label="x", dated=date(2025, 1, 1))
            if allowed and purpose:
                row.save()
            else:
                with pytest.raises(DatabaseError), transaction.atomic():
                    row.save()


def test_evidence_and_a_last_value_make_it_done_and_neither_alone(world: World) -> None:
    assert state(world, 4) is BoardState.NOT_MEASURED
    with world.acting(owner(world)) as agent:
        card = queries.card(agent, 4)
        actions.add_reference(by=agent, card=card, proof=PROOF)
    assert state(world, 4) is BoardState.IN_PROGRESS
    with world.acting(owner(world)) as agent:
        proof = Proof("Relevé", timezone.localdate())
        actions.import_values(by=agent, card=card, proof=proof, name="valeurs.csv", raw=GOOD)
    assert state(world, 4) is BoardState.DONE
    with world.acting(owner(world)) as agent:
        figure = queries.row(agent, 4).figures[0]
        assert (figure.state, figure.value, len(figure.estimates)) == (FigureState.REACHED, Fraction(1), 1)
        assert [one.indicator for one in queries.told(agent, 4)["m4_on_time"]] == ["m4_on_time"]


def test_a_second_source_that_says_less_takes_it_back(world: World) -> None:
    with world.acting(owner(world)) as agent:
        card = queries.card(agent, 4)
        actions.add_reference(by=agent, card=card, proof=PROOF)
        actions.import_values(by=agent, card=card, proof=PROOF, name="a.csv", raw=GOOD)
        less = GOOD.replace(b"100;OFAST", b"90;SIRASCO")
        actions.import_values(by=agent, card=card, proof=PROOF, name="b.csv", raw=less)
        assert len(queries.row(agent, 4).figures[0].estimates) == 2
    assert state(world, 4) is BoardState.IN_PROGRESS


def test_a_bad_line_writes_nothing_and_each_is_answered(world: World) -> None:
    bad = GOOD + b"m5_stock;01/01/2025;31/12/2025;1;X\nm4_on_time;hier;demain;1;X\n"
    with world.acting(owner(world)) as agent:
        with pytest.raises(BadFile) as refusal:
            actions.import_values(
                by=agent, card=queries.card(agent, 4), proof=PROOF, name="x.csv", raw=bad
            )  # fmt: skip
        assert [fault.line for fault in refusal.value.faults] == [3, 4]
        assert not Evidence.objects.exists()
        assert not Value.objects.exists()


def test_the_same_file_and_the_same_form_are_written_once(world: World) -> None:
    key = uuid4()
    with world.acting(owner(world)) as agent:
        card = queries.card(agent, 4)
        first = actions.add_reference(by=agent, card=card, proof=Proof("Rapport", date(2025, 1, 1), key=key))
        again = actions.add_reference(by=agent, card=card, proof=Proof("Rapport", date(2025, 1, 1), key=key))
        assert first.pk == again.pk
        actions.import_values(by=agent, card=card, proof=PROOF, name="a.csv", raw=GOOD)
        with pytest.raises(Conflict):
            actions.import_values(by=agent, card=card, proof=PROOF, name="b.csv", raw=GOOD)


@pytest.mark.parametrize(
    ("proof", "field"),
    [
        (Proof("  ", date(2025, 1, 1)), "label"),
        (Proof("x" * 500, date(2025, 1, 1)), "label"),
        (Proof("Rapport", date(1066, 1, 1)), "on"),
        (Proof("Rapport", timezone.localdate() + timedelta(days=2)), "on"),
        (Proof("Rapport", date(2025, 1, 1), "m1_installed"), "milestone"),
    ],
)
def test_bad_evidence_is_answered(world: World, proof: Proof, field: str) -> None:
    with world.acting(owner(world)) as agent, pytest.raises(Invalid) as refusal:
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=proof)
    assert refusal.value.field == field


def test_another_units_manager_is_refused_by_the_action(world: World) -> None:
    with world.acting(world.agent(Role.PLAN_MANAGER, "OFAST-POPE")) as agent, pytest.raises(Refused):
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=PROOF)


def test_each_write_leaves_its_line_and_none_is_made_without(world: World) -> None:
    with world.acting(owner(world)) as agent:
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=PROOF)
    assert world.journal("collect")[-1][3] == {"what": "plan", "plan": "plan_reference", "number": 4}
    with (
        world.acting(owner(world)) as agent,
        pytest.raises(DatabaseError, match="without journal"),
        transaction.atomic(),
    ):
        Evidence(by_id=agent.id, measure=4, kind="reference", label="x", dated=date(2025, 1, 1)).save()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE plan_evidence SET label = 'y'", "DELETE FROM plan_evidence", "UPDATE plan_value SET value = 1",
     "DELETE FROM plan_value", "UPDATE plan_card SET owner_id = owner_id"],
)  # fmt: skip
@pytest.mark.parametrize("role", ["recoupe_app", "recoupe_worker"])
def test_what_was_shown_is_neither_changed_nor_deleted(world: World, statement: str, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql(statement, role=role)


def test_even_an_administrator_meets_the_trigger(world: World) -> None:
    with world.acting(owner(world)) as agent:
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=PROOF)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps what was written"):
        world.sql("ALTER TABLE plan_evidence DISABLE TRIGGER journal_first; UPDATE plan_evidence SET label = 'y'")


def test_a_value_is_of_its_measure_and_of_its_authors_evidence(world: World) -> None:
    with world.acting(owner(world)) as agent:
        evidence = actions.add_reference(by=agent, card=queries.card(agent, 4), proof=PROOF)
        for over in ({"indicator": "m1_x"}, {"indicator": "m44_officers"}, {"measure": 6, "indicator": "m6_studies"}):
            fields = {
                "by_id": agent.id, "measure": 4, "indicator": "m4_on_time", "first": date(2025, 1, 1),
                "last": date(2025, 1, 2), "value": 1, "evidence": evidence, **over,
            }  # fmt: skip
            with pytest.raises(DatabaseError), transaction.atomic():
                Value(**fields).save()


@pytest.mark.parametrize("role", list(Role))
def test_evidence_is_read_by_whoever_reads_the_board(world: World, role: Role) -> None:
    with world.acting(owner(world)) as agent:
        actions.add_reference(by=agent, card=queries.card(agent, 4), proof=PROOF)
    unit = {"prosecutor": "TJ13", "examining_judge": "TJ13", "cross_analyst": "CROSS13", "cross_head": "CROSS13"}
    with world.acting(world.agent(role, unit.get(role.value, "PJ13"))) as agent:
        assert Evidence.objects.exists() is (role in permissions.BOARD_ROLES)
