"""Statements injected by a party of a contact: it grants itself nothing, speaks for no other."""

from uuid import UUID, uuid4

import psycopg
import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own, reader_key
from recoupe.crosscheck import actions
from recoupe.crosscheck.models import HitSide
from tests.attacks.injected import STOPPED, injected, stopped
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

RELEASE = (
    "INSERT INTO crosscheck_release (id, thread_id, giving_side, recipient_id, state, asked_at, decided_at,"
    " record_kind, record_id, handling, not_in_proceedings, grading)"
    " VALUES (%s, %s, %s, %s, 'GRANTED', now(), now(), 'report', %s, '{}', false, '')"
)


@pytest.fixture(scope="module")
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def contact(scene: Scene, police: TestAgent, customs: TestAgent) -> tuple[UUID, UUID, UUID]:
    """(thread, record of the asker, record of the holder) of a contact that police has opened."""
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    asked = scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    return thread.id, asked, held


def test_the_asker_grants_itself_nothing(scene: Scene, police: TestAgent, contact: tuple[UUID, UUID, UUID]) -> None:
    thread, _, held = contact
    assert stopped(scene.world, police, RELEASE, uuid4(), thread, "holder", police.unit_id, held)
    with scene.world.acting(police) as agent:
        side = HitSide.objects.get(record_id=contact[1])
        asked = actions.request_release(by=agent, thread=actions.thread_of(side), reason="même réseau")
    granted = (
        "UPDATE crosscheck_release SET state = 'GRANTED', decided_at = now(), record_kind = 'report', record_id = %s"
    )
    assert stopped(scene.world, police, granted + " WHERE id = %s", held, asked.id)
    assert stopped(scene.world, police, "UPDATE crosscheck_release SET state = 'REFUSED' WHERE id = %s", asked.id)


def test_a_party_gives_only_the_record_of_its_own_side_and_only_to_the_other(
    scene: Scene, police: TestAgent, customs: TestAgent, contact: tuple[UUID, UUID, UUID]
) -> None:
    thread, asked, _ = contact
    another = scene.enter(police, phone=new_phone())
    rival = scene.who(Role.INVESTIGATOR, "PJ69")
    for record, recipient in ((another, customs.unit_id), (asked, rival.unit_id)):
        release = uuid4()
        try:
            with injected(scene.world, police) as connection:
                connection.execute(RELEASE, [release, thread, "asker", recipient, record])
                connection.execute("SELECT crosscheck.open_report(%s)", [release])
        except STOPPED:
            pass
        for who in (customs, rival):
            with injected(scene.world, who) as connection:
                found = connection.execute("SELECT 1 FROM intelligence_report WHERE id = %s", [record])
                assert found.fetchone() is None


def test_nobody_signs_a_message_for_another(
    scene: Scene, police: TestAgent, customs: TestAgent, contact: tuple[UUID, UUID, UUID]
) -> None:
    message = (
        "INSERT INTO crosscheck_message (id, thread_id, voice, author_id, at, text)"
        " VALUES (gen_random_uuid(), %s, %s, %s, now(), 'x')"
    )
    assert stopped(scene.world, police, message, contact[0], "holder", police.id)
    assert stopped(scene.world, police, message, contact[0], "asker", customs.id)
    assert not stopped(scene.world, police, message, contact[0], "asker", police.id)


def test_a_cell_that_sees_a_side_does_not_answer_for_it(
    scene: Scene, police: TestAgent, contact: tuple[UUID, UUID, UUID]
) -> None:
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    side = scene.side(analyst, contact[1])
    answer = (
        "INSERT INTO crosscheck_weakanswer (id, side_id, answer, author_id, at)"
        " VALUES (gen_random_uuid(), %s, 'different', %s, now())"
    )
    assert stopped(scene.world, analyst, answer, side.id, analyst.id)
    assert stopped(scene.world, police, answer, side.id, analyst.id)


def test_a_contact_is_carried_to_an_authority_and_to_nobody_else(
    scene: Scene, police: TestAgent, contact: tuple[UUID, UUID, UUID]
) -> None:
    rival = scene.who(Role.INVESTIGATOR, "PJ69")
    for unit, capacity in ((rival.unit_id, Capacity.UNIT), own(rival.id, rival.unit_id)):
        with injected(scene.world, police) as connection:
            try:
                connection.execute(
                    "SELECT crosscheck.escalate(%s, %s, %s)", [contact[0], unit, reader_key(unit, capacity)]
                )
            except psycopg.errors.InsufficientPrivilege:
                connection.rollback()
    with injected(scene.world, rival) as connection:
        found = connection.execute("SELECT 1 FROM crosscheck_contactthread WHERE id = %s", [contact[0]])
        assert found.fetchone() is None


def test_a_contact_is_carried_to_the_cell_of_who_carries_it_and_one_authority_at_a_time(
    scene: Scene, police: TestAgent, contact: tuple[UUID, UUID, UUID]
) -> None:
    units = dict(scene.world.sql("SELECT code, id FROM reference_unit"))
    carry = "UPDATE crosscheck_contactthread SET state = %s, arbiter_id = %s WHERE id = %s"

    def refused(step: str, unit: str) -> bool:
        return stopped(scene.world, police, carry, f"ESCALATED_{step}", units[unit], contact[0])

    assert all(refused("CELL", unit) for unit in ("CROSS59", "OFAST", "TJ13", "PJ13"))
    assert refused("OFFICE", "OFAST")
    assert refused("PROSECUTOR", "TJ13")
    assert not refused("CELL", "CROSS13")
    assert refused("PROSECUTOR", "TJ13")
    named = "UPDATE crosscheck_contactthread SET arbiter_id = %s WHERE id = %s"
    assert stopped(scene.world, police, named, units["CROSS59"], contact[0])
    assert not refused("OFFICE", "OFAST")
