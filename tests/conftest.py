"""Real PostgreSQL for every test: one cluster a session, one template with schema and reference, one clone a module."""

import fcntl
import gc
import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.template import Context, Template
from django.test.signals import template_rendered
from django.utils.safestring import SafeString
from django.utils.translation import deactivate
from psycopg import sql
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from recoupe.access import pacing
from recoupe.cli import messages
from recoupe.cli.cluster import Cluster
from recoupe.cli.deploy import TAKE_ROLES, close_database, deploy
from recoupe.reference.snapshot import forget
from tests.asvs import book
from tests.browser import quit_browser
from tests.folders import copied, hasty_programs, open_folder, repoint
from tests.world import FURNISHED, World

PROJECT = Path(__file__).resolve().parents[1]
CACHE = PROJECT / ".cache" / "tests"
TEMPLATE = "recoupe_template"
# What an installation is copied by.
PARTS = ("pg", "credentials")
# What is built once for several files, and the files that begin so.
TOGETHER = {
    "the oracle's world": ("tests/oracle/",),
    "Debian's house": ("tests/faults/test_completeness", "tests/faults/test_postgresql_15"),
    "the house that is killed": ("tests/faults/test_answers", "tests/faults/test_kills", "tests/faults/test_pairs"),
}


def _fingerprint() -> str:
    """What the template is made from: schema, policies, reference data, and the server's programs."""
    digest = hashlib.sha256(os.environ.get("RECOUPE_PG_BIN", "").encode())
    wanted = [
        *PROJECT.glob("recoupe/*/migrations/*.py"),
        *PROJECT.glob("recoupe/*/*.sql"),
        *PROJECT.glob("recoupe/reference/data/**/*"),
        *PROJECT.glob("recoupe/reference/*.py"),
        PROJECT / "recoupe/cli/deploy.py",
        PROJECT / "recoupe/config/processes.py",
        Path(__file__),
    ]
    for path in sorted(p for p in wanted if p.is_file()):
        digest.update(str(path.relative_to(PROJECT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with a slow test first, so that the two workers end together; within a file the order stays."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the collector need not look through thousands of tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


class Together(LoadFileScheduling):  # type: ignore[misc]
    """File by file, but those that share one world go to one worker: the other need not build it as well."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next((name for name, files in TOGETHER.items() if file.startswith(files)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Our own for --dist loadfile alone."""
    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The coverage of the ASVS, wherever its tests ran; under xdist this is the controller, which collects nothing."""
    if any(report.nodeid.startswith("tests/asvs/") for report in terminalreporter.getreports("passed")):
        terminalreporter.write_line(book.told())


@pytest.fixture(scope="session", autouse=True)
def browser_ends() -> Iterator[None]:
    """The one browser of this process goes with it."""
    yield
    quit_browser()


@pytest.fixture(scope="session", autouse=True)
def translations() -> None:
    """The catalogue of today's sources, before Django reads and keeps another."""
    messages.compile_all()


@pytest.fixture(scope="session", autouse=True)
def a_page_tells_its_context_once(django_test_environment: None) -> None:
    """Django's client copies the context of each of the hundred parts of a page: that of the page itself will do."""

    def told(self: Template, context: Context) -> SafeString:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = told  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    """What one test was refused at the door slows down no other."""
    pacing.forget()


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request leaves its language to the thread: a test begins in its own, whatever ran before or made its world."""
    deactivate()
    yield
    deactivate()


@pytest.fixture(scope="session")
def cluster_folder() -> Iterator[Path]:
    """The installation folder of this test session: a copy of the cached one when nothing changed since."""
    previous = os.environ.get("DATA")
    with open_folder("tests") as folder:
        os.environ["DATA"] = str(folder)
        yield folder
        if previous is None:
            del os.environ["DATA"]
        else:
            os.environ["DATA"] = previous


@pytest.fixture(scope="session")
def admin_url(cluster_folder: Path, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """An administrator's address of a running cluster that holds the template database."""
    django_db_blocker.unblock()  # type: ignore[attr-defined]
    outside = os.environ.get("DATABASE_URL", "")
    if outside:
        # A server that is lent to the tests: each run is a new folder.
        os.environ.setdefault(TAKE_ROLES, "1")
    cluster = None if outside else Cluster(cluster_folder / "pg", for_tests=True)
    cached = CACHE / _fingerprint()
    with _one_at_a_time():
        url = _started(cluster, outside, cluster_folder, cached)
    yield url
    connections.close_all()
    if cluster:
        if not cluster.running():
            log = cluster.log.read_text(errors="replace")[-2000:] if cluster.log.is_file() else "its folder is gone"
            warnings.warn(f"the server of the tests ended before them: {log}", stacklevel=1)
        cluster.stop()
    elif url:
        for name in (TEMPLATE, FURNISHED):
            _drop(url, name)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """The first worker makes the template, the other waits and copies it: on two processors that is sooner."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _started(cluster: Cluster | None, outside: str, cluster_folder: Path, cached: Path) -> str:
    """The administrator's address of the server, once the template stands on it."""
    if cluster and (cached / "ready").is_file():
        for part in PARTS:
            copied(cached / part, cluster_folder / part)
    url = outside or (cluster.start() if cluster else "")
    if cluster and (cached / "ready").is_file():
        repoint(cluster_folder / "credentials", url)
    else:
        if cluster:
            _sign_in_quickly(url)
        deploy(url, lambda _line: None, database=TEMPLATE)
        if cluster:
            connections.close_all()
            cluster.stop()
            _store(cluster_folder, cached)
            url = cluster.start()
            repoint(cluster_folder / "credentials", url)
    return url


def cached_template() -> Path | None:
    """The stopped installation that the session's is a copy of; a server that is lent to the tests has none."""
    cached = CACHE / _fingerprint()
    return cached if (cached / "ready").is_file() and not os.environ.get("DATABASE_URL") else None


def _sign_in_quickly(url: str) -> None:
    """Each test connects many times: half of a connection would go into hashing a password that nobody guesses here."""
    with psycopg.connect(url, autocommit=True) as admin:
        if admin.info.server_version < 160_000:
            return
        admin.execute("ALTER SYSTEM SET scram_iterations = 1")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("SET scram_iterations = 1")
        password = psycopg.conninfo.conninfo_to_dict(url)["password"]
        admin.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(password))
    told = "4096"
    while told != "1":
        # Not before the server has read it: the roles' passwords are hashed by what it tells a new connection.
        with psycopg.connect(url) as another:
            told = another.execute("SHOW scram_iterations").fetchone()[0]  # type: ignore[index]


def _store(folder: Path, cached: Path) -> None:
    draft = cached.with_suffix(f".{os.getpid()}")
    for part in PARTS:
        copied(folder / part, draft / part)
    (draft / "ready").touch()
    for old in CACHE.glob("*"):
        if old != draft and old.name.count(".") == 0 and old != cached:
            shutil.rmtree(old, ignore_errors=True)
    try:
        draft.rename(cached)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)


def _drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def another_cluster(folder: Path) -> Iterator[str]:
    """The administrator's address of a second server with the same template; `admin_url` has made its copy."""
    cluster = Cluster(folder / "pg", for_tests=True)
    yield _started(cluster, "", folder, CACHE / _fingerprint())
    cluster.stop()


@pytest.fixture(scope="session")
def hasty() -> Iterator[str]:
    """RECOUPE_PG_BIN for an installation that a test starts and throws away; the disk may lose what nobody kept."""
    with open_folder("programs") as place:
        yield str(hasty_programs(place))


@pytest.fixture(scope="module")
def world(admin_url: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """A fresh database of this module, committed for real, with every role's credentials."""
    with fresh(admin_url, "t_" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]) as made:
        yield made


@contextmanager
def fresh(admin_url: str, name: str, *, beats: bool = False) -> Iterator[World]:
    """A clone of the template, gone afterwards; inside, this thread's connection is the staff site's."""
    connections.close_all()
    _drop(admin_url, name)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # Files are copied as they are: writing each page to the journal as well costs two and a half times as much.
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    # What the process remembers of another base, whose parameters a test changed, is not this one's.
    forget()
    made = World(admin_url, name, keeps=True)
    with psycopg.connect(made.admin_url, autocommit=True) as connection:
        # A template hands down its contents, not the rights on the database itself.
        close_database(connection)
    made.declare_unwitnessed()
    if not beats:
        made.answer_at_once()
        made.blank = True
    try:
        with made.process("web"):
            yield made
    finally:
        made.close()
    connections.close_all()
    _drop(admin_url, name)
