"""The real processes of an installation over the database of a test: their logs, their memory."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from recoupe.cli.cluster import free_port
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.health import unready
from recoupe.cli.services import log_of, services
from recoupe.config.credentials import keep_password
from recoupe.config.files import write_durably
from recoupe.config.paths import data_folder
from recoupe.config.processes import LOGIN_ROLES, PROCESSES
from tests.world import World

HOST = "127.0.0.1"
SITES = ("signin", "web", "portal")
# Not a measure: a request that is not answered by then hangs.
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire; status 0: the server hung up without a word."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Stand:
    """What runs, where it listens, and what may be read of it from outside."""

    folder: Folder
    addresses: Addresses
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def ports(self) -> dict[str, int]:
        """Where each site listens."""
        found = self.addresses
        return {"signin": found.signin_port, "web": found.port, "portal": found.portal_port}

    @property
    def temporary(self) -> Path:
        """Where every process makes its temporary files."""
        return self.folder.path / "tmp"

    def log(self, name: str) -> Path:
        """What a process says."""
        return log_of(self.folder, name)

    def family(self, name: str) -> list[int]:
        """A process and all that it started."""
        return [self.running[name].pid, *_descendants(self.running[name].pid)]

    def resident(self, name: str) -> float:
        """MiB that a process and its children hold in memory, what they share counted once (PSS)."""
        return sum(_kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in self.family(name)) / 1024

    def peak(self, name: str) -> float:
        """MiB that the largest of them ever held."""
        return max(_kib(Path(f"/proc/{pid}/status"), "VmHWM:") for pid in self.family(name)) / 1024

    def ask(self, site: str, request: bytes, method: str = "GET") -> Answer:
        """Send these very bytes on a connection of their own, and read one answer."""
        started = time.perf_counter()
        with socket.create_connection((HOST, self.ports[site]), timeout=PATIENCE_S) as line:
            try:
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before its end: the answer may already be there
            return _read(line, method, started)


def _read(line: socket.socket, method: str, started: float) -> Answer:
    response = HTTPResponse(line, method=method)
    try:
        response.begin()
        body = response.read()
    except TimeoutError:
        raise
    except (HTTPException, OSError):
        return Answer(0, {}, b"", time.perf_counter() - started)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, body, time.perf_counter() - started)


def _kib(path: Path, name: str) -> int:
    try:
        text = path.read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(name))


def _descendants(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [below for child in map(int, text.split()) for below in (child, *_descendants(child))]


def installed(world: World, path: Path) -> Folder:
    """A folder DATA of this database: the same keys as the test session's, the credentials naming `world`."""
    folder = Folder(path)
    folder.prepare()
    for key in (data_folder() / "credentials").glob("*.key"):
        shutil.copy2(key, folder.credentials / key.name)
    for role in LOGIN_ROLES:
        parts, path = urlsplit(world.url(role)), folder.credentials / role
        write_durably(path, urlunsplit(parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}")))
        keep_password(path, parts.password or "")
    return folder


@contextmanager
def standing(world: World, path: Path, names: Sequence[str] = SITES) -> Iterator[Stand]:
    """Those processes, started as an installation starts them, for the length of a block."""
    stand = Stand(installed(world, path), Addresses(HOST, free_port(), free_port(), free_port()))
    stand.temporary.mkdir()
    world.declare_made()
    wanted = [s for s in services(stand.folder, stand.addresses, {}) if s.name in names]
    try:
        for service in wanted:
            with stand.log(service.name).open("ab") as log:
                stand.running[service.name] = subprocess.Popen(
                    service.command, env=dict(service.environment) | {"TMPDIR": str(stand.temporary)},
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip
        _until_well(stand, wanted, world)
        yield stand
    finally:
        for process in stand.running.values():
            process.terminate()
        for process in stand.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_well(stand: Stand, wanted: Sequence[object], world: World) -> None:
    limit = time.monotonic() + PATIENCE_S
    while missing := set(unready(wanted, "")) | _unconnected(stand, world):  # type: ignore[arg-type]
        said = {name: stand.log(name).read_text(errors="replace")[-800:] for name in missing}
        assert time.monotonic() < limit, said
        time.sleep(0.1)


def _unconnected(stand: Stand, world: World) -> set[str]:
    """Those without a page that hold no connection to this database yet."""
    rows = world.sql("SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()")
    here = {row[0] for row in rows}
    return {name for name in stand.running if name not in SITES and PROCESSES[name].role not in here}


def environment_of(pid: int) -> bytes:
    """What a process was told when it started, and its command line."""
    place = Path(f"/proc/{pid}")
    return (place / "environ").read_bytes() + b"\n" + (place / "cmdline").read_bytes()


def is_root() -> bool:
    """Whether we may look into other accounts' processes."""
    return os.geteuid() == 0
