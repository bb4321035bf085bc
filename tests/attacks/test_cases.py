"""Statements injected by a member of the unit of a procedure: its magistrate is not his to choose, nor its readers."""

from datetime import date
from uuid import UUID

import psycopg
import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.cases import actions, queries
from recoupe.cases.actions import CaseEntry
from recoupe.crosscheck import actions as crosscheck
from recoupe.crosscheck.enums import AgreementState, NoticeKind
from recoupe.crosscheck.models import Agreement, HitSide
from recoupe.kernel.refusal import Conflict, Refused
from recoupe.notices import queries as notices
from tests.attacks.injected import injected, stopped
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

NUMBERS = iter(range(1, 1000))


@pytest.fixture(scope="module")
def officer(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture(scope="module")
def head(scene: Scene) -> TestAgent:
    return scene.who(Role.UNIT_HEAD, "DED13")


@pytest.fixture(scope="module")
def prosecutor(scene: Scene) -> TestAgent:
    return scene.who(Role.PROSECUTOR, "TJ13")


@pytest.fixture(scope="module")
def other(scene: Scene) -> TestAgent:
    return scene.who(Role.PROSECUTOR, "TJ13", "second")


@pytest.fixture
def case(scene: Scene, officer: TestAgent, prosecutor: TestAgent) -> UUID:
    number = f"2026/{next(NUMBERS)}"
    entry = CaseEntry(number, prosecutor.unit_id, prosecutor.id, "preliminary", date(2026, 3, 1))
    with scene.world.acting(officer) as by:
        return actions.open_case(by=by, entry=entry).id


def test_a_member_of_the_unit_does_not_choose_the_magistrate(
    scene: Scene, officer: TestAgent, head: TestAgent, prosecutor: TestAgent, other: TestAgent, case: UUID
) -> None:
    change = "UPDATE cases_case SET magistrate_id = %s WHERE id = %s"
    assert stopped(scene.world, officer, change, other.id, case)
    assert stopped(scene.world, officer, "UPDATE cases_case SET court_id = %s WHERE id = %s", officer.unit_id, case)
    assert stopped(scene.world, officer, "UPDATE cases_case SET legal_framework = 'commission' WHERE id = %s", case)
    # Not even the head names somebody who is no magistrate of that court.
    for nobody in (officer.id, scene.who(Role.EXAMINING_JUDGE, "TJ13").id):
        assert stopped(scene.world, head, change, nobody, case)
    assert not stopped(scene.world, head, change, other.id, case)


def test_who_reads_a_procedure_is_nobody_s_to_write(scene: Scene, officer: TestAgent, case: UUID) -> None:
    rival = scene.who(Role.INVESTIGATOR, "PJ69")
    key = reader_key(rival.unit_id, Capacity.UNIT)
    with injected(scene.world, officer) as connection:
        connection.execute("UPDATE cases_case SET readers = ARRAY[%s::bigint] WHERE id = %s", [key, case])
    for who, sees in ((officer, True), (rival, False)):
        with injected(scene.world, who) as connection:
            assert bool(connection.execute("SELECT 1 FROM cases_case WHERE id = %s", [case]).fetchone()) is sees


def test_nobody_signs_a_change_of_magistrate_that_he_did_not_make(
    scene: Scene, officer: TestAgent, head: TestAgent, other: TestAgent, case: UUID
) -> None:
    signed = (
        "INSERT INTO cases_magistratechange (id, case_id, at, actor_id, former_id, magistrate_id, reason)"
        " VALUES (gen_random_uuid(), %s, now(), %s, %s, %s, 'x')"
    )
    assert stopped(scene.world, officer, signed, case, officer.id, other.id, other.id)
    assert stopped(scene.world, head, signed, case, officer.id, other.id, other.id)


def test_the_magistrates_of_a_court_are_not_listed_without_a_purpose(scene: Scene, prosecutor: TestAgent) -> None:
    listed = "SELECT count(*) FROM cases.magistrates(%s)"
    idle = scene.world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    for who, expected in ((idle, 0), (scene.who(Role.INVESTIGATOR, "PJ13"), 1)):
        with injected(scene.world, who) as connection:
            (count,) = connection.execute(listed.encode(), [prosecutor.unit_id]).fetchone() or (0,)
            assert min(count, 1) == expected


def judicial(scene: Scene, officer: TestAgent, case: UUID) -> HitSide:
    """The holder's side of a hit on a judicial report of this procedure, asked for and waiting for its magistrate."""
    phone, police = new_phone(), scene.who(Role.INVESTIGATOR, "PJ13")
    held = scene.enter(officer, phone=phone, frame="judicial", case_id=case)
    asked = scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        crosscheck.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    side = scene.side(officer, held)
    with scene.world.acting(officer) as agent:
        crosscheck.release_record(by=agent, side=side, recipient=police.unit_id, reason="même réseau")
    return side


def test_the_question_that_waits_follows_the_magistrate(
    scene: Scene, officer: TestAgent, head: TestAgent, prosecutor: TestAgent, other: TestAgent, case: UUID
) -> None:
    side = judicial(scene, officer, case)
    with scene.world.acting(prosecutor):
        asked = Agreement.objects.get(record_id=side.record_id)
    with scene.world.acting(head) as by:
        found = queries.case(by, case)
        actions.change_magistrate(by=by, case=found, court_id=other.unit_id, magistrate_id=other.id, reason="départ")
    with scene.world.acting(prosecutor) as by, pytest.raises((Conflict, Refused)):
        crosscheck.answer_agreement(by=by, agreement=asked, agreed=True)
    with scene.world.acting(prosecutor):
        assert not Agreement.objects.filter(id=asked.id).exists()
    with scene.world.acting(other) as by:
        assert NoticeKind.AGREEMENT_ASKED in [n.kind for n in notices.waiting(by) if n.record_id == asked.id]
        mine = Agreement.objects.get(id=asked.id)
        answered = crosscheck.answer_agreement(by=by, agreement=mine, agreed=True)
        assert answered.state == AgreementState.AGREED


def test_a_question_says_to_whom_the_record_really_goes(scene: Scene, officer: TestAgent, case: UUID) -> None:
    side = judicial(scene, officer, case)
    (told,) = scene.world.sql("SELECT recipient_name FROM crosscheck_agreement WHERE record_id = %s", [side.record_id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege), injected(scene.world, officer) as connection:
        connection.execute(
            "INSERT INTO crosscheck_agreement (id, owner_unit_id, readers, created_at, release_id, record_kind,"
            " record_id, case_id, case_number, magistrate_id, recipient_name, asked_by, asked_at, reason, state,"
            " answer_reason)"
            " SELECT gen_random_uuid(), owner_unit_id, %s, now(), gen_random_uuid(), record_kind, record_id, case_id,"
            " case_number, magistrate_id, 'OFAST', asked_by, now(), 'x', 'ASKED', '' FROM crosscheck_agreement"
            " WHERE record_id = %s",
            [[own_key(officer.id, officer.unit_id)], side.record_id],
        )
    assert told[0] != "OFAST"
