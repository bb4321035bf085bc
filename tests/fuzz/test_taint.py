"""Taint sweep (R-75): words planted in the protected fields, in flight through every process, errors too, reach no log.

Two words. HELD is written: it stands in the tables of protected kinds, hence in their files and in the WAL, and nowhere
else. ASKED is only looked for, or typed at a closed door: it stands nowhere at all. Each place that is searched holds a
control of its own, put there by the way by which the process itself writes; a control that is not found fails the test.
"""

import ast
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from recoupe.config.paths import data_folder
from recoupe.demo import discovery
from recoupe.demo.discovery import Target, targets, visits
from recoupe.demo.proofs.suites import NOTHING_THERE
from tests.furnished import furnish
from tests.fuzz.canaries import Net, Watch, columns_with, spellings, unlinked
from tests.fuzz.stand import environment_of, standing
from tests.fuzz.sweep import ASKED, CONTROL, HELD, Sweep, fail, fields, free_fields, live, look_at_activity
from tests.proof import PROJECT, falls_short, say
from tests.world import World

pytestmark = pytest.mark.slow
EVERYWHERE = ("signin", "web", "portal", "worker", "matcher")
LEAST = 40
PEOPLE = ("police", "unit head", "customs", "analyst", "cell head", "prosecutor", "judge", "customs head", "dpo")
# Where else a written word may stand, and why that is no leak.
BESIDE = {
    "access_session": ({"motive", "case_ref"}, "the purpose that an agent declared, for his session"),
    "access_context": ({"motive", "case_ref"}, "the same, for one transaction"),
    "audit_entry": ({"motive", "case_ref"}, "the same, written with each line of the journal (P-11)"),
    "desk_servicekey": ({"name", "reason", "revoke_reason"}, "what was typed at the desk about a tool's key"),
    "desk_recovery": ({"reason"}, "what was typed at the desk about a lost key"),
    "desk_identity": ({"subject"}, "what was typed at the desk: by what name a provider knows an agent"),
}
# What gunicorn makes when it starts is no temporary file of a request.
HEARTBEAT = "wgunicorn"


@pytest.fixture(scope="module")
def sweep(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    house = furnish(world)
    book = house.book()
    starts = ["/", *("/" + route.pattern for route in book.routes if not route.parameters)]
    offered: list[tuple[str, Target]] = []
    for who in PEOPLE:
        met = list(visits(world.client(house.people[who]).get, starts, most=len(starts) + 10))
        book.learn(met)
        offered += [(who, target) for target in targets(met)]
    with standing(world, tmp_path_factory.mktemp("taint") / "data", EVERYWHERE) as stand:
        watch = Watch(stand.temporary, Path("/tmp"), stand.folder.path)  # noqa: S108 - looked at, not written to
        ((first,),) = world.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")
        made = Sweep(house, stand, book, offered, free_fields(), watch, str(first))
        threading.Thread(target=look_at_activity, args=(made,), daemon=True).start()
        live(made)
        fail(made)
        yield made
        watch.close()


# --- where it is looked for ----------------------------------------------------------------------------------------


def clean(place: str, content: list[tuple[str, bytes]], words: tuple[str, ...] = (HELD, ASKED)) -> None:
    """Nothing of the words, in a place where the control is found."""
    control, net = Net((CONTROL,)), Net(words)
    blind = [name for name, held in content if not control.caught(held)]
    assert not blind, f"{place}: the control is not found in {blind}, so silence would mean nothing"
    caught = [f"{name}: {line}" for name, held in content for line in net.caught(held)]
    say(f"{place}: searched", len(content), "lieux", ", ".join(name for name, _ in content)[:300], at_least=1)
    say(f"{place}: found", len(caught), "mots", "planted words, in six encodings", at_most=0)
    assert not caught, "\n".join(caught[:8])


def test_forty_protected_fields_hold_the_word(sweep: Sweep) -> None:
    """What is swept for was there to be spilt: each protected field that holds words."""
    with psycopg.connect(sweep.world.admin_url) as direct:
        found = columns_with(direct, [HELD])
    held = {f"{table.removeprefix('public.')}.{name}" for table, names in found.items() for name in names}
    empty = {name for name in fields() if not sweep.world.sql(f"SELECT 1 FROM {name.split('.')[0]} LIMIT 1")}
    missing = [name for name in fields() if name not in held | empty]
    say("protected fields that hold a planted word", len(held & set(fields())), "champs", ", ".join(sorted(held)),
        at_least=LEAST)  # fmt: skip
    assert not missing, missing
    assert len(held & set(fields())) >= LEAST
    for name in sorted(set(fields()) - held):
        falls_short(f"aucune ligne où planter un mot : {name}")


def test_every_spelling_is_caught() -> None:
    """The net itself: the word in each encoding, and in none when it is not there."""
    net = Net((HELD,))
    kinds = spellings(HELD)
    assert len(kinds) == 6
    for name, forms in kinds.items():
        assert all(net.caught(b"...." + form + b"....") for form in forms), name
    assert not net.caught(os.urandom(100_000))


def test_no_log_holds_a_word(sweep: Sweep) -> None:
    """Of the five processes and of PostgreSQL; each has said something of the errors."""
    said = {name: sweep.stand.log(name).read_text(errors="replace") for name in EVERYWHERE}
    assert "Internal Server Error" in said["web"]
    content = []
    for name in EVERYWHERE:
        # Through the process's own handle: the file that is searched is the one in which it writes.
        with Path(f"/proc/{sweep.stand.running[name].pid}/fd/2").open("ab") as stream:
            stream.write(CONTROL.encode())
        content.append((name, sweep.stand.log(name).read_bytes()))
    sweep.world.sql(f"DO $$ BEGIN RAISE LOG '{CONTROL}'; END $$")
    server = data_folder() / "pg" / "server.log"
    content.append(("postgresql", server.read_bytes() if server.is_file() else b""))
    clean("logs", content)


def test_no_file_of_the_installation_holds_a_word(sweep: Sweep) -> None:
    """The folder DATA beside the base: caches, notes, what a process left; the control stands in each of its parts."""
    parts = [p for p in (sweep.stand.folder.path, *sweep.stand.folder.path.iterdir()) if p.is_dir()]
    for part in parts:
        (part / f"{CONTROL}.control").write_bytes(CONTROL.encode())
    content = [(p.name, b"\n".join(f.read_bytes() for f in p.rglob("*") if f.is_file())) for p in parts]
    clean("files", content)


def test_no_temporary_file_is_ever_made(sweep: Sweep) -> None:
    """Not looked for afterwards, when it is gone: whatever appeared where programs put such files was noted at once."""
    for folder in (sweep.stand.temporary, Path("/tmp")):  # noqa: S108 - looked at
        (folder / f"{CONTROL}.{os.getpid()}").touch()
    seen = sweep.watch.seen()
    for folder in (sweep.stand.temporary, Path("/tmp")):  # noqa: S108 - looked at
        (folder / f"{CONTROL}.{os.getpid()}").unlink()
        assert any(path.startswith(f"{folder}/{CONTROL}") for path in seen), f"{folder} is not watched"
    ours = [path for path in seen if path.startswith(str(sweep.stand.temporary)) and CONTROL not in path]
    made = sorted({path for path in ours if HEARTBEAT not in path})
    say("temporary files made", len(made), "fichiers", f"while all went through: {made[:5]}", at_most=0)
    assert not made
    assert not Net((HELD, ASKED)).caught("\n".join(seen).encode())


def test_no_unlinked_file_and_no_environment_holds_a_word(sweep: Sweep) -> None:
    """What a process holds open without a name, what it was started with."""
    pids = [(name, pid) for name in EVERYWHERE for pid in sweep.stand.family(name)]
    nameless = [(f"{name} {path}", path) for name, pid in pids for path in unlinked(pid)]
    assert nameless, "gunicorn holds its heartbeat so: none found means that none is seen"
    for _, path in nameless:
        with path.open("ab") as stream:
            stream.write(CONTROL.encode())
    clean("unlinked files", [(name, path.read_bytes()) for name, path in nameless])
    started = [environment_of(pid) for _, pid in pids]
    assert all(str(sweep.stand.temporary).encode() in one for one in started)
    assert not Net((HELD, ASKED)).caught(b"\n".join(started))


def test_no_other_table_holds_a_word(sweep: Sweep) -> None:
    """Journal, jobs, notices, index, feed: beside the protected kinds themselves, no table; what was asked, in none."""
    with psycopg.connect(sweep.world.admin_url) as direct:
        direct.execute("CREATE TABLE taint_text (a jsonb, b bytea)")
        direct.execute("INSERT INTO taint_text VALUES (%s::jsonb, %s)", [f'{{"x": ["{CONTROL}"]}}', CONTROL.encode()])
        control = columns_with(direct, [CONTROL])
        held, asked = columns_with(direct, [HELD]), columns_with(direct, [ASKED])
        direct.rollback()
    assert control == {"public.taint_text": ["a", "b"]}
    ours = {f"public.{table}" for table in discovery.kinds()}
    allowed = {f"public.{table}": columns for table, (columns, _) in BESIDE.items()}
    beside = {table: names for table, names in held.items()
              if table not in ours and not set(names) <= allowed.get(table, set())}  # fmt: skip
    say("other tables that hold a planted word", len(beside), "tables", f"{sorted(beside.items())}", at_most=0)
    say("tables that hold what was only asked", len(asked), "tables", f"{sorted(asked.items())}", at_most=0)
    assert not beside, beside
    assert not asked, asked


def test_the_wal_and_the_files_of_the_base_hold_nothing_that_was_only_asked(sweep: Sweep) -> None:
    """What is written stands there by its nature, and shows that the search sees; what was only asked does not."""
    sweep.world.sql("CHECKPOINT")
    ((folder, number, last),) = sweep.world.sql(
        "SELECT current_setting('data_directory'), oid, pg_walfile_name(pg_current_wal_lsn())"
        " FROM pg_database WHERE datname = current_database()"
    )
    if not os.access(folder, os.R_OK):
        pytest.skip("the server's own folder is not ours to read here")
    # The names after the last one are old segments that wait to be written anew.
    wal = [p for p in (Path(folder) / "pg_wal").iterdir() if p.is_file() and sweep.first_wal <= p.name <= last]
    base = [p for p in (Path(folder) / "base" / str(number)).iterdir() if p.is_file()]
    for place, files in (("WAL", wal), ("files of the base", base)):
        assert Net((HELD,)).in_files(files), f"{place}: what was written is not found, so silence would mean nothing"
        caught = Net((ASKED,)).in_files(files)
        say(f"{place}: found", len(caught), "mots", f"of what was only asked, in {len(files)} files", at_most=0)
        assert not caught, caught[:5]


def test_no_other_session_sees_a_word(sweep: Sweep) -> None:
    """What pg_stat_activity showed while all this ran."""
    clean("sessions", [("pg_stat_activity", "\n".join(sweep.activity).encode())])


def test_no_header_of_an_answer_holds_a_word(sweep: Sweep) -> None:
    """Addresses to go to, cookies, names of files: what proxies and histories keep (F3)."""
    kinds = {answer.status for _, answer in sweep.answers}
    assert {200, 302, 403, 404, 422, 500} <= kinds, kinds
    heads = [(told, f"{answer.headers}".encode()) for told, answer in sweep.answers]
    caught = [f"{told}: {head!r}"[:300] for told, head in heads if Net((HELD, ASKED)).pattern.search(head)]
    say("headers: found", len(caught), "réponses", f"of {len(heads)}", at_most=0)
    assert not caught, caught[:5]


LEAVING = ("smtplib", "django.core.mail", "django.core.cache", "tempfile", "shelve", "pickle", "pg_dump")


def leaves(source: str) -> bool:
    """Whether a module could send a mail, keep a cache or a file, or dump the base: by any name that it imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names += node.value.split()
    return any(name == one or name.startswith(one + ".") for name in names for one in LEAVING)


def test_one_module_sends_a_mail_and_none_writes_a_dump() -> None:
    """What is not made cannot be searched: the day another module sends a mail or dumps the base, this turns red."""
    for told in ("from django.core import mail", "from django.core import cache as c", "import smtplib as s",
                 "from smtplib import SMTP", "import django.core.mail.message", "run('pg_dump')"):  # fmt: skip
        assert leaves(told), told
    assert not leaves("from django.core import signing\nfrom recoupe.web import mail")
    paths = (PROJECT / "recoupe").rglob("*.py")
    found = {str(path.relative_to(PROJECT)) for path in paths if leaves(path.read_text(encoding="utf-8"))}
    # These make folders for a command of the administrator, and hold nothing of an agent; that of whole holdings is
    # closed to every other account, and what a killed run left in it goes when the next one starts (tests/matching).
    # The digest is made of constant sentences alone: tests/notices reads one whole.
    assert found <= {f"recoupe/{name}.py" for name in ("cli/folder", "cli/locks", "demo/benches/start",
                                                       "demo/proofs/suites", "matching/batch",
                                                       "notices/digests")}, found  # fmt: skip
    pytest.skip(f"{NOTHING_THERE}no dump or cache on disk is made, nor any mail but the digest, as its imports show")
