"""A whole installation for the faults: its own folder, PostgreSQL and processes, kept alive by the real keeper."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings

from recoupe.audit.keys import WITNESSES, make_keys
from recoupe.cli.cluster import Cluster
from recoupe.cli.demo import EMBEDDED
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.health import unready
from recoupe.cli.identity import Identity, end, identify, marked, noted
from recoupe.cli.keeper import sweep
from recoupe.cli.services import MARK, Service, accounts, hand_over, services
from recoupe.cli.visitor import Visitor
from recoupe.config.credentials import whole
from tests.conftest import TEMPLATE
from tests.faults.desk import environment
from tests.folders import copied, quiet_port, repoint
from tests.world import TestAgent, World

DATABASE = "recoupe"
DEBIAN = Path("/usr/lib/postgresql/15/bin")


def until(what: Callable[[], bool], seconds: float = 60, told: str = "it did not happen in time") -> None:
    """Wait for something to become true."""
    limit = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < limit, told
        time.sleep(0.05)


class HouseWorld(World):
    """The agents and rows of an installation that has a folder of its own."""

    def __init__(self, admin_url: str, folder: Folder) -> None:
        super().__init__(admin_url, DATABASE)
        self.folder = folder

    def url(self, role: str) -> str:
        """From the credentials of that folder, not from those of the test session."""
        if role == "admin":
            return self.admin_url
        return urlunsplit(urlsplit(whole(self.folder.credentials / role))._replace(path="/" + self.name))


class House:
    """What `make demo` starts, without the made world."""

    def __init__(
        self, path: Path, binaries: Path | None = None, *, like: Path | None = None, for_tests: bool = True
    ) -> None:
        """`like`: a stopped installation of the same programs, of which this one is a copy; else all is made anew."""
        self.folder = Folder(path)
        self.folder.prepare()
        self.environment = environment(path) | {"RECOUPE_PG_BIN": str(binaries or "")}
        if binaries is None:
            self.environment.pop("RECOUPE_PG_BIN")
        self.cluster = Cluster(path / "pg", binaries, for_tests=for_tests)
        self.addresses = Addresses("127.0.0.1", quiet_port(), quiet_port(), quiet_port())
        self.keeper: subprocess.Popen[bytes] | None = None
        url = self._copied(like) if like else self._made()
        if not (path / "journal").is_dir():
            make_keys(path)
            self._recoupe(url, "journal", "enrol", *WITNESSES)
        self.world = HouseWorld(url, self.folder)
        self.world.declare_made()

    def _made(self) -> str:
        url = self.cluster.start()
        self._recoupe(url, "migrate")
        return url

    def _copied(self, like: Path) -> str:
        for part in (path for path in like.iterdir() if path.is_dir()):
            copied(part, self.folder.path / part.name)
        url = self.cluster.start()
        repoint(self.folder.credentials, url, DATABASE)
        with psycopg.connect(url, autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                admin.execute(f"ALTER DATABASE {TEMPLATE} RENAME TO {DATABASE}".encode())
        return url

    def _recoupe(self, url: str, *verb: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "recoupe.cli.main", *verb],
            env=self.environment | {"RECOUPE_ADMIN_URL": url}, check=True, stdout=subprocess.DEVNULL, timeout=180,
        )  # fmt: skip

    @property
    def services(self) -> list[Service]:
        return services(self.folder, self.addresses, {})

    @property
    def site(self) -> str:
        return f"http://localhost:{self.addresses.port}/"

    def start(self) -> None:
        """The keeper and all that it keeps."""
        self.folder.write_addresses(self.addresses)
        hand_over(self.folder, accounts(self.folder))
        with (self.folder.log / "keeper.log").open("ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-m", "recoupe.cli.main", "demo", "keep"],
                env=self.environment | {EMBEDDED: "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.well(60)
        # What the set-up wrote need not be replayed after each kill.
        self.world.sql("CHECKPOINT")

    def well(self, seconds: float = 60) -> None:
        """Wait until every process answers."""
        until(lambda: not unready(self.services, self.cluster.admin_url), seconds, self.said())

    def said(self) -> str:
        """The last words of all processes."""
        return "\n".join(f"{p.stem}: {p.read_text(errors='replace')[-600:]}" for p in self.folder.log.glob("*.log"))

    def stop(self) -> None:
        """Everything, and the folder."""
        if self.keeper is not None and (identity := identify(self.keeper.pid)):
            end([identity], 60)
            self.keeper.wait(30)
        sweep(self.folder)
        self.cluster.stop()
        shutil.rmtree(self.folder.path, ignore_errors=True)

    # --- who is killed ----------------------------------------------------------------------------------------

    def main(self, name: str) -> Identity:
        """The process of that name which the keeper started."""
        until(lambda: noted(self.folder.note(name)) is not None, 30, f"{name} is not there")
        found = noted(self.folder.note(name))
        assert found is not None
        return found

    def workers(self, name: str) -> list[Identity]:
        """Its children: gunicorn's workers."""
        all_of_them = marked(**{MARK: str(self.folder.path), "RECOUPE_PROCESS": name})
        return [found for found in all_of_them if found != noted(self.folder.note(name))]

    def postmaster(self) -> Identity:
        """Our PostgreSQL."""
        found = identify(int((self.cluster.data / "postmaster.pid").read_text().split()[0]))
        assert found is not None
        return found

    def kill(self, victim: str) -> None:
        """kill -9 of one of them; the keeper, or gunicorn's master, starts it again."""
        if victim == "postgresql":
            self.postmaster().send(signal.SIGKILL)
        elif victim == "web worker":
            self.workers("web")[0].send(signal.SIGKILL)
        else:
            self.main(victim).send(signal.SIGKILL)

    def visitor(self, who: TestAgent) -> Visitor:
        """A desk from which this agent, already signed in, reads and fills forms."""
        made = Visitor(self.site, who.login)
        made.http.cookies.set(settings.SESSION_COOKIE, who.token)
        made.http.follow_redirects = False
        return made

    def drained(self) -> bool:
        """Whether nothing waits for the matcher; a server that is not back yet has not said so."""
        try:
            return self.world.sql("SELECT count(*) FROM intelligence_outbox") == [(0,)]
        except psycopg.OperationalError:
            return False


@contextmanager
def housed(
    path: Path, binaries: Path | None = None, *, like: Path | None = None, for_tests: bool = True
) -> Iterator[House]:
    """An installation for the length of a block."""
    house = House(path, binaries, like=like, for_tests=for_tests)
    try:
        yield house
    finally:
        house.stop()
