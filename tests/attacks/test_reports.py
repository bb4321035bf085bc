"""Statements injected by a reader of a report, who is none of those who work on it."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import reader_key
from recoupe.cases.actions import CaseEntry, open_case
from recoupe.crosscheck import actions
from recoupe.crosscheck.models import HitSide
from recoupe.intelligence.actions import correct, create_draft, deposit
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Invalid
from tests.attacks.injected import injected, stopped
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.world import TestAgent


@pytest.fixture(scope="module")
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture(scope="module")
def released(scene: Scene, police: TestAgent, customs: TestAgent) -> UUID:
    """A report of customs that police reads by a release."""
    phone = new_phone()
    held = scene.enter(customs, phone=phone, person=("DURAND", "Élie", "1990-03-04"))
    asked = scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    side = scene.side(customs, held)
    with scene.world.acting(customs) as agent:
        actions.release_record(by=agent, side=side, recipient=police.unit_id, reason="même réseau")
    return held


@pytest.fixture(scope="module")
def hidden(scene: Scene, customs: TestAgent) -> UUID:
    """A report of customs that police does not read."""
    return scene.enter(customs, phone=new_phone())


@pytest.mark.parametrize(
    "change",
    [
        "fact_text = 'rien vu'",
        "state = 'REJECTED'",
        "readers = readers_of_somebody_else",
        "submitted_at = '2020-01-01'",
        "silent_until = '2027-01-01', silent_reason = 'x'",
    ],
)
def test_the_recipient_of_a_release_changes_nothing(
    scene: Scene, police: TestAgent, released: UUID, change: str
) -> None:
    rival = reader_key(scene.who(Role.INVESTIGATOR, "PJ69").unit_id, Capacity.UNIT)
    mine = reader_key(police.unit_id, Capacity.UNIT)
    change = change.replace("readers_of_somebody_else", f"ARRAY[{mine},{rival}]::bigint[]")
    assert stopped(scene.world, police, f"UPDATE intelligence_report SET {change} WHERE id = %s", released)


CHILDREN = {
    "intelligence_selector": "(id, report_id, kind, raw, value, valid, confirmed)"
    " VALUES (gen_random_uuid(), %s, 'phone', '0611223344', '+33611223344', true, true)",
    "intelligence_person": "(id, report_id, rank, family, given, aliases, birth_commune, category, minor_at_event,"
    " name_key, key) VALUES (gen_random_uuid(), %s, 9, 'MARTIN', 'Paul', '{}', '', 'suspect', false, '', '')",
    "intelligence_reporthistory": "(id, report_id, at, actor_id, from_state, to_state, motive)"
    " VALUES (gen_random_uuid(), %s, now(), gen_random_uuid(), 'SUBMITTED', 'REJECTED', '')",
    "intelligence_gradinghistory": "(id, report_id, at, author_id, source, info, original, doubt, motive)"
    " VALUES (gen_random_uuid(), %s, now(), gen_random_uuid(), 'A', '1', '', false, '')",
    "intelligence_attachment": "(id, report_id, media_type, sha256, content, pages, at, author_id)"
    " VALUES (gen_random_uuid(), %s, 'image/png', '', '', 1, now(), gen_random_uuid())",
}


@pytest.mark.parametrize("table", CHILDREN)
def test_the_recipient_of_a_release_adds_nothing_to_it(
    scene: Scene, police: TestAgent, released: UUID, table: str
) -> None:
    assert stopped(scene.world, police, f"INSERT INTO {table} {CHILDREN[table]}", released)


@pytest.mark.parametrize("table", ["intelligence_person", "intelligence_selector"])
def test_the_recipient_of_a_release_removes_nothing_from_it(
    scene: Scene, police: TestAgent, released: UUID, table: str
) -> None:
    assert stopped(scene.world, police, f"DELETE FROM {table} WHERE report_id = %s", released)


def test_the_recipient_of_a_release_does_not_put_it_back_in_the_queue(
    scene: Scene, police: TestAgent, customs: TestAgent, released: UUID
) -> None:
    queued = "SELECT intelligence.queue(ARRAY[%s]::uuid[], 'express')"
    assert stopped(scene.world, police, queued, released)
    assert not stopped(scene.world, customs, queued, released)


def test_nobody_signs_for_another(scene: Scene, customs: TestAgent, hidden: UUID) -> None:
    for table in ("intelligence_reporthistory", "intelligence_gradinghistory"):
        assert stopped(scene.world, customs, f"INSERT INTO {table} {CHILDREN[table]}", hidden)


@pytest.mark.parametrize("whose", ["unit", "author"])
def test_nobody_writes_a_report_in_the_name_of_another(
    scene: Scene, police: TestAgent, customs: TestAgent, whose: str
) -> None:
    columns = {
        "owner_unit_id": customs.unit_id if whose == "unit" else police.unit_id,
        "author_id": customs.id if whose == "author" else police.id,
        "readers": [reader_key(police.unit_id, Capacity.UNIT)],
    }
    with scene.world.acting(police) as agent:
        mine = deposit(by=agent, entry=entry(phone=new_phone())).id
    names = [
        name
        for (name,) in scene.world.sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'intelligence_report'::regclass AND attnum > 0"
            " AND attgenerated = ''"
        )
        if name not in ("id", "ref", *columns)
    ]
    listed = ", ".join(names)
    statement = (
        f"INSERT INTO intelligence_report (id, ref, owner_unit_id, author_id, readers, {listed})"
        f" SELECT gen_random_uuid(), left(gen_random_uuid()::text, 30), %s, %s, %s, {listed}"
        " FROM intelligence_report WHERE id = %s"
    )
    assert stopped(scene.world, police, statement, *columns.values(), mine)


def test_what_was_deposited_is_neither_withdrawn_nor_dated_back_nor_given_away(
    scene: Scene, customs: TestAgent, police: TestAgent, hidden: UUID
) -> None:
    for change in (
        "state = 'DRAFT'",
        "submitted_at = '2020-01-01'",
        "ref = 'autre'",
        f"owner_unit_id = '{police.unit_id}'",
        f"author_id = '{police.id}'",
    ):
        assert stopped(scene.world, customs, f"UPDATE intelligence_report SET {change} WHERE id = %s", hidden)


def test_nobody_lists_or_takes_off_the_list_what_another_holds(
    scene: Scene, police: TestAgent, customs: TestAgent, hidden: UUID, released: UUID
) -> None:
    mine = reader_key(police.unit_id, Capacity.UNIT)
    theirs = reader_key(customs.unit_id, Capacity.UNIT)

    def lines(record: UUID) -> set[tuple[object, ...]]:
        return set(scene.world.sql("SELECT key, kind, at FROM access_feed WHERE id = %s", [record]))

    before = lines(hidden), lines(released)
    for record in (hidden, released):
        stopped(
            scene.world, police, "INSERT INTO access_feed (key, kind, at, id) VALUES (%s, 1, now(), %s)", mine, record
        )
        stopped(scene.world, police, "SELECT access.republish(1::smallint, %s, now(), '{}')", record)
    assert (lines(hidden), lines(released)) == before
    ghost = uuid4()
    for kind in range(1, 7):
        stopped(
            scene.world,
            police,
            "INSERT INTO access_feed (key, kind, at, id) VALUES (%s, %s, '9000-01-01', %s)",
            theirs,
            kind,
            ghost,
        )
    assert lines(ghost) == set()


def test_the_list_follows_the_rows_by_itself_and_no_call_asks_about_one(scene: Scene, customs: TestAgent) -> None:
    """A function that lists a row again would tell by its work how many keys stand on a hidden one."""
    writers = scene.world.sql(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosrc ~ '(INTO|FROM|UPDATE) (public\\.)?access_feed'"
        " AND p.prorettype <> 'trigger'::regtype AND p.provolatile = 'v'"
        " AND has_function_privilege('recoupe_app', p.oid, 'EXECUTE') ORDER BY 1"
    )
    # Both demand that the caller speaks in the contact.
    assert [name for (name,) in writers] == ["crosscheck.escalate(uuid,uuid,bigint)", "crosscheck.list(uuid)"]
    record = scene.enter(customs, phone=new_phone())

    def follows() -> bool:
        listed, due = (
            scene.world.sql(query, [record])
            for query in (
                "SELECT key, at FROM access_feed WHERE id = %s AND kind = 1 ORDER BY 1",
                "SELECT DISTINCT k, collected_at FROM intelligence_report, unnest(readers) k WHERE id = %s ORDER BY 1",
            )
        )
        return listed == due

    assert follows()
    for change in (
        "readers = '{7}', collected_at = collected_at - interval '1 day'",
        "readers = '{7, 8, 9}'",
        "readers = '{}'",
        "readers = '{9}'",
        "state = 'ERASED'",
    ):
        with psycopg.connect(scene.world.url("admin")) as owner:
            owner.execute("SELECT access.open_service('set-up', 'essai')")
            owner.execute("SELECT audit.record('configure', '{}', '{}', '{}', NULL, NULL)")
            owner.execute(f"UPDATE intelligence_report SET {change} WHERE id = %s".encode(), [record])
        assert follows(), change
    assert scene.world.sql("SELECT 1 FROM access_feed WHERE id = %s", [record]) == []


def test_who_does_not_read_a_report_does_not_learn_whether_it_waits(
    scene: Scene, customs: TestAgent, police: TestAgent
) -> None:
    record = scene.enter(customs, phone=new_phone())
    asked = "SELECT intelligence.pending(%(id)s), intelligence.is_parked(%(id)s)"

    def told(who: TestAgent | None) -> tuple[Any, ...] | None:
        with psycopg.connect(scene.world.url("recoupe_app")) as connection:
            if who:
                connection.execute("SELECT access.open(%s)", [who.token])
            return connection.execute(asked, {"id": record}).fetchone()

    assert [told(who) for who in (customs, police, None)] == [(True, False), (False, False), (False, False)]
    scene.as_superuser(f"UPDATE intelligence_outbox SET parked_at = now() WHERE report_id = '{record}'")
    assert [told(who) for who in (customs, police, None)] == [(False, True), (False, False), (False, False)]
    scene.as_superuser(f"DELETE FROM intelligence_outbox WHERE report_id = '{record}'")


@pytest.mark.parametrize("column", ["ref", "fingerprint"])
def test_an_own_draft_does_not_say_which_references_exist(
    scene: Scene, police: TestAgent, hidden: UUID, column: str
) -> None:
    scene.as_superuser(f"UPDATE intelligence_report SET fingerprint = gen_random_uuid() WHERE id = '{hidden}'")
    (taken,) = scene.world.sql(f"SELECT {column} FROM intelligence_report WHERE id = %s", [hidden])[0]
    with scene.world.acting(police) as agent:
        draft = create_draft(by=agent, entry=entry(phone=new_phone())).id
    with injected(scene.world, police) as connection:
        changed = connection.execute(
            f"UPDATE intelligence_report SET {column} = %s WHERE id = %s".encode(),
            [taken, draft],
        )
        assert changed.rowcount == 1


@pytest.mark.parametrize("when", ["at its deposit", "later"])
def test_its_own_unit_does_not_share_outside_the_register(
    scene: Scene, customs: TestAgent, hidden: UUID, when: str
) -> None:
    rival = scene.who(Role.INVESTIGATOR, "PJ69")
    keys = [reader_key(unit, Capacity.UNIT) for unit in (customs.unit_id, rival.unit_id)]
    if when == "later":
        assert stopped(scene.world, customs, "UPDATE intelligence_report SET readers = %s WHERE id = %s", keys, hidden)
    else:
        assert stopped(scene.world, customs, copied(scene, "readers"), keys, hidden)


def test_an_own_report_is_not_hidden_from_its_cell(scene: Scene, customs: TestAgent, hidden: UUID) -> None:
    mine = [reader_key(customs.unit_id, Capacity.UNIT)]
    assert stopped(scene.world, customs, "UPDATE intelligence_report SET readers = %s WHERE id = %s", mine, hidden)
    silent = (
        "UPDATE intelligence_report SET silent_until = current_date + 9, silent_reason = 'x', readers = %s"
        " WHERE id = %s"
    )
    assert stopped(scene.world, customs, silent, mine, hidden)


def copied(scene: Scene, *given: str) -> str:
    """An injected copy of a report, some of its columns given."""
    names = [
        name
        for (name,) in scene.world.sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'intelligence_report'::regclass AND attnum > 0"
            " AND attgenerated = ''"
        )
        if name not in ("id", "ref", "fingerprint", *given)
    ]
    listed, values = ", ".join([*given, *names]), ", ".join([*("%s" for _ in given), *names])
    return (
        f"INSERT INTO intelligence_report (id, ref, {listed})"
        f" SELECT gen_random_uuid(), left(gen_random_uuid()::text, 30), {values} FROM intelligence_report WHERE id = %s"
    )


def test_the_server_says_when_a_report_was_deposited(scene: Scene, customs: TestAgent) -> None:
    mine = scene.enter(customs, phone=new_phone())
    (readers,) = scene.world.sql("SELECT readers FROM intelligence_report WHERE id = %s", [mine])[0]
    with injected(scene.world, customs) as connection:
        forged = copied(scene, "readers", "submitted_at", "collected_at")
        connection.execute(forged.encode(), [readers, "2020-01-01", "9999-01-01", mine])
    dates = scene.world.sql(
        "SELECT min(submitted_at) > now() - interval '1 hour', max(collected_at) <= now() FROM intelligence_report"
        " WHERE author_id = %s",
        [customs.id],
    )
    assert dates == [(True, True)]
    with scene.world.acting(customs) as agent:
        draft = create_draft(by=agent, entry=entry(phone=new_phone())).id
    with injected(scene.world, customs) as connection:
        connection.execute(
            "UPDATE intelligence_report SET state = 'SUBMITTED', ref = left(id::text, 30), submitted_at = '2020-01-01',"
            " readers = %s WHERE id = %s",
            [readers, draft],
        )
    assert scene.world.sql(
        "SELECT submitted_at > now() - interval '1 minute' FROM intelligence_report WHERE id = %s", [draft]
    ) == [(True,)]


def test_a_judicial_report_neither_becomes_administrative_nor_changes_procedure(
    scene: Scene, customs: TestAgent
) -> None:
    prosecutor = scene.who(Role.PROSECUTOR, "TJ13")
    with scene.world.acting(customs) as agent:
        cases = [
            open_case(
                by=agent,
                entry=CaseEntry(f"2025/{n}", prosecutor.unit_id, prosecutor.id, "preliminary", date(2025, 3, 1)),
            ).id
            for n in (1, 2)
        ]
    held = scene.enter(customs, phone=new_phone(), frame="judicial", case_id=cases[0])
    for change in ("frame = 'administrative', case_id = NULL", "frame = 'administrative'", f"case_id = '{cases[1]}'"):
        assert stopped(scene.world, customs, f"UPDATE intelligence_report SET {change} WHERE id = %s", held)
    changes: list[dict[str, Any]] = [{}, {"frame": "judicial", "case_id": cases[1]}]
    for other in changes:
        with scene.world.acting(customs) as agent, pytest.raises(Invalid):
            correct(by=agent, report=Report.objects.get(id=held), entry=entry(**other), reason="précision")
    # The other way round is open: a report may join a procedure.
    free = scene.enter(customs, phone=new_phone())
    with scene.world.acting(customs) as agent:
        said = entry(frame="judicial", case_id=cases[0])
        assert correct(by=agent, report=Report.objects.get(id=free), entry=said, reason="procédure ouverte").case_id


@pytest.mark.parametrize("terms", ["silent", "H3"])
def test_what_may_not_leave_is_not_released_by_the_function_either(
    scene: Scene, police: TestAgent, customs: TestAgent, terms: str
) -> None:
    phone = new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(police) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    scene.as_superuser(
        f"UPDATE intelligence_report SET silent_until = current_date + 9, silent_reason = 'x' WHERE id = '{held}'"
        if terms == "silent"
        else f"UPDATE intelligence_report SET handling = '{{H3}}', h3_line = 'both' WHERE id = '{held}'"
    )
    release = uuid4()
    with pytest.raises(psycopg.errors.InsufficientPrivilege), injected(scene.world, customs) as connection:
        connection.execute(
            "INSERT INTO crosscheck_release (id, thread_id, giving_side, recipient_id, state, asked_at, decided_at,"
            " record_kind, record_id, handling, not_in_proceedings, grading)"
            " VALUES (%s, %s, 'holder', %s, 'GRANTED', now(), now(), 'report', %s, '{}', false, '')",
            [release, thread.id, police.unit_id, held],
        )
        connection.execute("SELECT crosscheck.open_report(%s)", [release])
