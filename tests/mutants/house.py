"""The houses that mutants live in: a database with one clause less, a process that runs tests on one changed file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from recoupe.cli import deploy
from recoupe.config.processes import DEFINER_ROLE, LOGIN_ROLES
from tests.conftest import TEMPLATE
from tests.mutants import in_sql
from tests.mutants.in_sql import files
from tests.mutants.mutant import PACKAGE, PROJECT, Mutant
from tests.mutants.workshop import UNCHANGED

Place = TypeVar("Place")
Task = TypeVar("Task")
Done = TypeVar("Done")
# The place where the rooms' SQL is read is one of the whole process.
_ONE_PLACE = threading.Lock()
BARE = "mutants_bare"
MUTATED = "mutants_one"
PROBED = "mutants_probed"
# Everything that policies.sql, guards.sql and functions.sql make; the rows stay.
_STRIP = """
DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', r.policyname, r.tablename);
    END LOOP;
    FOR r IN SELECT nspname FROM pg_namespace WHERE nspname = ANY (current_setting('mutants.rooms')::text[]) LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', r.nspname);
    END LOOP;
    FOR r IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE public.%I NO FORCE ROW LEVEL SECURITY', r.relname);
        EXECUTE format('ALTER TABLE public.%I DISABLE ROW LEVEL SECURITY', r.relname);
    END LOOP;
END $$
"""
# What a mutant may change and a rebuilt house must have again.
_STATE = """
SELECT 'policy', tablename || '.' || policyname || ' ' || permissive || roles::text || cmd,
    coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'table', relname, relrowsecurity::text || relforcerowsecurity::text FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT 'right', grantee || '.' || table_name || '.' || column_name, privilege_type
  FROM information_schema.column_privileges WHERE table_schema = 'public' AND starts_with(grantee, 'recoupe')
UNION ALL SELECT 'right', grantee || '.' || table_name, privilege_type
  FROM information_schema.table_privileges WHERE table_schema = 'public' AND starts_with(grantee, 'recoupe')
UNION ALL SELECT 'function', p.oid::regprocedure::text, p.prosrc || p.prosecdef || pg_get_userbyid(p.proowner)
    || ARRAY(SELECT acl::text FROM unnest(p.proacl) AS acl ORDER BY 1)::text
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY (%s)
ORDER BY 1, 2, 3
"""


class UnbornError(Exception):
    """The mutant is no programme: the finder cut in the wrong place."""


def at(url: str, name: str) -> str:
    """The address of another database of the cluster."""
    return urlunsplit(urlsplit(url)._replace(path="/" + name))


def state(url: str, name: str) -> list[tuple[Any, ...]]:
    """Policies, triggers, rights and functions of a database."""
    with psycopg.connect(at(url, name)) as base:
        return base.execute(_STATE, [list(deploy.ROOMS)]).fetchall()


def copied(url: str, source: str, target: str) -> None:
    """A clone, in the place of the former one."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(target)))
        if source:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(target), sql.Identifier(source)
                )
            )


def strip(url: str) -> None:
    """The template without anything that the SQL of the rooms gave it."""
    copied(url, TEMPLATE, BARE)
    with psycopg.connect(at(url, BARE), autocommit=True) as base:
        base.execute(f"SET mutants.rooms = '{{{','.join(deploy.ROOMS)}}}'".encode())
        base.execute(_STRIP.encode())
        for role in (*(role for role in LOGIN_ROLES if role != "recoupe_owner"), DEFINER_ROLE):
            base.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(sql.Identifier(role)))
            base.execute(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(sql.Identifier(role)))
    deploy.create_schemas(at(url, BARE))


def rebuild(url: str, mutant: Mutant | None) -> str:
    """A database on which the SQL of the rooms was applied, one clause changed; its name."""
    copied(url, BARE, MUTATED)
    try:
        _applied(url, MUTATED, {mutant.path: mutant.text()} if mutant else {})
        _bodies_parse(url, mutant)
    except psycopg.Error as error:
        raise UnbornError(str(error)) from error
    return MUTATED


def probed(url: str, mutants: Iterable[Mutant]) -> str:
    """A database that counts, for each part of a condition that is a mutant, when it had another value; its name."""
    copied(url, BARE, PROBED)
    texts, functions = in_sql.probes(mutants)
    with psycopg.connect(at(url, PROBED), autocommit=True) as base:
        base.execute(functions.encode())
    _applied(url, PROBED, texts)
    return PROBED


def _applied(url: str, name: str, texts: Mapping[str, str]) -> None:
    """The SQL of the rooms, some of its files changed."""
    with _ONE_PLACE, tempfile.TemporaryDirectory(prefix="mutant-sql-") as folder:
        copy = Path(folder) / "recoupe"
        for path in [*files(), PACKAGE / "cli" / "own_keys.sql"]:
            target = copy / path.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for changed, text in texts.items():
            (copy / Path(changed).relative_to("recoupe")).write_text(text, encoding="utf-8")
        deploy.PACKAGE, kept = copy, deploy.PACKAGE
        try:
            deploy.apply_policies(at(url, name))
        finally:
            deploy.PACKAGE = kept


def _bodies_parse(url: str, mutant: Mutant | None) -> None:
    """The changed body is read here: none is when a function is made, and a cut in the wrong place would kill."""
    if mutant is None or mutant.kind in ("row security", "protection"):
        return
    with psycopg.connect(at(url, MUTATED)) as base:
        names = [mutant.name] if "." in mutant.name and mutant.name.count(".") == 1 else []
        found = base.execute(
            "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname || '.' || p.proname = ANY (%s) AND p.prokind = 'f'", [names]
        ).fetchall()  # fmt: skip
        for (definition,) in found:
            base.execute(definition.encode())
        base.rollback()


class _Process:
    """A process that answers a line of JSON by another."""

    def __init__(self) -> None:
        dropped = ("RECOUPE_", "DJANGO_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.workshop"], cwd=PROJECT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=kept | {"RECOUPE_SIZE": "4000"},
        )  # fmt: skip

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Its answer; a dead one is an error, never a verdict."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the workshop has no ears")
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the workshop has died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End of the input ends it."""
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
        self._process.wait(timeout=20)


class Workshop:
    """Runs tests on mutants: in a house imported anew, or, once everything is collected, on one imported before."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self._anew = _Process()
        self._ready: _Process | None = None

    def collect(self, tests: Sequence[str]) -> int:
        """Import all of these tests once; how many there are."""
        self._ready = _Process()
        count = int(self._ready.ask({"collect": list(tests)})["collected"])
        if not count:
            raise RuntimeError("the tests cannot be collected")
        return count

    def run(
        self, tests: Sequence[str], *, template: str = TEMPLATE, sources: Mapping[str, str] | None = None,
        instrumented: Mapping[str, Mapping[str, Any]] | None = None, first: bool = True, seconds: float = 120,
    ) -> dict[str, Any]:  # fmt: skip
        """Run these tests in a child of the workshop."""
        asked = {
            "tests": list(tests), "template": template, "sources": dict(sources or {}), "first": first,
            "instrumented": instrumented,
            "seconds": seconds, "url": self.url, "folder": str(self.folder),
        }  # fmt: skip
        # A choice by mark is made when tests are collected.
        if self._ready and instrumented is None and "-m" not in tests:
            answer = self._ready.ask(asked)
            if answer["code"] not in (UNCHANGED, 5):
                return answer
        return self._anew.ask(asked)

    def close(self) -> None:
        """Both processes."""
        self._anew.close()
        if self._ready:
            self._ready.close()


@contextmanager
def workshop(url: str, folder: Path) -> Iterator[Workshop]:
    """One workshop and the bare database, gone afterwards."""
    strip(url)
    made = Workshop(url, folder)
    try:
        yield made
    finally:
        made.close()
        for name in (BARE, MUTATED, PROBED):
            copied(url, "", name)


def shared_out(
    places: Sequence[Place], tasks: Iterable[Task], do: Callable[[Place, Task], Done], until: float = inf
) -> Iterator[Done]:
    """Each task in the first place that is free, results as they come; none is begun after `until` (monotonic)."""
    waiting, done = deque(tasks), SimpleQueue[Done | BaseException | None]()

    def works(place: Place) -> None:
        try:
            while waiting and time.monotonic() < until:
                done.put(do(place, waiting.popleft()))
        except BaseException as error:
            done.put(error)
        done.put(None)

    threads = [threading.Thread(target=works, args=[place], daemon=True) for place in places]
    for thread in threads:
        thread.start()
    ended = 0
    while ended < len(threads):
        came = done.get()
        if isinstance(came, BaseException):
            waiting.clear()
            raise came
        if came is None:
            ended += 1
        else:
            yield came
