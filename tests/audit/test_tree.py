"""The journal's tree in the database: each entry gets its leaf, and stored blocks prove as they should."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.kept import kept_in
from recoupe.audit.merkle import consistency_path, consistent, inclusion_path, leaf_hash, root_of_path
from recoupe.audit.notary import DivergedError, HeldUpError, Notary, _sequence, answer
from recoupe.audit.tree import root_of, stored
from recoupe.audit.witness import DisagreesError
from tests.audit.keeping import Keeping, fill, signer
from tests.audit.test_merkle import by_definition
from tests.world import World


@pytest.fixture
def keeping(world: World, tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path)
    yield made
    made.end()


def hashes(world: World) -> list[bytes]:
    return [bytes(row[0]) for row in world.sql("SELECT hash FROM audit_leaf ORDER BY index")]


def test_every_entry_has_one_leaf_that_its_salt_and_text_give(world: World, keeping: Keeping) -> None:
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")):
        record(Operation.CONSULT, refs=[("report", uuid4())], details={"état": "vérifié", "bornes": [1.5, 2]})
        record(Operation.SEARCH, result_count=0)
    keeping.sequence()
    rows = world.sql(
        "SELECT l.hash, e.salt, audit.said(e) FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry ORDER BY l.index"
    )
    assert len(rows) == world.sql("SELECT count(*) FROM audit_entry")[0][0] > 2
    for stored_hash, salt, said in rows:
        assert bytes(stored_hash) == leaf_hash(salt.bytes + said.encode())
    assert len({salt for _, salt, _ in rows}) == len(rows)
    assert world.sql("SELECT 1 FROM audit_unsequenced") == []


def test_what_is_said_names_every_column(world: World) -> None:
    columns = {
        row[0]
        for row in world.sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'audit_entry'::regclass"
            " AND attnum > 0 AND NOT attisdropped"
        )
    }
    fill(world, 1)
    said = world.sql("SELECT audit.said(e) FROM audit_entry e ORDER BY id DESC LIMIT 1")[0][0]
    assert set(json.loads(said)) == columns - {"salt"}


def test_it_says_the_same_in_every_session(world: World) -> None:
    fill(world, 3)
    query = "SELECT audit.said(e) FROM audit_entry e ORDER BY id DESC LIMIT 3"
    with psycopg.connect(world.url("admin"), autocommit=True) as other:
        other.execute(b"SET TIME ZONE 'Asia/Tokyo'; SET DateStyle = 'German'; SET extra_float_digits = 0")
        assert other.execute(query.encode()).fetchall() == world.sql(query)


def test_a_late_commit_waits_for_nobody_and_is_not_skipped(world: World, keeping: Keeping) -> None:
    with psycopg.connect(world.url("admin")) as late:
        late.execute(
            b"INSERT INTO audit_entry (at, purpose, motive, case_ref, service, operation, refs, fields, details)"
            b" VALUES (now(), '', 'late', '', '', 'consult', '{}', '{}', '{}')"
        )
        fill(world, 5)
        keeping.sequence()
        before = len(hashes(world))
        assert world.sql("SELECT max(entry) FROM audit_leaf") == world.sql("SELECT max(id) FROM audit_entry")
        late.commit()
    keeping.sequence()
    last = world.sql(
        "SELECT e.motive, l.index FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry ORDER BY l.index DESC LIMIT 1"
    )
    assert last == [("late", before)]


def test_stored_blocks_prove_the_same_as_the_leaves(world: World, keeping: Keeping) -> None:
    for count in (3, 250, 10, 700, 1):
        fill(world, count)
        keeping.sequence()
    leaves = hashes(world)
    assert world.sql("SELECT count(*) FROM audit_node WHERE level = 1")[0][0] == len(leaves) // 256 >= 3
    with keeping.acting():
        subtree = stored()
        for size in (1, 2, 255, 256, 257, 511, 512, 700, len(leaves)):
            root = by_definition(leaves[:size])
            assert root_of(size) == root
            for index in {0, size // 2, size - 1}:
                path = inclusion_path(index, size, subtree)
                assert root_of_path(index, size, leaves[index], path) == root
            whole = (len(leaves), by_definition(leaves))
            assert consistent((size, root), whole, consistency_path(size, len(leaves), subtree))
        with pytest.raises(LookupError):
            root_of(len(leaves) + 1)


def test_the_second_level_of_blocks_is_written(world: World, keeping: Keeping) -> None:
    """65,536 leaves make a node of level two; its hash is that of the 256 below it."""
    fill(world, 66_000)
    keeping.sequence()
    assert world.sql("SELECT number FROM audit_node WHERE level = 2") == [(0,)]
    with keeping.acting():
        assert root_of(65_536 + 7) == by_definition(hashes(world)[: 65_536 + 7])


def test_the_notary_signs_what_follows_and_nothing_else(world: World, keeping: Keeping) -> None:
    fill(world, 20)
    first = keeping.round()
    assert first.signed_by(signer("notaire", b"\x01").key)
    fill(world, 30)
    second = keeping.round()
    assert (second.size, second.at) == (first.size + 30, first.at + 60)
    again = keeping.another_notary("notaire")
    assert again.shown is not None and again.shown.body == second.body
    with psycopg.connect(world.url("admin")) as direct:
        direct.execute(b"DELETE FROM audit_leaf WHERE index >= %s", [second.size - 1])
        direct.commit()
    with keeping.acting(), pytest.raises(DivergedError, match="were signed"):
        again.sign()
    assert again.shown.body == second.body


def test_an_old_entry_without_a_leaf_stops_the_signatures(world: World, keeping: Keeping) -> None:
    """One that waits for too long, and one that does not even wait; once they have their leaf, it signs again."""
    fill(world, 3)
    keeping.round()
    fill(world, 2)
    with keeping.acting(), pytest.raises(HeldUpError, match="2 entries"):
        keeping.notary.sign()
    world.sql("DELETE FROM audit_unsequenced WHERE entry = (SELECT max(id) FROM audit_entry)")
    with keeping.acting(), pytest.raises(HeldUpError, match="2 entries"):
        keeping.notary.sign()
    world.sql("INSERT INTO audit_unsequenced SELECT max(id) FROM audit_entry")
    keeping.round()


def test_a_rewritten_beginning_gets_no_signature(world: World, keeping: Keeping) -> None:
    fill(world, 20)
    keeping.round()
    world.sql("UPDATE audit_leaf SET hash = sha256('autre') WHERE index = (SELECT max(index) - 3 FROM audit_leaf)")
    fill(world, 5)
    keeping.sequence()
    with keeping.acting(), pytest.raises(DivergedError, match="not those that were signed"):
        keeping.notary.sign()


def test_witnesses_keep_what_they_sign_and_the_base_sees_them(world: World, keeping: Keeping) -> None:
    fill(world, 10)
    signed = keeping.round()
    for one in keeping.witnesses:
        assert kept_in(one.kept)[-1].body == signed.body
        assert keeping.notary.shown is not None
        assert keeping.notary.shown.witnessed_at(one.signer.key) == signed.at
    seen = world.sql("SELECT name, size, seen_at IS NOT NULL FROM audit_witness WHERE retired_at IS NULL ORDER BY name")
    assert seen == [("temoin-a", signed.size, True), ("temoin-b", signed.size, True)]
    # Nothing new: it is signed again with its new moment, and kept once.
    again = keeping.round()
    assert (again.size, again.at) == (signed.size, signed.at + 60)
    assert [point.size for point in kept_in(keeping.witnesses[0].kept)].count(signed.size) == 1


def test_a_witness_refuses_a_fork_a_rollback_and_a_stranger(world: World, keeping: Keeping) -> None:
    fill(world, 10)
    signed = keeping.round()
    witness = keeping.witnesses[0]
    before = witness.kept.read_text()
    notary = signer("notaire", b"\x01")
    forged = [
        signed.__class__(signed.size, b"f" * 32, signed.at + 60).by_log(notary),
        signed.__class__(signed.size - 1, b"f" * 32, signed.at + 60).by_log(notary),
        signed.__class__(signed.size, signed.root, signed.at - 60).by_log(notary),
        signed.__class__(signed.size, signed.root, signed.at + 3_600).by_log(notary),
        signed.__class__(signed.size + 1, signed.root, signed.at + 60).by_log(signer("notaire ", b"\x01")),
    ]
    for number, point in enumerate(forged):
        keeping.notary.shown = point
        with pytest.raises(DisagreesError):
            witness.look()
        assert len(witness.refused.read_text().splitlines()) == number + 1
        assert point.witnessed_at(witness.signer.key) is None
    assert witness.kept.read_text() == before


def test_an_unfinished_line_of_a_witness_is_no_checkpoint(world: World, keeping: Keeping) -> None:
    fill(world, 3)
    first = keeping.round()
    witness = keeping.witnesses[0]
    with witness.kept.open("a") as stream:
        stream.write('{"seen_at": 1, "no')
    fill(world, 3)
    second = keeping.round()
    assert [point.body for point in kept_in(witness.kept)][-2:] == [first.body, second.body]


def test_a_line_posted_again_refreshes_nobody(world: World, keeping: Keeping) -> None:
    """A copied signature says that its witness was there when it signed: not now, and not after the notary stopped."""
    fill(world, 3)
    keeping.clock.now = time.time() - 600
    shown, key = keeping.round(0), keeping.witnesses[0].signer
    query = "SELECT extract(epoch FROM seen_at)::bigint FROM audit_witness WHERE name = 'temoin-a'"
    assert world.sql(query) == [(shown.at,)]
    assert keeping.notary.shown is not None
    line = next(one for one in keeping.notary.shown.signatures if "temoin-a" in one)
    world.sql("UPDATE audit_witness SET seen_at = '2000-01-01T00:00Z'")
    with keeping.acting():
        assert answer(keeping.notary, "POST", "/cosignature", line.encode()) == (200, "kept")
        assert world.sql(query) == [(946_684_800,)]
        # It signs the same checkpoint again: that it was there; for no longer than a notary takes to sign the next.
        for later, seen in ((30, shown.at + 30), (600, shown.at + 120), (90_000, shown.at + 120)):
            assert keeping.notary.cosign(shown.cosignature(key, shown.at + later))
            assert world.sql(query) == [(seen,)]
            assert keeping.notary.shown.witnessed_at(key.key) == shown.at + later
            assert keeping.notary.shown.note.count("temoin-a") == 1


def test_a_signature_of_nobody_is_not_taken(world: World, keeping: Keeping) -> None:
    fill(world, 3)
    keeping.round()
    shown = keeping.notary.shown
    assert shown is not None
    with keeping.acting():
        assert not keeping.notary.cosign(shown.cosignature(signer("temoin-c", b"\x04"), shown.at))
        assert not keeping.notary.cosign(shown.cosignature(signer("temoin-a", b"\x01"), shown.at))
    assert keeping.notary.shown == shown


def test_the_notary_reads_no_entry_and_nobody_else_writes_the_tree(world: World) -> None:
    fill(world, 1)
    for role in ("recoupe_notary", "recoupe_app", "recoupe_worker", "recoupe_matcher"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.sql("SELECT hash FROM audit_leaf", role=role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("SELECT id FROM audit_entry", role="recoupe_notary")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("SELECT audit.sequence(10)", role="recoupe_app")
    assert world.sql("SELECT audit.hashes(0::smallint, 0, 10)", role="recoupe_app") == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.sql("UPDATE audit_entry SET motive = ''", role="recoupe_inspection")


def test_what_waited_for_a_notary_is_ordered_before_it_signs(
    world: World, keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed in the middle of a backlog, the rest of it would look dated before its place."""
    monkeypatch.setattr("recoupe.audit.notary.AT_ONCE", 7)
    fill(world, 30)
    sizes: list[int] = []

    def once(notary: Notary) -> None:
        sizes.append(notary.size())
        notary.stop.set()

    monkeypatch.setattr(Notary, "sign", once)
    with keeping.acting():
        assert keeping.notary.run()
    assert sizes == [world.sql("SELECT max(index) + 1 FROM audit_leaf")[0][0]]
    assert world.sql("SELECT 1 FROM audit_unsequenced") == []


def test_what_vanished_before_its_leaf_holds_up_nobody(world: World, keeping: Keeping) -> None:
    """Numbers of entries that are gone stand before the others; as many as one turn takes would stop the tree."""
    world.sql("INSERT INTO audit_unsequenced (entry) SELECT -n FROM generate_series(1, 20) AS n")
    fill(world, 5)
    with keeping.acting():
        _sequence(10)
    assert world.sql("SELECT count(*), max(entry) FROM audit_unsequenced") == [(20, -1)]
    world.sql("DELETE FROM audit_unsequenced")


def test_a_hole_in_the_tree_gets_no_signature_and_no_proof(world: World, keeping: Keeping) -> None:
    fill(world, 30)
    signed = keeping.round()
    world.sql("DELETE FROM audit_leaf WHERE index = %s", [signed.size - 2])
    with keeping.acting():
        with pytest.raises(DivergedError, match="leaves are missing"):
            keeping.notary.sign()
        assert answer(keeping.notary, "GET", f"/consistency/{signed.size - 1}/{signed.size}", b"") == (400, "sizes")


@pytest.mark.parametrize("memory", ["", "nothing", "recoupe/journal\n1\nAAAA\n1\n\n"])
def test_a_notary_that_cannot_read_what_it_signed_signs_nothing(
    world: World, keeping: Keeping, monkeypatch: pytest.MonkeyPatch, memory: str
) -> None:
    """It goes on giving leaves, and says by its exit that people must look."""
    fill(world, 3)
    notary = Notary(keeping.notary.signer, keeping.notary.state)
    notary.memory.write_text(memory)
    given = Notary.sequence

    def once(one: Notary) -> int:
        found = given(one)
        notary.stop.set()
        return found

    monkeypatch.setattr(Notary, "sequence", once)
    with keeping.acting():
        assert notary.run() is False
    assert notary.halted and notary.shown is None
