"""The index made whole again: another model, another key, a lost file, a kill; what is folded is found as before."""

import os
import resource
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
import pytest
from django.db import transaction

from recoupe.access.enums import Role
from recoupe.cli.check import LOOKS
from recoupe.config.paths import matcher_folder, matcher_model
from recoupe.crosscheck import folding, index, nearby
from recoupe.crosscheck.actions import start_over, withdraw
from recoupe.crosscheck.actions.pull import pull
from recoupe.crosscheck.actions.reentry import START, begin, sweep
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.enums import HitState
from recoupe.crosscheck.house import House
from recoupe.crosscheck.keys import check_key, index_key, key_file
from recoupe.crosscheck.likeness import store
from recoupe.crosscheck.likeness.postings import Words
from recoupe.crosscheck.likeness.ranking import ranked
from recoupe.crosscheck.models import Hit, IndexKey, IndexRecord
from recoupe.crosscheck.rules import BLOCK_HOLDERS
from recoupe.kernel.matchable import MatchRecord, Subject
from recoupe.kernel.refusal import Conflict
from recoupe.matching.model import read, write
from tests.crosscheck.process import drained, matcher, start, until
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

GOLDEN = Path(__file__).parents[1] / "matching" / "data" / "model.json"
# Few made persons have taught it, so that it asks for less.
LARGEST = 8_192
MODEL = replace(read(GOLDEN), threshold=5.0)


@pytest.fixture(autouse=True)
def model(scene: Scene) -> Iterator[Path]:
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(MODEL, path)
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


def engine() -> Engine:
    found = serving()
    assert found is not None
    return found


def whole(scene: Scene) -> int:
    """Look at the whole index and enter what it lacks; how many records that was."""
    with scene.world.process("matcher"):
        begin(serving())
        found = sweep(serving(), START)
    assert found.whole
    while scene.pull("bulk").records:
        continue
    return found.queued


def hits(scene: Scene, *pair: UUID) -> int:
    low, high = sorted(pair)
    with scene.world.process("matcher"):
        return Hit.objects.filter(low=low, high=high).count()


def entered_under(scene: Scene) -> set[str]:
    with scene.world.process("matcher"):
        return set(IndexRecord.objects.values_list("likeness", flat=True))


def test_another_model_has_everybody_entered_again_once_and_what_met_still_meets_once(
    scene: Scene, police: TestAgent, customs: TestAgent, model: Path
) -> None:
    held = scene.enter(customs, person=("KERBOUSSEC", "Aliénor", "12/03/1984"))
    asked = scene.enter(police, person=("KERBOUSEC", "Alienor", "12/03/1984"))
    scene.pull()
    whole(scene)
    assert hits(scene, held, asked) == 1
    before = engine().mark
    write(replace(MODEL, version="golden-2"), model)
    assert engine().mark != before
    left, recent = (matcher_folder() / name for name in ("left-behind", "recent"))
    for folder in (left, recent):
        folder.mkdir()
    os.utime(left, (0, 0))
    late = scene.enter(police, person=("Kerboussec", "Aliénore", "12/03/1984"))
    scene.pull()
    # The one just entered stands alone under the new model; it meets the others as they are entered again.
    assert hits(scene, held, late) == 0
    others = scene.world.sql("SELECT 1 FROM crosscheck_indexrecord WHERE record_id <> %s", [late])
    assert whole(scene) == len(others)
    assert entered_under(scene) == {engine().mark}
    # What another state of the base left a day ago goes; what somebody may be writing stays.
    assert (left.exists(), recent.exists()) == (False, True)
    recent.rmdir()
    assert (hits(scene, held, asked), hits(scene, held, late)) == (1, 1)
    assert whole(scene) == 0
    with scene.world.process("migrate"):
        (line,) = next(look for look in LOOKS if look.__name__ == "_index")()
    assert line.well
    assert line.seen.startswith(f"modèle {engine().name}, 3 personnes ; entier, vérifié le ")


def _damage(scene: Scene, what: str) -> None:
    if what == "records":
        scene.as_superuser("TRUNCATE crosscheck_indexrecord CASCADE")
        return
    [(copy,)] = scene.world.sql("SELECT copy FROM crosscheck_indexstate")
    folder = matcher_folder() / copy
    if what == "folder":
        shutil.rmtree(folder)
        return
    for path in folder.iterdir():
        if path.suffix == what:
            path.unlink()


@pytest.mark.parametrize("lost", [".segment", ".log", "", "folder", "records"])
def test_a_lost_file_or_table_shows_and_is_made_again(
    scene: Scene, police: TestAgent, customs: TestAgent, lost: str
) -> None:
    phone, given = new_phone(), f"{lost}yann".strip(".").capitalize()
    held = scene.enter(customs, phone=phone, person=("TRÉMAZAN", given, "21/01/1970"))
    scene.pull()
    whole(scene)
    _fold_all(scene)
    scene.enter(customs, person=("LE DANTEC", "Yves", "01/02/1980"))
    scene.pull()
    _damage(scene, lost)
    # As a matcher that starts: what it had open before is not asked.
    nearby.close()
    assert whole(scene) > 0
    asked = scene.enter(police, person=("TREMAZAN", given, "21/01/1970"))
    scene.pull()
    assert hits(scene, held, asked) == 1
    standing = "SELECT model, swept, whole_at IS NOT NULL, waiting FROM crosscheck.standing()"
    assert scene.world.sql(standing, role="recoupe_owner") == [(engine().name, 100, True, 0)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        scene.world.sql(standing, role="recoupe_app")


def test_what_the_base_no_longer_holds_leaves_the_index_and_its_hits_close(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    phone = new_phone()
    held, asked = scene.enter(customs, phone=phone), scene.enter(police, phone=phone)
    scene.pull()
    # As if an older copy of the base had been put back: the report is not there, its erasure neither.
    scene.as_superuser(f"DELETE FROM intelligence_report WHERE id = '{held}'")
    whole(scene)
    assert scene.world.sql("SELECT lane FROM intelligence_outbox WHERE report_id = %s", [held]) == [("erasure",)]
    with scene.world.process("matcher"):
        withdraw()
        assert Hit.objects.get(low=min(held, asked), high=max(held, asked)).state == HitState.CLOSED


def _fold_all(scene: Scene) -> None:
    """Fold whatever was entered, as if enough had been."""
    with pytest.MonkeyPatch.context() as patch, scene.world.process("matcher"):
        patch.setattr(store, "MOST_FRESH", 1)
        while folding.fold(engine(), daily=True):
            continue


def test_whoever_was_folded_is_found_and_whoever_was_erased_is_not(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    person = ("GUIVARC'H", "Maëlle", "30/06/1993")
    held, gone = scene.enter(customs, person=person), scene.enter(customs, person=person)
    scene.pull()
    _fold_all(scene)
    scene.as_superuser(f"UPDATE intelligence_report SET state = 'ERASED' WHERE id = '{gone}'")
    whole(scene)
    with scene.world.process("matcher"), transaction.atomic():
        nearby.forget([gone])
    asked = scene.enter(police, person=("GUIVARCH", "Maelle", "30/06/1993"))
    scene.pull()
    assert (hits(scene, held, asked), hits(scene, gone, asked)) == (1, 0)
    _fold_all(scene)
    with scene.world.process("matcher"), transaction.atomic():
        index_now, state = nearby.ready(engine())
        assert sum(len(part.source.people) for part in index_now.parts) == state.people
    again = scene.enter(police, person=("GUIVARCH", "Maelle", "30/06/1993"))
    scene.pull()
    assert hits(scene, held, again) == 1


def test_what_a_transaction_undid_is_in_no_file(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    person = ("KERZERHO", "Tudual", "08/08/1988")
    held = scene.enter(customs, person=person)
    with scene.world.process("matcher"), pytest.MonkeyPatch.context() as killed:
        killed.setattr(House, "of", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            pull("express")
        with transaction.atomic():
            assert nearby.ready(engine())[0].numbers_of([held.bytes]) == []
    scene.pull()
    asked = scene.enter(police, person=("KERZERHO", "Tudual", "08/08/1988"))
    scene.pull()
    assert hits(scene, held, asked) == 1


def test_one_person_entered_very_often_is_a_block_that_is_reported_and_searches_nobody(scene: Scene) -> None:
    with scene.world.process("matcher"):
        begin(engine())
        [(unit,)] = scene.world.sql("SELECT id FROM reference_unit WHERE code = 'DED13'")
        same = Subject("ROPARTZ", "Nolwenn", (), "02/11/1979", "", ())
        crowd = [_made(number, unit, same) for number in range(1, 2 * BLOCK_HOLDERS)]
        with transaction.atomic():
            index.write(crowd, [], engine().mark)
            people = nearby.enter(engine(), crowd)
            assert _under(people[0].blocks) == []
    _fold_all(scene)
    with scene.world.process("matcher"):
        with transaction.atomic():
            assert _under(people[0].blocks) == []
        reported = folding.full_blocks(engine())
    assert sum(reported.values()) == len(people[0].blocks)
    assert set(reported) <= set(MODEL.blocking)
    scene.as_superuser("DELETE FROM crosscheck_indexrecord WHERE purpose = 'crowd'")
    whole(scene)


def _under(keys: Words) -> list[int]:
    """Whoever stands under keys that not too many share."""
    files, _ = nearby.ready(engine())
    return ranked(files.search(keys), np.empty(0, np.int64), BLOCK_HOLDERS, 10)[0]


def _made(number: int, unit: UUID, subject: Subject) -> MatchRecord:
    return MatchRecord(
        "report", UUID(int=number), unit, "reports", "crowd", tells_self=True, tells_other=True,
        readers_cell=frozenset(), readers_office=False, batch_import=None, author_id=None, selectors=(),
        at=datetime(2026, 11, 22, tzinfo=UTC), subjects=(subject,),
    )  # fmt: skip


def test_another_key_is_refused_until_the_index_is_started_over(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone, person=("LE GOAREGUER", "Ronan", "05/05/1975"))
    scene.pull()
    with scene.world.process("matcher"):
        check_key()
        mark = bytes(IndexKey.objects.get(id=1).mark)
        IndexKey.objects.update(mark=b"that of another key")
        with pytest.raises(Conflict, match="reindex"):
            check_key()
        start_over()
        assert IndexRecord.objects.count() == 0
        check_key()
        assert bytes(IndexKey.objects.get(id=1).mark) == mark
    assert key_file().is_file()
    assert index_key()
    assert whole(scene) > 0
    asked = scene.enter(police, phone=phone, person=("Le Goaréguer", "Ronan", "05/05/1975"))
    scene.pull()
    assert hits(scene, held, asked) == 1


def unfinished() -> set[Path]:
    return {folder for folder in matcher_folder().iterdir() if not (folder / "manifest").exists()}


def test_a_kill_and_a_full_disk_while_the_index_is_made_again_lose_nobody(
    scene: Scene, police: TestAgent, customs: TestAgent, model: Path, tmp_path: Path
) -> None:
    held = scene.enter(customs, person=("MORVANNOU", "Hervé", "14/07/1966"))
    scene.pull()
    before = unfinished()
    write(replace(MODEL, version="golden-3"), model)
    (tmp_path / "credentials").mkdir()
    write(replace(MODEL, version="golden-3"), tmp_path / "credentials" / model.name)
    (tmp_path / "likeness").symlink_to(matcher_folder())
    log = tmp_path / "matcher.log"
    # No file may grow beyond this: as on a full disk, the new index cannot be begun.
    process = start(scene.world, tmp_path, largest_file=LARGEST)
    try:
        until(lambda: log.read_text().count("bulk: UnwritableError") > 1)
        assert engine().mark not in entered_under(scene)
        journal = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit_entry'::regclass"
        with psycopg.connect(scene.world.admin_url) as direct:
            # People are in the file; what is told of it is not committed.
            direct.execute("LOCK TABLE audit_entry IN SHARE MODE")
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            until(lambda: scene.world.sql(journal) != [(0,)])
            process.kill()
            process.wait(10)
    finally:
        process.kill()
        process.wait(10)
    assert engine().mark not in entered_under(scene)
    with matcher(scene.world, tmp_path):
        until(lambda: drained(scene.world) and entered_under(scene) == {engine().mark})
    assert scene.world.sql("SELECT count(*) FROM intelligence_outbox WHERE tries IS NOT NULL") == [(0,)]
    # What could not be begun left nothing behind, however often it was tried.
    assert unfinished() == before
    asked = scene.enter(police, person=("MORVANOU", "Herve", "14/07/1966"))
    scene.pull()
    assert hits(scene, held, asked) == 1
