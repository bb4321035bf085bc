"""Two words through the whole house: in every form and planted behind them, asked for, in flight when it fails.

HELD is written; ASKED is only looked for, or typed at a closed door; CONTROL shows that a search sees (test_taint.py).
"""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db.models import Field
from django.forms import BaseForm, CharField, ChoiceField
from django.urls import reverse

from recoupe.demo import discovery, spreadsheet
from recoupe.demo.discovery import AddressBook, Target, routes
from tests.faults.house import until
from tests.faults.values import BOUNDARY, multipart, urlencoded
from tests.furnished import Furnished
from tests.fuzz.canaries import Watch, columns_with, mark
from tests.fuzz.requests import FORM, SECRET, SITES, TOKEN, written
from tests.fuzz.stand import Answer, Stand
from tests.proof import seed
from tests.world import World

HELD, ASKED, CONTROL = (mark(seed(), what) for what in ("held", "asked", "control"))
# Columns of text in which nobody writes words: codes, keys, sums, references and what the house itself computes.
NO_MARK = "kind <> 'mark'"
NO_WORDS = frozenset({
    "readers", "keys", "ref", "department", "departments", "cells", "commune_code", "birth_commune", "handling",
    "h3_line", "products", "means", "roles_seen", "media_type", "sha256", "record_kind", "first_kind", "second_kind",
    "source_grade", "info_grade", "grade_original", "grade_scheme", "grading", "source", "info", "original", "kind",
    "unit_code", "other_code", "asker_code", "offences", "co_services", "source_kind", "motive_category", "origin_ref",
    "sentence", "other_name", "other_contact", "other_phone", "other_email", "asker_name",
    "landlord_siren", "unit",
})  # fmt: skip


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


def look_at_activity(sweep: Sweep) -> None:
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


def live(sweep: Sweep) -> None:
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
        # A mark of the source bureau is held to its few words by its table (S-7).
        rows = f"UPDATE {table} SET {name} = {said} WHERE " + (NO_MARK if table == "operations_event" else "true")
        try:
            sweep.superuser(rows)
        except psycopg.errors.CheckViolation:
            sweep.superuser(f"{rows} AND {name} > ''")


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


def fail(sweep: Sweep) -> None:
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
