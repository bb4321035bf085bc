"""Letters go at their term, by the nightly job, under an entry of the journal; rows are moved, the clock is not."""

import secrets

import pytest
from psycopg import errors

from recoupe.sealing import receipt
from recoupe.worker import nightly
from tests.tips.test_letters import answered, counted, deposit, written
from tests.world import World


def aged(world: World, mine: receipt.Receipt, past: str) -> None:
    """The letters of this thread as if they had come so long ago; only an administrator can."""
    world.sql(
        "UPDATE tips_letter SET day = (tips.today() - %s::interval)::date WHERE place = %s",
        [past, mine.place],
    )


def test_a_letter_goes_the_night_after_its_year_and_no_day_before(world: World) -> None:
    over, due, threaded = receipt.draw(), receipt.draw(), receipt.draw()
    for mine, past in ((over, "1 year"), (due, "364 days"), (threaded, "2 years")):
        deposit(world, written(mine))
        answered(world, mine, b"read")
        aged(world, mine, past)
    deposit(world, written(threaded, content=b"and again"))
    with world.process("worker"):
        nightly.daily_letters.func(0)
    left = {bytes(place): n for place, n in world.sql("SELECT place, count(*) FROM tips_letter GROUP BY place")}
    assert (left.get(over.place), left.get(due.place), left.get(threaded.place)) == (None, 1, 1)
    kept = {bytes(place) for (place,) in world.sql("SELECT place FROM tips_answer")}
    assert kept >= {due.place, threaded.place}, "an answer stays with the thread that is still read"
    assert over.place not in kept


def test_many_go_in_blocks_each_with_its_entry(world: World) -> None:
    mine = receipt.draw()
    for _ in range(3):
        deposit(world, written(mine))
    aged(world, mine, "3 years")
    before = len(world.journal("erase"))
    ids = {f"letter:{i}" for (i,) in world.sql("SELECT id FROM tips_letter WHERE place = %s", [mine.place])}
    with world.process("worker"):
        nightly.daily_letters.func(0)
    entries = world.sql("SELECT refs, service FROM audit_entry WHERE operation = 'erase' ORDER BY id DESC LIMIT 1")
    assert len(world.journal("erase")) == before + 1
    assert set(entries[0][0]) == ids
    assert entries[0][1] == "worker"
    with world.process("worker"):
        nightly.daily_letters.func(0)
    assert len(world.journal("erase")) == before + 1, "a night without any leaves none"


def test_without_an_entry_or_before_the_term_nothing_is_erased(world: World) -> None:
    mine = receipt.draw()
    deposit(world, written(mine))
    ids = "ARRAY(SELECT id FROM tips.over_term(10) AS id)"
    with pytest.raises(errors.InsufficientPrivilege, match="journal"):
        world.sql(f"SELECT tips.erase({ids})", role="recoupe_worker")
    [(young,)] = world.sql("SELECT id FROM tips_letter WHERE place = %s", [mine.place])
    assert young not in [i for (i,) in world.sql("SELECT id FROM tips.over_term(1000) AS id", role="recoupe_worker")]
    went = world.sql(
        "SELECT access.open_service('worker', 'essai'), audit.record('erase', ARRAY[%s], '{}', '{}', NULL, NULL),"
        " tips.erase(ARRAY[%s::uuid])",
        [f"letter:{young}", young],
        role="recoupe_worker",
    )
    assert went[0][2] == 0


def test_proofs_of_work_are_kept_two_days(world: World) -> None:
    for age in (0, 1, 2, 40):
        proof = secrets.token_bytes(32)
        world.sql("SELECT tips.spend(%s)", [proof], role="recoupe_portal")
        world.sql("UPDATE tips_spentproof SET day = day - %s WHERE proof = %s", [age, proof])
    [(_, _, before)] = counted(world)
    with world.process("worker"):
        nightly.daily_letters.func(0)
    [(_, _, after)] = counted(world)
    assert before - after == 2  # type: ignore[operator]
