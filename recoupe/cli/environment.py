"""Make `.venv` from the lock files, or repair it: make runs this with the machine's own Python."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = {
    "runtime": "requirements.lock",
    "test": "requirements-test.lock",
    "token": "requirements-token.lock",
    "batch": "requirements-batch.lock",
}
VERIFY = Path(__file__).with_name("verify_environment.py")
# An environment under construction carries this file; one that still has it was interrupted.
UNFINISHED = ".unfinished"
PROJECT_STAMP = ".project"


class SetupError(Exception):
    """The set-up cannot go on; the text says what to do."""


def say(text: str) -> None:
    """A line of progress."""
    print(text, flush=True)


class Environment:
    """One virtual environment and the lock files that it must hold."""

    def __init__(self, project: Path, parts: list[str]) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.python = self.folder / "bin" / "python"
        self.locks = [project / LOCKS[part] for part in parts]
        self.uv = shutil.which("uv")

    def prepare(self) -> None:
        """Nothing when all is there; the missing packages; or everything again when it is damaged."""
        if self.folder.exists() and not self._sound():
            say("L'environnement .venv est incomplet ou abîmé : il est refait.")
            shutil.rmtree(self.folder)
        if not self.folder.exists():
            self._create()
        for lock in self.locks:
            if self._verdict(lock)["missing"]:
                self._install(lock)
        self._install_project()
        self._compile_translations()

    def _sound(self) -> bool:
        if (self.folder / UNFINISHED).exists() or not self._python_runs():
            return False
        verdict = self._verdict(*self.locks)
        return not verdict["damaged"]

    def _python_runs(self) -> bool:
        try:
            code = subprocess.run(
                [self.python, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            ).returncode
        except OSError:
            return False
        return code == 0

    def _verdict(self, *locks: Path) -> dict[str, list[str]]:
        """Which pinned packages are missing and which lack files, as the environment itself sees it."""
        done = subprocess.run([self.python, "-I", VERIFY, *locks], capture_output=True, text=True, check=False)
        if done.returncode:
            return {"missing": [], "damaged": [done.stderr.strip()]}
        found: dict[str, list[str]] = json.loads(done.stdout)
        return found

    def _create(self) -> None:
        say("Création de l'environnement Python .venv…")
        if self.uv is None and (find_spec("ensurepip") is None or find_spec("venv") is None):
            raise SetupError(
                "Il manque le paquet python3-venv : installez-le (apt install python3-venv), puis recommencez."
            )
        self.folder.mkdir()
        (self.folder / UNFINISHED).touch()
        command = (
            [self.uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(self.folder)]
            if self.uv
            else [sys.executable, "-m", "venv", str(self.folder)]
        )
        self._run(command, "L'environnement Python n'a pas pu être créé")
        (self.folder / UNFINISHED).unlink()

    def _install(self, lock: Path) -> None:
        wanted = sum("==" in line for line in lock.read_text().splitlines())
        say(f"Installation de {wanted} paquets ({lock.name})…")
        (self.folder / UNFINISHED).touch()
        self._run(
            [*self._installer(), "--require-hashes", "--no-deps", "-r", str(lock)],
            f"Les paquets de {lock.name} n'ont pas pu être installés",
        )
        verdict = self._verdict(lock)
        if verdict["missing"] or verdict["damaged"]:
            raise SetupError(
                f"Après l'installation il manque encore {verdict} : recommencez, l'environnement sera refait."
            )
        (self.folder / UNFINISHED).unlink()

    def _install_project(self) -> None:
        stamp = self.folder / PROJECT_STAMP
        wanted = hashlib.sha256((self.project / "pyproject.toml").read_bytes()).hexdigest()
        script = self.folder / "bin" / "recoupe"
        if script.is_file() and stamp.is_file() and stamp.read_text() == wanted:
            return
        say("Installation de Recoupe dans .venv…")
        self._run(
            [*self._installer(), "--no-deps", "--no-build-isolation", "-e", str(self.project)],
            "Recoupe n'a pas pu être installé dans .venv",
        )
        stamp.write_text(wanted)

    def _compile_translations(self) -> None:
        """Only when a catalogue is newer than its compiled form, which is never committed."""
        for source in self.project.glob("recoupe/locale/*/LC_MESSAGES/*.po"):
            done = source.with_suffix(".mo")
            if not done.is_file() or done.stat().st_mtime < source.stat().st_mtime:
                command = [str(self.folder / "bin" / "recoupe"), "messages"]
                self._run(command, "Les traductions n'ont pas pu être compilées")
                return

    def _installer(self) -> list[str]:
        if self.uv:
            return [self.uv, "pip", "install", "--quiet", "--python", str(self.python)]
        return [
            str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
            "--progress-bar", "off", "--root-user-action", "ignore",
        ]  # fmt: skip

    def _run(self, command: list[str], failure: str) -> None:
        """Run with a dot for each package; on failure the program's own last lines and ours."""
        lines: list[str] = []
        began = last = time.monotonic()
        with subprocess.Popen(
            command, cwd=self.project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if time.monotonic() - last > 5:
                    last = time.monotonic()
                    fetched = sum(seen.startswith("Collecting ") for seen in lines)
                    say(f"  … {fetched} paquets reçus, {last - began:.0f} s")
        if process.returncode:
            raise SetupError(
                "\n".join([*lines[-12:], f"{failure} : voyez ces lignes (réseau, disque, droits), puis recommencez."])
            )


@dataclass(frozen=True)
class Program:
    """A program of Debian's that tests drive, where it then stands, and what is skipped without it."""

    packages: tuple[str, ...]
    stands: str
    skipped: str

    def absent(self) -> bool:
        """Whether it is not on this machine; what only root starts is not on everybody's path."""
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        return not (Path(self.stands).exists() if "/" in self.stands else shutil.which(self.stands, path=path))


CHROMIUM = Program(("chromium", "fonts-dejavu-core"), "chromium", "les essais de navigateur")
SERVER = "/usr/lib/postgresql/15"
PROGRAMS = (
    CHROMIUM,
    Program(("postgresql-15",), f"{SERVER}/bin/postgres", "les essais sur le PostgreSQL 15 de Debian"),
    Program(("postgresql-15-pgaudit",), f"{SERVER}/lib/pgaudit.so", "les essais qui comptent ce que le serveur fait"),
    Program(("pgbouncer",), "pgbouncer", "les essais derrière un relais de connexions"),
    Program(("softhsm2",), "softhsm2-util", "les essais d'une clé dans un jeton"),
    Program(("poppler-utils",), "pdftotext", "les essais qui relisent ce qui s'imprime"),
)
# Written before the server comes: it is installed for its programs, and no cluster of it may run.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
# And what its packages start is not started, where nobody has decided of it yet.
NO_SERVICE = Path("/usr/sbin/policy-rc.d")


def programs() -> None:
    """Debian's programs for the tests: installed when root, else one line each says what is skipped."""
    wanted = [program for program in PROGRAMS if program.absent()]
    apt = shutil.which("apt-get")
    if not wanted:
        return
    if os.geteuid() != 0 or apt is None:
        for program in wanted:
            name = program.packages[0]
            say(f"{name} est absent et ne s'installe qu'en root (apt install {name}) : {program.skipped} sont sautés.")
        return
    _apt(apt, "update")
    with _nothing_started(server=any(program.stands.startswith(SERVER) for program in wanted)):
        for program in wanted:
            say(f"Installation de {program.packages[0]} par apt-get…")
            try:
                _apt(apt, "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold",
                     *program.packages)  # fmt: skip
            except SetupError as refused:
                # Another Debian may not carry it: what it would have tried is reported as skipped.
                if program is CHROMIUM:
                    raise
                say(f"{refused} Jusque-là, {program.skipped} sont sautés.")


def _apt(apt: str, *arguments: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([apt, "-q", *arguments], env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise SetupError(
            f"apt-get {arguments[0]} a échoué ({' '.join(last)}) : "
            "vérifiez l'accès aux dépôts de Debian, puis recommencez."
        )


@contextmanager
def _nothing_started(*, server: bool) -> Iterator[None]:
    """Inside, a package that comes starts no service and makes no cluster."""
    if server and not NO_CLUSTER.exists():
        NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        NO_CLUSTER.write_text("create_main_cluster = false\n")
    ours = not NO_SERVICE.exists()
    if ours:
        NO_SERVICE.write_text("#!/bin/sh\nexit 101\n")
        NO_SERVICE.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            NO_SERVICE.unlink()


def main(arguments: list[str]) -> int:
    """`runtime`, `test`, `token`, `batch` (which lock files) and `browser`, in any order."""
    try:
        (PROJECT / ".cache").mkdir(exist_ok=True)
        with (PROJECT / ".cache" / "environment.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            Environment(PROJECT, [a for a in arguments if a in LOCKS]).prepare()
            if "browser" in arguments:
                programs()
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"Impossible de préparer {error.filename or PROJECT} ({error.strerror}) : vérifiez les droits et la place.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
