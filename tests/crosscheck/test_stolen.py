"""With the application's role, environment and disk nobody reads a selector of another service out of the engine."""

import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from recoupe.access.enums import Role
from recoupe.config.paths import data_folder, matcher_folder, matcher_model
from recoupe.crosscheck import folding
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.keys import index_key, key_file
from recoupe.crosscheck.likeness import store
from recoupe.crosscheck.likeness.postings import FUNCTIONS, KEYS, NUMBER_BITS
from recoupe.crosscheck.likeness.segment import Segment
from recoupe.kernel.matchable import Subject
from recoupe.matching import blocking
from recoupe.matching.model import read, write
from tests.crosscheck.scene import Scene, new_phone
from tests.folders import open_folder

GOLDEN = Path(__file__).parents[1] / "matching" / "data" / "model.json"
NAME, BIRTH = ("QUERRIEN", "Bleuzen"), "17/06/1981"
TABLES = (
    "crosscheck_indexkey", "crosscheck_indexrecord", "crosscheck_indexentry", "crosscheck_indexstate",
)  # fmt: skip
# Two accounts that exist on every Linux: what the matcher runs under, and what the application does.
MATCHER, APPLICATION = 1, 65534


@pytest.fixture(scope="module")
def phone(scene: Scene) -> Iterator[str]:
    """Customs hold somebody and his number; the engine knows them."""
    path = matcher_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(replace(read(GOLDEN), threshold=5.0), path)
    number = new_phone()
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), phone=number, person=(*NAME, BIRTH))
    scene.pull()
    yield number
    path.unlink()


def engine() -> Engine:
    found = serving()
    assert found is not None
    return found


def test_the_applications_role_reads_no_table_of_the_engine_nor_what_the_matcher_asks(scene: Scene, phone: str) -> None:
    for table in TABLES:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scene.world.sql(f"SELECT * FROM {table}", role="recoupe_app")
    asked = "SELECT query FROM pg_stat_activity WHERE usename = 'recoupe_matcher'"
    with psycopg.connect(scene.world.url("recoupe_matcher")) as working:
        working.execute("SELECT 'QUERRIEN' AS somebody")
        assert "QUERRIEN" not in str(scene.world.sql(asked, role="recoupe_app"))
    # Nor the statistics that the planner keeps of these tables, nor a file of the server.
    statistics = "SELECT count(*) FROM pg_stats WHERE tablename LIKE 'crosscheck_index%%'"
    assert scene.world.sql(statistics, role="recoupe_app") == [(0,)]
    for reading in (
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scene.world.sql(reading, role="recoupe_app")


def test_a_stolen_copy_of_the_tables_holds_neither_a_name_nor_a_hash_that_a_list_of_names_finds(
    scene: Scene, phone: str
) -> None:
    with scene.world.process("matcher"):
        _folded()
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), phone=new_phone(), person=(*NAME, BIRTH))
    scene.pull()
    files = _index(scene)
    assert {path.suffix for path in files} == {"", ".log", ".segment"}
    stolen = [row for table in TABLES for row in scene.world.sql(f"SELECT to_jsonb(t) FROM {table} t")]
    assert stolen
    dump = "\n".join(map(str, stolen))
    dump += "".join(path.read_bytes().hex() + path.read_bytes().decode("latin-1") for path in files)
    plain = [*NAME, "querrien", "bleuzen", "1981-06-17", phone, phone[1:]]
    wanted = plain + [text.encode().hex() for text in plain]
    assert [text for text in wanted if text.lower() in dump.lower()] == []
    row = engine().row(Subject(*NAME, (), BIRTH, "", (("phone", phone),)), date(2026, 11, 22))
    (segment,) = (path for path in files if path.suffix == ".segment")
    held = {int(word) >> NUMBER_BITS for word in Segment(segment, index_key()).words(0, KEYS)}
    assert set(engine().blocks(row).tolist()) <= held
    keys = blocking.keys(row, engine().model.blocking, {})
    without_the_key = {
        int.from_bytes(made[:4], "little") // FUNCTIONS
        for text in (*keys, *(key.partition(":")[2] for key in keys))
        for made in (
            hashlib.sha256(text.encode()).digest(),
            hmac.digest(b"", text.encode(), "sha256"),
            hmac.digest(bytes(32), text.encode(), "sha256"),
        )
    }
    assert without_the_key & {key // FUNCTIONS for key in held} == set()


def _index(scene: Scene) -> list[Path]:
    """The files of this base's index: those of another test's stand beside them."""
    [(copy,)] = scene.world.sql("SELECT copy FROM crosscheck_indexstate")
    return list((matcher_folder() / copy).iterdir())


def _folded() -> None:
    """What was entered becomes a segment, as if enough had been."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "MOST_FRESH", 1)
        assert folding.fold(engine())


def test_the_applications_environment_names_neither_the_key_nor_the_model(scene: Scene, phone: str) -> None:
    key = index_key().hex()
    assert [name for name, value in os.environ.items() if key in value] == []
    assert key_file().stat().st_mode & 0o777 == 0o600
    assert matcher_model().stat().st_mode & 0o777 == 0o600
    index = [path.stat().st_mode & 0o777 for path in _index(scene)]
    assert index
    assert set(index) == {0o600}


@contextmanager
def _under(account: int, work: Callable[[], object]) -> Iterator[tuple[int, int]]:
    """Another process under this account alone: its number, and where it writes what it found."""
    answer, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account)
            os.setuid(account)
            os.write(tell, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(tell)
    try:
        yield child, answer
    finally:
        os.close(answer)
        os.waitpid(child, 0)


def _refused(paths: list[str]) -> list[str]:
    """Which of these could be opened: none is expected."""
    opened = []
    for path in paths:
        try:
            with Path(path).open("rb") as stream:
                stream.read(1)
        except OSError:
            continue
        opened.append(path)
    return opened


@pytest.mark.skipif(os.geteuid() != 0, reason="only root puts files and processes under two other accounts")
def test_the_applications_account_reads_neither_key_nor_model_nor_the_servers_files_nor_the_matchers_memory(
    scene: Scene, phone: str
) -> None:
    with open_folder("stolen") as folder:
        _attack(scene, folder)


def _attack(scene: Scene, folder: Path) -> None:
    index = _index(scene)
    kept = [folder / "matcher.index.key", folder / "matcher.model", *(folder / path.name for path in index)]
    for path, source in zip(kept, (key_file(), matcher_model(), *index), strict=True):
        path.write_bytes(source.read_bytes())
        path.chmod(source.stat().st_mode & 0o777)
        os.chown(path, MATCHER, MATCHER)
    data = data_folder()
    base = [str(path) for path in (data / "pg" / "data").rglob("*") if path.is_file()][:200]
    # What stands for the matcher has the key in its memory, and waits.
    victim = subprocess.Popen(
        ["sleep", "60"], user=MATCHER, group=MATCHER, extra_groups=[], env={"KEY": index_key().hex()}
    )
    try:
        secret = [str(path) for path in kept] + [f"/proc/{victim.pid}/{name}" for name in ("environ", "mem", "maps")]
        with _under(MATCHER, lambda: _refused(secret[:-2])) as (_, answer):
            assert json.loads(os.read(answer, 65536)) == secret[:-2]
        with _under(APPLICATION, lambda: _refused(secret + base)) as (_, answer):
            assert json.loads(os.read(answer, 65536)) == []
        assert base
    finally:
        victim.kill()
        victim.wait(10)
