"""What the public site reaches: whose keys a letter is sealed to, and its four functions through its own code."""

import secrets
from datetime import date

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.portal import store
from recoupe.reference import queries
from recoupe.sealing import answer, hpke, letter, receipt
from tests.world import World

TODAY = date(2026, 11, 23)


def publish(world: World, unit: str, valid_from: str = "2026-01-01", valid_to: str | None = None) -> bytes:
    """A public key of this unit, for these days."""
    public = hpke.public_key(hpke.new_private_key())
    world.sql(
        "INSERT INTO tips_publickey (id, unit_id, public, valid_from, valid_to)"
        " SELECT gen_random_uuid(), id, %s, %s, %s FROM reference_unit WHERE code = %s",
        [public, valid_from, valid_to, unit],
    )
    return public


def test_every_department_leads_to_its_cell_its_antenna_and_the_office(world: World) -> None:
    """The twin of reference.organisation in SQL: this process holds none of that room's code."""
    published = {}
    for unit in queries.units(TODAY):
        if unit.kind in ("cross", "antenna", "office"):
            published[unit.id] = publish(world, unit.code)
    found, expected = {}, {}
    for department in queries.departments():
        cell = queries.cell_of_department(department.code, TODAY)
        antenna = published.get(cell.parent_id) if cell and cell.parent_id else None
        parent = queries.unit_by_id(cell.parent_id) if cell and cell.parent_id else None
        second = antenna if parent and parent.kind == "antenna" and parent.works_on(TODAY) else None
        first = published[cell.id] if cell else None
        expected[department.code] = [first, None, second, published[queries.office(TODAY).id]]
        with world.process("portal"):
            found[department.code] = store.keys_for(department.code, TODAY)
    assert found == expected
    assert len([keys for keys in found.values() if keys[0]]) > 90
    with world.process("portal"):
        nowhere = store.keys_for("XX", TODAY)
    assert nowhere[:3] == [None, None, None]


def test_the_newest_key_that_serves_today_is_taken(world: World) -> None:
    world.sql("DELETE FROM tips_publickey")
    with world.process("portal"):
        assert store.keys_for("13", TODAY) == [None] * 4
    publish(world, "CROSS13", "2025-01-01")
    newest = publish(world, "CROSS13", "2026-11-23")
    publish(world, "CROSS13", "2026-11-24")
    publish(world, "CROSS13", "2026-11-01", "2026-11-22")
    with world.process("portal"):
        assert store.keys_for("13", TODAY) == [newest, None, None, None]
        assert store.keys_for("13", date(2026, 11, 22)) != store.keys_for("13", TODAY)


def test_a_letter_goes_and_comes_back_by_this_code(world: World) -> None:
    private = hpke.new_private_key()
    mine, proof = receipt.draw(), secrets.token_bytes(32)
    whole = letter.seal(b"here", place=mine.place, area="59", keys=[hpke.public_key(private), None, None, None])
    with world.process("portal"):
        assert store.fetch(mine.fetch_key) == store.Thread(0, ())
        assert store.deposit(whole, proof)
        assert store.deposit(whole, proof)
        assert not store.spend(proof)
        assert store.spend(secrets.token_bytes(32))
        assert store.fetch(mine.fetch_key) == store.Thread(1, ())
    made = answer.seal(b"read", place=mine.place, public=hpke.public_key(mine.thread_key))
    world.sql("INSERT INTO tips_answer VALUES (gen_random_uuid(), '2026-11-23', %s, %s)", [mine.place, made])
    with world.process("portal"):
        assert store.fetch(mine.fetch_key) == store.Thread(1, (made,))
        assert store.burn(mine.fetch_key)
        assert not store.burn(mine.fetch_key)
        assert store.fetch(mine.fetch_key) == store.Thread(0, ())


def test_what_is_no_letter_never_reaches_the_database(world: World) -> None:
    with world.process("portal"), pytest.raises(Invalid, match="sept tailles"):
        store.deposit(b"\1" * 100, secrets.token_bytes(32))
