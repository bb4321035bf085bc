"""What a superuser does to the journal is found and located wherever a witness holds a checkpoint (R-43)."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection, transaction

from recoupe.audit.enums import Trace
from recoupe.audit.inspection import Finding, Verdict, inspect
from recoupe.audit.kept import kept_in
from recoupe.audit.merkle import Frontier
from recoupe.audit.notary import SIGN_EVERY_S
from recoupe.audit.notes import Checkpoint
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from tests import proof
from tests.audit.keeping import Keeping, fill
from tests.world import World

ENTRIES = 10_000
CHECKPOINTS = 100
# The last entries are under no checkpoint yet: the open window.
LATE = 40
COLUMNS = "at, purpose, motive, case_ref, service, operation, refs, fields, details"


@dataclass
class Kept:
    """A journal of 10,000 entries, and what a witness holds of it."""

    world: World
    checkpoints: list[Checkpoint]
    size: int


@pytest.fixture(scope="module")
def kept(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    keeping = Keeping(world, tmp_path_factory.mktemp("keeping"))
    for _ in range(CHECKPOINTS):
        fill(world, ENTRIES // CHECKPOINTS, keeping.clock.now + 30)
        signed = keeping.round()
    fill(world, LATE, keeping.clock.now + 30)
    keeping.sequence()
    yield Kept(world, kept_in(keeping.witnesses[0].kept), signed.size)
    keeping.end()


@contextmanager
def as_superuser(world: World) -> Iterator[None]:
    """Everything may be done to every table, triggers off; nothing of it stays."""
    with connected_to(database_from_url(world.admin_url, pooled=False)), transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        run("SET LOCAL statement_timeout = 0")
        yield
        transaction.set_rollback(True)


def run(query: str, *values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.rowcount)


def stored_hashes() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM audit_leaf ORDER BY index")
        return [bytes(row[0]) for row in cursor.fetchall()]


def root_over(leaves: list[bytes]) -> bytes:
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def rehash(first: int) -> None:
    """The leaves from a place on say again what their entries say: a forger who knows the format."""
    run(
        "UPDATE audit_leaf l SET hash = audit.leaf_hash(e) FROM audit_entry e WHERE e.id = l.entry AND l.index >= %s",
        first,
    )


# Each takes the place of an attacked leaf and the generator, does it, and says up to which leaf the damage stands.
Tampering = Callable[[int, random.Random], int]


def edit(place: int, by: random.Random) -> int:
    column, value = by.choice([
        ("motive", "'autre motif'"), ("actor", "gen_random_uuid()"), ("at", "at + interval '1 second'"),
        ("refs", "ARRAY['report:' || gen_random_uuid()]"), ("operation", "'sign_in'"), ("result_count", "99"),
        ("details", "'{}'"), ("purpose", "'duty'"), ("salt", "gen_random_uuid()"),
    ])  # fmt: skip
    run(f"UPDATE audit_entry SET {column} = {value} WHERE id = (SELECT entry FROM audit_leaf WHERE index = %s)", place)
    return place


def edit_with_leaf(place: int, by: random.Random) -> int:
    edit(place, by)
    rehash(place)
    return place


def delete_entry(place: int, _by: random.Random) -> int:
    run("DELETE FROM audit_entry WHERE id = (SELECT entry FROM audit_leaf WHERE index = %s)", place)
    return place


def delete_with_leaf(place: int, by: random.Random) -> int:
    """The entry and its leaf go, those after it close the gap."""
    delete_entry(place, by)
    run("DELETE FROM audit_leaf WHERE index = %s", place)
    run("UPDATE audit_leaf SET index = -index WHERE index > %s", place)
    run("UPDATE audit_leaf SET index = -index - 1 WHERE index < 0")
    return place


def reorder(place: int, by: random.Random) -> int:
    near = range(max(0, place - 300), min(ENTRIES, place + 300))
    other = by.choice([index for index in near if index != place])
    run("UPDATE audit_leaf SET index = -1 - index WHERE index IN (%s, %s)", place, other)
    run(
        "UPDATE audit_leaf SET index = CASE WHEN index = %s THEN %s ELSE %s END WHERE index < 0",
        -1 - place,
        other,
        place,
    )
    return min(place, other)


def insert_in_the_past(place: int, _by: random.Random) -> int:
    """An entry that never was, pushed in among the others with its leaf."""
    run("UPDATE audit_leaf SET index = -index - 1 WHERE index >= %s", place)
    run("UPDATE audit_leaf SET index = -index WHERE index < 0")
    run(
        f"WITH made AS (INSERT INTO audit_entry ({COLUMNS})"
        " SELECT e.at, e.purpose, 'forgé', '', '', 'consult', '{}', '{}', '{}' FROM audit_leaf l JOIN audit_entry e"
        " ON e.id = l.entry WHERE l.index = %s RETURNING *)"
        " INSERT INTO audit_leaf (index, entry, hash) SELECT %s, id, '' FROM made",
        place + 1, place,
    )  # fmt: skip
    rehash(place)
    return place


def insert_without_leaf(_place: int, _by: random.Random) -> int:
    run(
        f"INSERT INTO audit_entry ({COLUMNS})"
        " SELECT min(at), '', 'forgé', '', '', 'consult', '{}', '{}', '{}' FROM audit_entry"
    )
    return -1


def insert_at_the_end_in_the_past(place: int, _by: random.Random) -> int:
    """Through the front door, but dated long before: what stands at its place in the tree tells when it came."""
    run(
        f"WITH made AS (INSERT INTO audit_entry ({COLUMNS})"
        " SELECT e.at, '', 'antidaté', '', '', 'consult', '{}', '{}', '{}' FROM audit_leaf l JOIN audit_entry e"
        " ON e.id = l.entry WHERE l.index = %s RETURNING *)"
        " INSERT INTO audit_leaf (index, entry, hash) SELECT (SELECT max(index) + 1 FROM audit_leaf), id, '' FROM made",
        min(place, ENTRIES // 2),
    )  # fmt: skip
    rehash(ENTRIES)
    return -1


def truncate(place: int, _by: random.Random) -> int:
    run("DELETE FROM audit_entry WHERE id IN (SELECT entry FROM audit_leaf WHERE index >= %s)", place)
    run("DELETE FROM audit_leaf WHERE index >= %s", place)
    return place


def roll_back(place: int, by: random.Random) -> int:
    """An old backup, and then life goes on: other entries take the place of those that are gone."""
    truncate(place, by)
    run(
        f"INSERT INTO audit_entry ({COLUMNS})"
        " SELECT coalesce((SELECT max(at) FROM audit_entry), now()), '', 'après', '', '', 'consult', '{}', '{}', '{}'"
        " FROM generate_series(1, %s)",
        ENTRIES - place + LATE + 5,
    )
    run(
        "INSERT INTO audit_leaf (index, entry, hash) SELECT %s + row_number() OVER (ORDER BY id) - 1, id, ''"
        " FROM audit_entry WHERE motive = 'après'",
        place,
    )
    rehash(place)
    return place


def fork(place: int, by: random.Random) -> int:
    """Another history from a place on, whole and consistent: only who kept a checkpoint can tell."""
    run(
        "UPDATE audit_entry SET actor = gen_random_uuid() WHERE id IN (SELECT entry FROM audit_leaf WHERE index >= %s)",
        place,
    )
    rehash(place)
    return place


def rewrite_all(_place: int, _by: random.Random) -> int:
    run("UPDATE audit_entry SET actor = NULL, salt = gen_random_uuid()")
    rehash(0)
    return 0


def forge_leaf(place: int, _by: random.Random) -> int:
    run("UPDATE audit_leaf SET hash = sha256('forgé') WHERE index = %s", place)
    return place


def forge_node(place: int, _by: random.Random) -> int:
    """What proofs and the notary read in place of the leaves."""
    assert run(
        "UPDATE audit_node SET hash = sha256('forgé') WHERE level = 1 AND number = %s", min(place, ENTRIES - 256) // 256
    )
    return -1


def keep_out(_place: int, by: random.Random) -> int:
    """What gives leaves passes over whom it is told to: his entries can be removed later, and nobody will know."""
    with connection.cursor() as cursor:
        name = by.choice(["sequence(integer)", "await_sequence()", "overdue()", "never_changes()", "keeps_its_term()"])
        cursor.execute("SELECT pg_get_functiondef(%s::regprocedure)", [f"audit.{name}"])
        # One more blank stands for any other body: what is there is not what is shipped.
        changed = cursor.fetchone()[0].replace("$function$", "$function$ ", 1)
        cursor.execute(changed)
    return -1


def silence_trigger(_place: int, by: random.Random) -> int:
    """Entries that do not even wait."""
    run(by.choice([
        "ALTER TABLE audit_entry DISABLE TRIGGER await_sequence",
        "DROP TRIGGER append_only ON audit_entry",
        "CREATE OR REPLACE TRIGGER await_sequence AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS written"
        " FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION audit.await_sequence()",
        "CREATE TRIGGER aside BEFORE INSERT ON audit_entry FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE aside AS ON INSERT TO audit_entry WHERE NEW.operation = 'consult' DO INSTEAD NOTHING",
        "ALTER ROLE recoupe_app SET session_replication_role = replica",
    ]))  # fmt: skip
    return -1


def hold_back(_place: int, _by: random.Random) -> int:
    """It waits for days: committed, and in no tree."""
    run(
        f"WITH made AS (INSERT INTO audit_entry ({COLUMNS}) SELECT now() - interval '11 minutes', '', 'retenu', '', '',"
        " 'consult', '{}', '{}', '{}' RETURNING id) INSERT INTO audit_unsequenced SELECT id FROM made"
    )
    return -1


TAMPERINGS: tuple[Tampering, ...] = (
    edit, edit_with_leaf, delete_entry, delete_with_leaf, reorder, insert_in_the_past, insert_without_leaf,
    insert_at_the_end_in_the_past, truncate, roll_back, fork, rewrite_all, forge_leaf,
    forge_node, keep_out, silence_trigger, hold_back,
)  # fmt: skip


def located(verdict: Verdict, place: int, kept: Kept) -> bool:
    """Whether a finding names the entry (node, function), or leaves within one checkpoint that hold the place."""
    if place < 0:
        return any(found.entry is not None or found.name for found in verdict.findings)
    bounds = [0, *(point.size for point in kept.checkpoints)]
    first = max(bound for bound in bounds if bound <= place)
    last = min((bound for bound in bounds if bound > place), default=kept.size) - 1

    def holds(found: Finding) -> bool:
        if found.first is None or found.last is None:
            return False
        missing = found.first == place and found.what in {Trace.HOLE, Trace.CUT}
        return missing or (found.first <= place <= found.last and found.first >= first and found.last <= last)

    return any(holds(found) for found in verdict.findings)


def test_an_honest_journal_is_found_whole(kept: Kept) -> None:
    with as_superuser(kept.world):
        verdict = inspect({"a": kept.checkpoints})
    assert verdict.findings == []
    assert verdict.covered == kept.size >= ENTRIES
    assert verdict.leaves == kept.size + LATE


def test_every_tampering_is_found_and_located(kept: Kept) -> None:
    by = random.Random(proof.seed())
    tries = proof.size(ci=50, full=1_000)
    done: Counter[str] = Counter()
    missed, lost = [], []
    for number in range(tries):
        tampering = TAMPERINGS[number % len(TAMPERINGS)]
        # The first, the last, and any between.
        place = by.choice([0, kept.size - 1, *(by.randrange(kept.size) for _ in range(6))])
        with as_superuser(kept.world):
            stands = tampering(place, by)
            verdict = inspect({"a": kept.checkpoints})
        done[tampering.__name__] += 1
        if verdict.whole:
            missed.append((tampering.__name__, place))
        elif not located(verdict, stands, kept):
            lost.append((tampering.__name__, place, verdict.findings[:3]))
    proof.say(
        "tamperings_missed", len(missed), "atteintes", f"{tries} sur {kept.size} entrées : {dict(done)}", at_most=0
    )
    proof.say(
        "tamperings_not_located", len(lost), "atteintes", "à l'entrée près, ou entre deux jalons gardés", at_most=0
    )
    assert missed == []
    assert lost == []


def test_the_open_window_is_what_no_checkpoint_holds_yet(kept: Kept) -> None:
    """Said, not hidden: an entry of the last minute can still be changed with its leaf, and nobody knows."""
    with as_superuser(kept.world):
        edit_with_leaf(kept.size + LATE - 1, random.Random(1))
        verdict = inspect({"a": kept.checkpoints})
    assert verdict.whole
    assert verdict.leaves - verdict.covered == LATE
    proof.say(
        "open_window",
        SIGN_EVERY_S,
        "s",
        "ce qui n'est sous aucun jalon qu'un témoin garde : le notaire signe à cet intervalle",
        at_most=60,
    )


def test_one_changed_byte_of_a_kept_checkpoint_accuses(kept: Kept) -> None:
    """The inspection is no formality: a witness that lies is heard too."""
    point = kept.checkpoints[50]
    lying = [*kept.checkpoints[:50], Checkpoint(point.size, b"x" * 32, point.at), *kept.checkpoints[51:]]
    with as_superuser(kept.world):
        verdict = inspect({"a": lying})
    assert [found.last for found in verdict.findings] == [point.size - 1]


def test_a_witness_rewritten_by_who_holds_the_notary_s_key_silences_no_other(kept: Kept) -> None:
    """Of one size each file's root stays: another history, signed anew and put into one file, is told by the other."""
    place = kept.checkpoints[49].size
    with as_superuser(kept.world):
        fork(place, random.Random(1))
        # What follows from the leaves and the entries is made anew by whoever rewrites them: nodes, and counts.
        run("DELETE FROM audit_node")
        run("DELETE FROM audit_tallymark")
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit.complete(0::smallint, 0, (SELECT max(index) + 1 FROM audit_leaf))")
        leaves = stored_hashes()
        forged = [Checkpoint(point.size, root_over(leaves[: point.size]), point.at) for point in kept.checkpoints]
        for files in ({"a": forged, "b": kept.checkpoints}, {"b": kept.checkpoints, "a": forged}):
            found = inspect(files).findings
            told = [(one.first, one.last, one.files) for one in found if one.what is Trace.DISAGREE]
            assert told == [(place, kept.checkpoints[50].size - 1, ("a", "b"))]
        assert inspect({"a": kept.checkpoints, "b": kept.checkpoints}).findings
        assert inspect({"a": forged}).whole


def test_an_entry_that_vanishes_before_its_leaf_leaves_its_number(kept: Kept, tmp_path: Path) -> None:
    with as_superuser(kept.world):
        run("INSERT INTO audit_unsequenced (entry) VALUES (%s)", 10**9)
        verdict = inspect({"a": kept.checkpoints})
    assert [(found.what, found.entry) for found in verdict.findings] == [(Trace.VANISHED, 10**9)]
