"""The installation folder DATA as the starter sees it: its parts, its notes, its locks."""

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from recoupe.cli.cluster import NO_PLACE, REASONS
from recoupe.cli.obstacle import Obstacle
from recoupe.config.paths import ENTRANCE, WATCH_ROOM, data_folder, tool_key
from recoupe.kernel.refusal import gettext_noop

NEEDED_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where one demonstration listens."""

    host: str
    port: int
    portal_port: int
    signin_port: int

    @property
    def name(self) -> str:
        """By what it is called from this machine; passkeys need the name localhost, not its number."""
        return "localhost" if self.host in ("127.0.0.1", "::1", "0.0.0.0", "::") else self.host  # noqa: S104

    @property
    def site(self) -> str:
        """The site of the agents, and of their services' tools."""
        return f"http://{self.name}:{self.port}/"

    def lines(self) -> list[str]:
        """The addresses to open."""
        name = self.name
        return [
            f"  Site des agents : {self.site}",
            f"  Connexion       : http://{name}:{self.signin_port}/",
            f"  Entrer comme un agent inventé, sans clé : http://{name}:{self.signin_port}/{ENTRANCE}",
            f"  Site public     : http://{name}:{self.portal_port}/",
        ]


class Folder:
    """DATA: `pg` (the cluster), `credentials`, `run` (notes of what runs), `log`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or data_folder()
        self.run = self.path / "run"
        self.log = self.path / "log"
        self.credentials = self.path / "credentials"

    def prepare(self) -> None:
        """Make the parts; other accounts may pass through to their own files and see nothing else."""
        try:
            new = [p for p in (self.path, *self.path.parents) if not p.exists()]
            for part in (self.run, self.log, self.credentials):
                part.mkdir(parents=True, exist_ok=True)
            for made in new:
                made.chmod(0o755)
            (self.path / WATCH_ROOM).mkdir(exist_ok=True)
            self.credentials.chmod(0o711)
            self.log.chmod(0o700)
            (self.run / "start.lock").touch()
            if shutil.disk_usage(self.path).free < NEEDED_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            probe = self.run / f"probe.{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise Obstacle(NO_PLACE, folder=str(self.path)) from error
            raise Obstacle(
                gettext_noop(
                    "Impossible d'écrire dans %(folder)s (%(reason)s) : "
                    "choisissez un autre dossier avec DATA=… ou changez ses droits."
                ),
                folder=str(self.path),
                reason=REASONS.get(error.errno or 0, error.strerror or str(error)),
            ) from error

    def note(self, name: str) -> Path:
        """The note of one running process."""
        return self.run / f"{name}.pid"

    def write_addresses(self, addresses: Addresses) -> None:
        """Remember where it listens, for the next start and for the other commands."""
        draft = self.run / "addresses.new"
        draft.write_text(json.dumps(asdict(addresses)) + "\n")
        draft.replace(self.run / "addresses.json")

    def addresses(self) -> Addresses | None:
        """Where it listened last, or None before the first start."""
        try:
            return Addresses(**json.loads((self.run / "addresses.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def accounts(self) -> list[str]:
        """The demonstration accounts, as the world's maker wrote them for people to read."""
        path = self.path / "accounts.txt"
        return path.read_text().rstrip().splitlines() if path.is_file() else []

    @property
    def sample(self) -> Path:
        """The file to try the import with, once the world's maker has written it."""
        return self.path / "fichier-a-importer.csv"

    @property
    def tool_key(self) -> Path:
        """The key of a tool of the made world, once the two persons of the desk have opened it."""
        return tool_key(self.path)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """One start or stop of this folder at a time."""
        with (self.run / "start.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def fresh_folder() -> Path:
    """An empty folder for a bench or a proof, which other accounts can reach; DATA names it from now on."""
    made = Path(tempfile.mkdtemp(prefix="recoupe-labo-"))
    made.chmod(0o755)
    os.environ["DATA"] = str(made)
    return made
