"""What the public site may do with letters by its own role: four functions, no time, no change, nothing by halves."""

import secrets
import threading
from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from psycopg import errors

from recoupe.config.processes import LOGIN_ROLES
from recoupe.sealing import answer, hpke, letter, receipt
from tests.world import World

PORTAL = "recoupe_portal"
OTHERS = [role for role in LOGIN_ROLES if role not in (PORTAL, "recoupe_owner")]
TABLES = ("tips_answer", "tips_letter", "tips_publickey", "tips_spentproof")


def written(mine: receipt.Receipt, area: str = "13", content: bytes = b"each evening") -> bytes:
    """A letter under this receipt."""
    public = hpke.public_key(hpke.new_private_key())
    return letter.seal(content, place=mine.place, area=area, keys=[public, None, None, None])


def deposit(world: World, whole: bytes, proof: bytes | None = None) -> bool:
    """By the public site's role; a fresh proof of work unless one is given."""
    [(kept,)] = world.sql("SELECT tips.deposit(%s, %s)", [whole, proof or secrets.token_bytes(32)], role=PORTAL)
    return bool(kept)


def fetched(world: World, mine: receipt.Receipt) -> tuple[int, list[bytes]]:
    """What this receipt finds."""
    [(letters, answers)] = world.sql("SELECT * FROM tips.fetch(%s)", [mine.fetch_key], role=PORTAL)
    return letters, [bytes(one) for one in answers]


def counted(world: World) -> list[tuple[object, ...]]:
    """How many rows each table has."""
    return world.sql(
        "SELECT (SELECT count(*) FROM tips_letter), (SELECT count(*) FROM tips_answer),"
        " (SELECT count(*) FROM tips_spentproof)"
    )


def answered(world: World, mine: receipt.Receipt, text: bytes, day: str = "2026-11-23") -> None:
    """An answer in the thread, as it will lie there."""
    made = answer.seal(text, place=mine.place, public=hpke.public_key(mine.thread_key))
    world.sql(
        "INSERT INTO tips_answer (id, day, place, sealed) VALUES (gen_random_uuid(), %s, %s, %s)",
        [day, mine.place, made],
    )


def test_a_letter_is_kept_as_it_came_and_found_by_its_receipt_alone(world: World) -> None:
    mine, other = receipt.draw(), receipt.draw()
    whole = written(mine, "2A")
    assert deposit(world, whole)
    [row] = world.sql("SELECT day, area, place, letter FROM tips_letter WHERE place = %s", [mine.place])
    [(today,)] = world.sql("SELECT (now() AT TIME ZONE 'Europe/Paris')::date")
    assert (row[0], row[1], bytes(row[2]), bytes(row[3])) == (today, "2A", mine.place, whole)
    assert fetched(world, mine) == (1, [])
    assert fetched(world, other) == (0, [])
    [(stolen,)] = world.sql("SELECT letters FROM tips.fetch(%s)", [mine.place], role=PORTAL)
    assert stolen == 0, "what lies in the store asks for nothing"


def test_one_may_come_back_add_read_and_burn(world: World) -> None:
    mine, other = receipt.draw(), receipt.draw()
    for text in (b"one", b"two"):
        assert deposit(world, written(mine, content=text))
    assert deposit(world, written(other))
    for day in range(1, 6):
        answered(world, mine, f"day {day}".encode(), f"2026-11-0{day}")
    letters, answers = fetched(world, mine)
    opened = [answer.unseal(one, place=mine.place, private=mine.thread_key) for one in answers]
    assert (letters, opened) == (2, [b"day 5", b"day 4", b"day 3"])
    burn = "SELECT tips.burn(%s)"
    assert world.sql(burn, [mine.place], role=PORTAL) == [(False,)], "nor does it burn anything"
    assert world.sql(burn, [mine.fetch_key], role=PORTAL) == [(True,)]
    assert world.sql(burn, [mine.fetch_key], role=PORTAL) == [(False,)]
    assert fetched(world, mine) == (0, [])
    assert world.sql("SELECT count(*) FROM tips_answer WHERE place = %s", [mine.place]) == [(0,)]
    assert fetched(world, other) == (1, [])


def test_a_proof_of_work_serves_once(world: World) -> None:
    proof = secrets.token_bytes(32)
    spend = "SELECT tips.spend(%s)"
    assert [world.sql(spend, [proof], role=PORTAL) for _ in range(3)] == [[(True,)], [(False,)], [(False,)]]
    before = counted(world)
    assert not deposit(world, written(receipt.draw()), proof)
    assert counted(world) == before
    again = secrets.token_bytes(32)
    assert deposit(world, written(receipt.draw()), again)
    assert not deposit(world, written(receipt.draw()), again)


def test_a_letter_sent_again_is_one_letter_and_spends_nothing(world: World) -> None:
    """The answer was lost on the way: who asks again learns that it is there."""
    mine = receipt.draw()
    whole, proof = written(mine), secrets.token_bytes(32)
    assert deposit(world, whole, proof)
    before = counted(world)
    assert deposit(world, whole, proof)
    assert deposit(world, whole)
    assert counted(world) == before


def test_of_a_hundred_that_replay_one_proof_at_once_one_is_served(world: World) -> None:
    proof, served = secrets.token_bytes(32), []

    def replay() -> None:
        with psycopg.connect(world.url(PORTAL), autocommit=True) as direct:
            for _ in range(25):
                row = direct.execute("SELECT tips.spend(%s)", [proof]).fetchone()
                served.append(row is not None and row[0])

    threads = [threading.Thread(target=replay) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(served), sum(served)) == (100, 1)


SPOILT: dict[str, Callable[[bytes], bytes | None]] = {
    "nothing": lambda whole: None,
    "empty": lambda whole: b"",
    "one byte": lambda whole: b"\1",
    "cut": lambda whole: whole[:-1],
    "longer": lambda whole: whole + b"\0",
    "between two sizes": lambda whole: whole + bytes(100),
    "beyond the last": lambda whole: whole + bytes(10 * 1024 * 1024),
    "version 0": lambda whole: b"\0" + whole[1:],
    "version 2": lambda whole: b"\2" + whole[1:],
    "no department": lambda whole: whole[:33] + b"   " + whole[36:],
    "a department that is none": lambda whole: whole[:33] + b"20 " + whole[36:],
    "no text": lambda whole: whole[:33] + b"\xff\0\xff" + whole[36:],
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_is_no_letter_is_refused_and_spends_no_proof(world: World, spoilt: str) -> None:
    before = counted(world)
    with pytest.raises(errors.InvalidParameterValue):
        world.sql(
            "SELECT tips.deposit(%s, %s)",
            [SPOILT[spoilt](written(receipt.draw())), secrets.token_bytes(32)],
            role=PORTAL,
        )
    assert counted(world) == before


@pytest.mark.parametrize("proof", [b"", bytes(31), bytes(33), None])
def test_what_is_no_proof_is_refused_and_keeps_no_letter(world: World, proof: bytes | None) -> None:
    before = counted(world)
    for query, params in (
        ("SELECT tips.spend(%s)", [proof]),
        ("SELECT tips.deposit(%s, %s)", [written(receipt.draw()), proof]),
    ):
        with pytest.raises(errors.InvalidParameterValue):
            world.sql(query, params, role=PORTAL)
    assert counted(world) == before


@pytest.mark.parametrize("key", [None, b"", bytes(32), bytes(5000)])
def test_what_is_no_receipt_finds_and_burns_nothing(world: World, key: bytes | None) -> None:
    before = counted(world)
    assert world.sql("SELECT * FROM tips.fetch(%s)", [key], role=PORTAL) == [(0, [])]
    assert world.sql("SELECT tips.burn(%s)", [key], role=PORTAL) == [(False,)]
    assert counted(world) == before


def test_no_row_says_more_of_its_moment_than_the_day(world: World) -> None:
    """Nor does a number that grows, or a default that asks the clock."""
    found = world.sql(
        "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns"
        " WHERE table_name = ANY (%s)",
        [list(TABLES)],
    )
    assert {kind for _, _, kind, _ in found} == {"uuid", "date", "bytea", "character varying"}
    assert [row for row in found if row[3]] == []
    assert not [row for row in found if row[2] == "date" and row[1] not in ("day", "valid_from", "valid_to")]


def test_a_deposit_leaves_no_entry_in_the_journal(world: World) -> None:
    before = world.sql("SELECT count(*) FROM audit_entry")
    mine = receipt.draw()
    deposit(world, written(mine))
    fetched(world, mine)
    world.sql("SELECT tips.burn(%s)", [mine.fetch_key], role=PORTAL)
    assert world.sql("SELECT count(*) FROM audit_entry") == before


@pytest.mark.parametrize("verb", ["UPDATE tips_letter SET day = day - 1", "UPDATE tips_answer SET sealed = ''::bytea"])
def test_nobody_changes_what_came(world: World, verb: str) -> None:
    """Neither by his own SQL nor by a function of ours: its owner has no such right, and there is no policy."""
    mine = receipt.draw()
    deposit(world, written(mine))
    answered(world, mine, b"read")
    for role in (*OTHERS, PORTAL):
        with pytest.raises(errors.InsufficientPrivilege):
            world.sql(verb, role=role)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET ROLE recoupe_definer")
        with pytest.raises(errors.InsufficientPrivilege):
            admin.execute(verb.encode())
    with psycopg.connect(world.url("recoupe_owner")) as owner:
        assert owner.execute(verb.encode()).rowcount == 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", [*OTHERS, PORTAL])
def test_no_process_reads_or_writes_the_tables_themselves(world: World, table: str, role: str) -> None:
    """But for the public keys, which are read by the one that seals to them."""
    for verb in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
        if (role, table, verb[:6]) == (PORTAL, "tips_publickey", "SELECT"):
            continue
        with pytest.raises(errors.InsufficientPrivilege):
            world.sql(verb, role=role)


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_process_calls_what_the_public_site_calls(world: World, role: str) -> None:
    for call in ("tips.deposit(''::bytea, ''::bytea)", "tips.fetch(''::bytea)", "tips.burn(''::bytea)",
                 "tips.spend(''::bytea)"):  # fmt: skip
        with pytest.raises(errors.InsufficientPrivilege):
            world.sql(f"SELECT {call}", role=role)


def test_a_public_key_has_its_dates_in_order(world: World) -> None:
    with pytest.raises(errors.CheckViolation):
        world.sql(
            "INSERT INTO tips_publickey (id, unit_id, public, valid_from, valid_to)"
            " SELECT gen_random_uuid(), id, %s, %s, %s FROM reference_unit WHERE code = 'CROSS13'",
            [secrets.token_bytes(32), date(2026, 11, 2), date(2026, 11, 1)],
        )
