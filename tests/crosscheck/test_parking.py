"""A record that always fails is found among its neighbours, tried three times and parked; the others get their hits."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from recoupe.access.enums import Role
from recoupe.crosscheck import rules
from recoupe.crosscheck.actions import retry_parked
from recoupe.crosscheck.actions.parking import fault_of, is_of_a_record, isolate, retry_due
from recoupe.crosscheck.actions.pull import pull
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.matching import lines_waiting
from tests.crosscheck.process import drained, matcher, queued, until
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

POISON = """
    CREATE OR REPLACE FUNCTION public.refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.record_id = ANY ('{%s}'::uuid[]) THEN
            RAISE EXCEPTION 'poison %% with content 0612345678', NEW.record_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    DROP TRIGGER IF EXISTS refuse_poison ON crosscheck_indexrecord;
    CREATE TRIGGER refuse_poison BEFORE INSERT OR UPDATE ON crosscheck_indexrecord
        FOR EACH ROW EXECUTE FUNCTION public.refuse_poison();
"""
HEALED = "DROP TRIGGER IF EXISTS refuse_poison ON crosscheck_indexrecord"


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture(autouse=True)
def _clean(scene: Scene) -> Iterator[None]:
    yield
    direct(scene, HEALED)
    direct(scene, "DELETE FROM intelligence_outbox")


def direct(scene: Scene, statement: str) -> None:
    """What only the administrator of the server could do to a table."""
    with psycopg.connect(scene.world.admin_url) as server:
        server.execute(statement.encode())


def poison(scene: Scene, *records: UUID) -> None:
    direct(scene, POISON % ",".join(map(str, records)))


def line_of(scene: Scene, record: UUID) -> tuple[int | None, str | None, bool]:
    """How often a record was tried, with which fault, and whether it is parked."""
    query = "SELECT tries, fault, parked_at IS NOT NULL FROM intelligence_outbox WHERE report_id = %s"
    ((tries, fault, parked),) = scene.world.sql(query, [record])
    return tries, fault, parked


def due_now(scene: Scene) -> None:
    direct(scene, "UPDATE intelligence_outbox SET retry_at = now() - interval '1 second' WHERE tries IS NOT NULL")


def parkings(scene: Scene, record: UUID) -> list[dict[str, object]]:
    """The journal entries that say that a record was parked."""
    entries = [details for _, _, refs, details in scene.world.journal("combine") if f"report:{record}" in refs]
    return [details for details in entries if details.get("cross_check") == "parked"]


def test_the_running_matcher_parks_the_one_and_tells_the_others(
    scene: Scene, police: TestAgent, customs: TestAgent, tmp_path: Path
) -> None:
    phones = [new_phone() for _ in range(7)]
    held = [scene.enter(customs, phone=phone) for phone in phones]
    scene.pull()
    asked = [scene.enter(police, phone=phone) for phone in phones]
    poison(scene, asked[3])
    with matcher(scene.world, tmp_path):
        until(lambda: line_of(scene, asked[3])[2], 30)
        # It still compares what comes after.
        late = new_phone()
        scene.enter(customs, phone=late)
        last = scene.enter(police, phone=late)
        until(lambda: queued(scene.world) == 1, 20)
    for number in (0, 1, 2, 4, 5, 6):
        assert scene.side(police, asked[number]).hit_id == scene.side(customs, held[number]).hit_id
    assert scene.side(police, last)
    assert scene.sides(police, asked[3]) == []
    assert line_of(scene, asked[3]) == (3, "CheckViolation", True)
    assert len(parkings(scene, asked[3])) == 1
    said = (tmp_path / "matcher.log").read_text()
    assert "CheckViolation" in said
    assert "0612345678" not in said


def test_three_tries_then_parked_then_tried_again_when_mended(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    phone = new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    poison(scene, asked)
    with scene.world.process("matcher"):
        with pytest.raises(DatabaseError):
            pull("express")
        assert isolate("express", 50) == 2
        assert line_of(scene, asked) == (1, "CheckViolation", False)
        assert queued(scene.world) == 1
        # It waits before it is tried again, and no block takes it along.
        assert pull("express").records == retry_due("express") == 0
        for tries in (2, 3):
            due_now(scene)
            assert retry_due("express") == 1
            assert line_of(scene, asked) == (tries, "CheckViolation", tries == 3)
        due_now(scene)
        assert retry_due("express") == 0
    assert parkings(scene, asked)[0] == {"cross_check": "parked", "fault": "CheckViolation"}
    with scene.world.acting(police):
        assert intelligence.comparison(asked) == (False, True)
    direct(scene, HEALED)
    with scene.world.process("matcher"):
        assert retry_parked() == 1
        assert pull("express").hits == 1
    assert scene.side(police, asked).hit_id == scene.side(customs, held).hit_id
    assert drained(scene.world)


def test_a_correction_that_mends_it_takes_its_parked_line_along(scene: Scene, police: TestAgent) -> None:
    asked = scene.enter(police, phone=new_phone())
    poison(scene, asked)
    with scene.world.process("matcher"):
        isolate("express", 50)
    direct(scene, HEALED)
    scene.world.sql(
        "INSERT INTO intelligence_outbox (id, report_id, lane, at)"
        " VALUES (gen_random_uuid(), %s, 'express', now()) RETURNING id", [asked], role="admin"
    )  # fmt: skip
    assert scene.pull().records == 1
    assert drained(scene.world)


def test_a_block_of_which_nothing_passes_parks_nobody(scene: Scene, police: TestAgent) -> None:
    records = [scene.enter(police, phone=new_phone()) for _ in range(rules.HOUSE_FAULT_AFTER)]
    poison(scene, *records)
    with scene.world.process("matcher"), pytest.raises(DatabaseError):
        isolate("express", 50)
    assert all(line_of(scene, record) == (None, None, False) for record in records)


def test_the_administrator_sees_how_many_and_why_but_not_which(scene: Scene, police: TestAgent) -> None:
    asked = scene.enter(police, phone=new_phone())
    direct(scene, f"UPDATE intelligence_outbox SET tries = 3, fault = 'CheckViolation', parked_at = now()"
                  f" WHERE report_id = '{asked}'")  # fmt: skip
    technician = scene.who(Role.SYSADMIN, "OFAST")
    page = scene.world.client(technician).get("/technique/")
    assert page.status_code == 200
    assert "CheckViolation" in page.content.decode()
    assert str(asked) not in page.content.decode()
    found = scene.world.sql("SELECT fault, lines FROM intelligence.parked()", role="recoupe_owner")
    assert found == [("CheckViolation", 1)]
    with scene.world.acting(police), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM intelligence.parked()")
        assert cursor.fetchone()[0] == 0


def test_the_application_queues_deposits_and_nothing_else(scene: Scene, police: TestAgent) -> None:
    asked = scene.enter(police, phone=new_phone())
    for values in ("'erasure', now(), NULL", "'express', now(), now()"):
        with scene.world.acting(police), pytest.raises(DatabaseError, match="permission denied"):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO intelligence_outbox (id, report_id, lane, at, parked_at)"
                    f" VALUES (gen_random_uuid(), %s, {values})", [asked]
                )  # fmt: skip
            raise AssertionError("it was queued")


def _django(kind: type[DatabaseError], cause: Exception | None) -> DatabaseError:
    error = kind("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "of_a_record"),
    [
        (ValueError("x"), True),
        (_django(DatabaseError, psycopg.errors.CheckViolation()), True),
        (_django(OperationalError, psycopg.errors.QueryCanceled()), True),
        (_django(OperationalError, psycopg.errors.DeadlockDetected()), False),
        (_django(OperationalError, psycopg.errors.DiskFull()), False),
        (_django(OperationalError, psycopg.errors.AdminShutdown()), False),
        (_django(OperationalError, psycopg.OperationalError("lost")), False),
        (_django(OperationalError, None), False),
        (InterfaceError("closed"), False),
        (MemoryError(), False),
    ],
)
def test_only_what_a_record_may_cause_is_held_against_it(error: Exception, of_a_record: bool) -> None:
    assert is_of_a_record(error) is of_a_record


def test_a_fault_is_a_class_and_never_a_text() -> None:
    assert fault_of(_django(DatabaseError, psycopg.errors.CheckViolation("0612345678"))) == "CheckViolation"
    assert fault_of(ValueError("0612345678")) == "ValueError"


def test_the_lines_of_a_lane_are_its_own(scene: Scene, police: TestAgent) -> None:
    scene.enter(police, phone=new_phone())
    with scene.world.process("matcher"):
        assert len(lines_waiting("express", 50)) == 1
        assert lines_waiting("bulk", 50) == lines_waiting("erasure", 50) == []
