"""Taint sweep (R-75): words planted in the protected fields, in flight through every process, errors too, reach no log.

Two words. HELD is written: it stands in the tables of protected kinds, hence in their files and in the WAL, and nowhere
else. ASKED is only looked for, or typed at a closed door: it stands nowhere at all. Each place that is searched holds a
control of its own, put there by the way by which the process itself writes; a control that is not found fails the test.
"""

import ast
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db.models import Field
from django.forms import BaseForm, CharField, ChoiceField
from django.urls import reverse

from recoupe.config.paths import data_folder
from recoupe.demo import discovery, spreadsheet
from recoupe.demo.discovery import AddressBook, Target, routes, targets, visits
from recoupe.demo.proofs.suites import NOTHING_THERE
from tests.faults.house import until
from tests.faults.values import BOUNDARY, multipart, urlencoded
from tests.furnished import Furnished, furnish
from tests.fuzz.canaries import Net, Watch, columns_with, mark, spellings, unlinked
from tests.fuzz.requests import FORM, SECRET, SITES, TOKEN, written
from tests.fuzz.stand import Answer, Stand, environment_of, standing
from tests.proof import PROJECT, falls_short, say, seed
from tests.world import World

pytestmark = pytest.mark.slow
HELD, ASKED, CONTROL = (mark(seed(), what) for what in ("held", "asked", "control"))
EVERYWHERE = ("signin", "web", "portal", "worker", "matcher")
LEAST = 40
PEOPLE = ("police", "unit head", "customs", "analyst", "cell head", "prosecutor", "judge", "customs head", "dpo")
# Columns of text in which nobody writes words: codes, keys, sums, references and what the house itself computes.
NO_WORDS = frozenset({
    "readers", "keys", "ref", "departments", "cells", "commune_code", "birth_commune", "handling", "h3_line",
    "products", "means", "roles_seen", "media_type", "sha256", "record_kind", "first_kind", "second_kind",
    "source_grade", "info_grade", "grade_original", "grade_scheme", "grading", "source", "info", "original", "kind",
    "unit_code", "other_code", "asker_code", "offences", "co_services", "source_kind", "motive_category", "origin_ref",
    "sentence", "other_name", "other_contact", "other_phone", "other_email", "asker_name",
})  # fmt: skip
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


@dataclass
class Sweep:
    """A furnished house behind its five processes, and the desks of its people."""

    house: Furnished
    stand: Stand
    book: AddressBook
    offered: list[tuple[str, Target]]
    free: frozenset[str]
    watch: Watch
    first_wal: str
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    activity: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.house.world

    def ask(self, who: str, method: str, path: str, body: bytes = b"", kind: str = FORM, site: str = "web",
            more: tuple[tuple[str, str], ...] = ()) -> Answer:  # fmt: skip
        """One request of an agent, kept with its answer."""
        cookies = f"{SITES[site]}={SECRET}" + (f"; {settings.SESSION_COOKIE}={self._token(who)}" if who else "")
        head = [("Host", f"localhost:{self.stand.ports[site]}"), ("Cookie", cookies), ("X-CSRFToken", SECRET), *more]
        answer = self.stand.ask(site, written(method, path, [*head, ("Content-Type", kind)], body), method)
        self.answers.append((f"{who} {method} {path[:90]}", answer))
        return answer

    def _token(self, who: str) -> str:
        return self.house.people[who].token

    def form(self, who: str, path: str, fields: dict[str, list[str]], files: dict[str, bytes] | None = None) -> Answer:
        """A form as a browser sends it."""
        filled = {**fields, TOKEN: [SECRET]}
        if files:
            body = multipart(filled, files)
            return self.ask(who, "POST", path, body, f"multipart/form-data; boundary={BOUNDARY}")
        return self.ask(who, "POST", path, urlencoded(filled))

    def superuser(self, *statements: str) -> None:
        """What only an administrator can do, behind the triggers."""
        with psycopg.connect(self.world.admin_url) as direct:
            direct.execute("SET session_replication_role = replica")
            for statement in statements:
                direct.execute(statement.encode())


def words_of(rank: int) -> str:
    """The word that is written, each time with another ending."""
    return f"{HELD}{chr(97 + rank // 20 % 20)}{chr(97 + rank % 20)}"


def free_fields() -> frozenset[str]:
    """The names under which any form takes free text."""
    modules = {route.view.__module__.rpartition(".")[0] for route in routes()}
    known = [cls for cls in _subclasses(BaseForm) if any(cls.__module__.startswith(m) for m in modules)]
    fields = {name: f for form in known for name, f in getattr(form, "base_fields", {}).items()}
    return frozenset(
        name for name, f in fields.items()
        if isinstance(f, CharField) and not isinstance(f, ChoiceField) and name not in NO_WORDS | {"before", "key"}
    )  # fmt: skip


def _subclasses(cls: type) -> Iterator[type]:
    below: type
    for below in cls.__subclasses__():
        yield below
        yield from _subclasses(below)


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
        threading.Thread(target=_look_at_activity, args=(made,), daemon=True).start()
        _live(made)
        _fail(made)
        yield made
        watch.close()


def _look_at_activity(sweep: Sweep) -> None:
    """What another session of the server sees of those at work (R-22)."""
    query = (
        f"SELECT query, '{CONTROL}' FROM pg_stat_activity WHERE datname = current_database()"
        " AND (usename LIKE 'recoupe%' OR pid = pg_backend_pid())"
    )
    with psycopg.connect(sweep.world.admin_url, autocommit=True) as direct:
        while True:
            try:
                sweep.activity += {str(row[0]) for row in direct.execute(query.encode())} - set(sweep.activity)
            except psycopg.Error:
                return
            time.sleep(0.02)


# --- what goes through the house -----------------------------------------------------------------------------------


def _live(sweep: Sweep) -> None:
    """The word written by every form and by a file, then planted wherever no form reached, then read everywhere."""
    # A draft that is thrown away takes its photo along.
    forms = {
        t.kind: (who, t) for who, t in reversed(sweep.offered) if t.method == "POST" and t.name != "report-discard"
    }
    for rank, (who, target) in enumerate(forms.values()):
        words = {name: [words_of(rank)] for name in target.fields if _short(name) in sweep.free}
        spoilt = {name: [words_of(rank)] for name, said in target.fields.items() if not any(said)}
        sweep.form(who, target.path, target.fields | spoilt)
        sweep.form(who, target.path, target.fields | words, dict.fromkeys(target.files, words_of(rank).encode()))
    made = _deposit(sweep, "police", "20/11/2026")
    assert made.status == HTTPStatus.FOUND, _faults(made)
    _hand_in(sweep)
    _plant(sweep)
    for who in ("police", "analyst", "prosecutor"):
        for path in sweep.book.readable(most=1):
            sweep.ask(who, "GET", path)
    for route in sweep.book.routes:
        if route.name == "search":
            for name in sorted(discovery.asked(route.view)):
                sweep.form("police", reverse("search"), {name: [ASKED]})
    sweep.ask("police", "POST", reverse("report-proposals"), f'{{"text": "{ASKED} 06 12 34 56 78"}}'.encode(),
              "application/json")  # fmt: skip
    for site in ("signin", "portal"):
        sweep.ask("", "POST", "/", urlencoded({"answer": [ASKED], "code": [ASKED], TOKEN: [SECRET]}), site=site)


def _faults(answer: Answer) -> list[str]:
    """What a form that came back asks to correct."""
    return re.findall(r'field__error"[^>]*>(.{1,200})', answer.body.decode(), re.DOTALL)[:12]


def _short(name: str) -> str:
    """The field of a row of a formset."""
    return name.rpartition("-")[2]


def _deposit(sweep: Sweep, who: str, day: str) -> Answer:
    """A whole report, every text of it."""
    target = next(t for _, t in sweep.offered if t.name == "report-new" and t.method == "POST")
    words = {name: [words_of(200)] for name in target.fields if _short(name) in sweep.free}
    chosen = {
        "key": [str(uuid4())], "event_from": [day], "selectors-0-person": [""], "more": [], "draft": [],
        "commune": ["Marseille (13)"], "source_kind": ["officer_observation"], "event_to": [""],
        "frame": ["administrative"], "handling": ["H2"], "source_grade": ["B"], "info_grade": ["2"], "h3_line": [""],
        "lon": [""], "lat": [""], "uncertainty_m": [""], "place_text": [words_of(201)],
        "selectors-0-kind": ["phone"], "selectors-0-raw": ["06 39 98 71 23"], "persons-0-category": ["suspect"],
        "persons-0-birth": ["03/04/1971"], "handling_conditions": [words_of(203)],
        "persons-0-birth_commune": [""], "assessment_text": [words_of(204)], "case": [""], "no_place": [],
    }  # fmt: skip
    kept = {name: said for name, said in (target.fields | words | chosen).items() if said and any(said)}
    answer = sweep.form(who, target.path, kept)
    if answer.status == HTTPStatus.OK:
        # What the text mentions is asked to be confirmed first.
        answer = sweep.form(who, target.path, kept | {"reviewed": ["1"], "confirmed": ["1"]})
    return answer


def _hand_in(sweep: Sweep) -> None:
    """A file with the word in every column, one row of it refused."""
    good = {"Date des faits": "12/03/2025", "Origine": "constatation", "Cadre": "administratif", "Commune": "13055",
            "Traitement": "H0", "Faits": words_of(300), "N° de fiche": words_of(301), "Nom": words_of(302)}  # fmt: skip
    columns = list(spreadsheet.COLUMNS)
    rows = [[good.get(name, "") for name in columns], [words_of(303)] * len(columns)]
    content = "\r\n".join(";".join(row) for row in [columns, *rows]).encode()
    target = next(t for _, t in sweep.offered if t.name == "import-new" and t.method == "POST")
    for who in ("police", "unit head"):
        sweep.form(who, target.path, target.fields, {"file": content + who.encode()})


def _plant(sweep: Sweep) -> None:
    """Where no form brought the word, it is put into every row: a reader then carries it out."""
    with psycopg.connect(sweep.world.admin_url) as direct:
        already = columns_with(direct, [HELD])
    for column in fields():
        table, name = column.split(".")
        model = discovery.kinds()[table].model
        kind = next(f for f in model._meta.concrete_fields if f.column == name)
        word = words_of(len(already))
        if name in already.get(f"public.{table}", ()):
            continue
        said = {
            "ArrayField": f"array['{word}']", "JSONField": f"""'{{"taint": "{word}"}}'::jsonb""",
            "BinaryField": f"convert_to('{word}', 'UTF8')",
        }.get(kind.get_internal_type(), f"left('{word} ' || {name}, {kind.max_length or 10_000})")  # fmt: skip
        try:
            sweep.superuser(f"UPDATE {table} SET {name} = {said}")
        except psycopg.errors.CheckViolation:
            sweep.superuser(f"UPDATE {table} SET {name} = {said} WHERE {name} > ''")


def fields() -> list[str]:
    """The protected fields that hold words: of every kind that discovery finds, each column of text but the codes."""
    return [
        f"{kind.table}.{f.column}" for kind in discovery.kinds().values() for f in kind.model._meta.concrete_fields
        if f.get_internal_type() in ("CharField", "TextField", "ArrayField", "JSONField", "BinaryField")
        and not f.choices and f.name not in NO_WORDS and not _of_numbers(f)
    ]  # fmt: skip


def _of_numbers(column: "Field[Any, Any]") -> bool:
    inner = getattr(column, "base_field", column)
    return inner.get_internal_type().endswith(("IntegerField", "UUIDField"))


# --- what goes wrong -----------------------------------------------------------------------------------------------

QUOTES = """CREATE OR REPLACE FUNCTION public.taint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'this value is wrong: {word} %%', to_jsonb(NEW) USING ERRCODE = '{code}'; END $$;
GRANT EXECUTE ON FUNCTION public.taint() TO PUBLIC"""
SLEEPS = """CREATE OR REPLACE FUNCTION public.taint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$"""


def _fail(sweep: Sweep) -> None:
    """Every kind of failure while the word is in flight: refusals, errors that quote it, queries that are killed."""
    new = reverse("report-new")
    assert _deposit(sweep, "police", "99/99/2026").status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert _deposit(sweep, "dpo", "20/11/2026").status == HTTPStatus.FORBIDDEN
    body = urlencoded({"fact_text": [HELD], TOKEN: ["b" * 32]})
    assert sweep.ask("police", "POST", new, body).status == HTTPStatus.FORBIDDEN
    assert sweep.ask("police", "PUT", new, body).status in (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
    assert sweep.form("police", "/nulle/part/", {"fact_text": [HELD]}).status == HTTPStatus.NOT_FOUND
    sweep.form("police", new, {"fact_text": [HELD * 1_000_000], "place_text": [HELD * 1_200_000]})
    sweep.ask("police", "POST", new, HELD.encode() * 50, f"multipart/form-data; boundary={quote(HELD)}")
    sweep.ask("police", "POST", new, f"--{BOUNDARY}\r\n{HELD}".encode(), f"multipart/form-data; boundary={BOUNDARY}")
    sweep.ask("police", "POST", reverse("report-proposals"), f'{{"text": "{HELD}'.encode(), "application/json")
    for line in (f"Cookie {HELD}", f"X-\x00: {HELD}", f"Content-Length: {HELD}"):
        sweep.stand.ask("web", f"GET /?{HELD} HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n".encode())
    sweep.stand.ask("web", f"GET /{HELD}\r\n\r\n".encode())
    until(lambda: b"Invalid request" in sweep.stand.log("web").read_bytes(), 20, "gunicorn said nothing")
    for code in ("check_violation", "raise_exception", "invalid_text_representation", "unique_violation"):
        with _trigger(sweep, "intelligence_report", QUOTES.format(word=HELD, code=code)):
            assert _deposit(sweep, "police", "20/11/2026").status == HTTPStatus.INTERNAL_SERVER_ERROR, code
    for kill in ("pg_cancel_backend", "pg_terminate_backend"):
        with _trigger(sweep, "intelligence_report", SLEEPS):
            killer = threading.Thread(target=_kill_sleeper, args=(sweep, kill))
            killer.start()
            assert _deposit(sweep, "police", "20/11/2026").status >= HTTPStatus.INTERNAL_SERVER_ERROR, kill
            killer.join()
    _fail_behind(sweep)


def _kill_sleeper(sweep: Sweep, how: str) -> None:
    query = f"SELECT {how}(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    until(lambda: bool(sweep.world.sql(query)), 20, "nothing slept")


def _fail_behind(sweep: Sweep) -> None:
    """The matcher meets a record that it cannot compare, the worker a file that it cannot write."""
    with _trigger(sweep, "crosscheck_indexrecord", QUOTES.format(word=HELD, code="check_violation")):
        _deposit(sweep, "customs", "20/11/2026")
        until(lambda: b"matcher" in sweep.stand.log("matcher").read_bytes(), 30, "the matcher said nothing")
    with _trigger(sweep, "intelligence_importfile", QUOTES.format(word=HELD, code="check_violation")):
        rows = sweep.world.sql("SELECT id FROM intelligence_importfile LIMIT 1")
        sweep.superuser(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES"
            f""" ('default', 'recoupe.import_file', '{{"import_id": "{rows[0][0]}", "mandate": "{rows[0][0]}"}}')"""
        )
        sweep.world.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'recoupe.nowhere', '{}')"
        )
        until(lambda: b"nowhere" in sweep.stand.log("worker").read_bytes(), 30, "the worker said nothing")


class _trigger:  # noqa: N801 - used as a statement
    """A fault of the database for the length of a block."""

    def __init__(self, sweep: Sweep, table: str, function: str) -> None:
        self.sweep, self.table, self.function = sweep, table, function

    def __enter__(self) -> None:
        self.sweep.world.sql(self.function)
        self.sweep.world.sql(
            f"CREATE TRIGGER taint BEFORE INSERT OR UPDATE ON {self.table} FOR EACH ROW EXECUTE FUNCTION public.taint()"
        )

    def __exit__(self, *_: object) -> None:
        self.sweep.world.sql(f"DROP TRIGGER taint ON {self.table}")


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


def test_the_house_sends_no_mail_and_writes_no_dump() -> None:
    """What is not made cannot be searched: the day a module sends a mail or dumps the base, this turns red."""
    for told in ("from django.core import mail", "from django.core import cache as c", "import smtplib as s",
                 "from smtplib import SMTP", "import django.core.mail.message", "run('pg_dump')"):  # fmt: skip
        assert leaves(told), told
    assert not leaves("from django.core import signing\nfrom recoupe.web import mail")
    paths = (PROJECT / "recoupe").rglob("*.py")
    found = {str(path.relative_to(PROJECT)) for path in paths if leaves(path.read_text(encoding="utf-8"))}
    # These make folders for a command of the administrator, and hold nothing of an agent.
    assert found <= {f"recoupe/{name}.py" for name in ("cli/folder", "cli/locks", "demo/benches/nearby",
                                                       "demo/benches/start", "demo/proofs/suites")}, found  # fmt: skip
    pytest.skip(f"{NOTHING_THERE}no mail, dump or cache on disk is made, as its imports show")
