"""Make `.venv` from the lock files, or repair it: make runs this with the machine's own Python."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = {"runtime": "requirements.lock", "test": "requirements-test.lock", "batch": "requirements-batch.lock"}
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


def browser() -> None:
    """Debian's chromium for the browser tests: installed when root, else one line says they are skipped."""
    if shutil.which("chromium"):
        return
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        say(
            "Chromium est absent et ne s'installe qu'en root (apt install chromium) : "
            "les essais de navigateur sont sautés."
        )
        return
    say("Installation de Chromium par apt-get…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["update"],
        ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
    ):
        done = subprocess.run([apt, "-q", *arguments], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise SetupError(
                f"apt-get {arguments[0]} a échoué ({' '.join(last)}) : "
                "vérifiez l'accès aux dépôts de Debian, puis recommencez."
            )


def main(arguments: list[str]) -> int:
    """`runtime`, `test`, `batch` (which lock files) and `browser`, in any order."""
    try:
        (PROJECT / ".cache").mkdir(exist_ok=True)
        with (PROJECT / ".cache" / "environment.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            Environment(PROJECT, [a for a in arguments if a in LOCKS]).prepare()
            if "browser" in arguments:
                browser()
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"Impossible de préparer {error.filename or PROJECT} ({error.strerror}) : vérifiez les droits et la place.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
