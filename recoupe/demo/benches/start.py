"""`recoupe bench start`: how long `make demo` takes from a clean clone, and the second time; its own folder, no base.

The parts are those of whoever tries the house: git, make, the environment, PostgreSQL, the made world, the processes.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recoupe.config.paths import PROJECT
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.kernel.refusal import Invalid, gettext_noop

# The made world's own size: what --quick takes a tenth of.
WORLD = 5_000
FIRST_S, SECOND_S = 120.0, 15.0
PATIENCE_S = 900.0
LEFT_OUT = " ; first_start n'est mesuré qu'en entier : un dixième ne dit rien d'un environnement"
NO_CLONE = gettext_noop("Cette mesure demande git, make et un dépôt : lancez-la dans un clone de Recoupe.")
FAILED = gettext_noop("make %(what)s a échoué : « %(last)s ».")
# What the caller's own shell sets must not decide where the measured demonstration lives.
OURS = (
    "DATA",
    "PORT",
    "PORTAL_PORT",
    "SIGNIN_PORT",
    "SCALE",
    "HOST",
    "DATABASE_URL",
    "DETACH",
    "MAKEFLAGS",
    "MAKELEVEL",
)


def start(bench: Bench) -> Iterator[Measure]:
    """The first start is measured at full size alone: a tenth of it says nothing of an environment."""
    reports = f"{bench.reports} fiches de démonstration"
    with _folder() as folder:
        home = _clone(folder / "clone") if bench.full else PROJECT
        with _demonstration(folder / "data", bench.reports / WORLD) as variables:
            first = _timed(home, "demo", variables)
            if bench.full:
                clone = f"dans un clone neuf ({_commit_of(home)}), environnement compris"
                how = f"make demo DETACH=1 {clone}, jusqu'à la réponse"
                yield Measure("first_start", first, "s", how, reports, Target(full=FIRST_S))
            _timed(home, "demo-stop", variables)
            second = _timed(home, "demo", variables)
            how = "make demo DETACH=1 après make demo-stop, même dossier, jusqu'à la réponse de chaque processus"
            how += "" if bench.full else LEFT_OUT
            yield Measure("second_start", second, "s", how, reports, Target(full=SECOND_S))
            again = _timed(home, "demo", variables)
            how = "make demo DETACH=1 alors qu'elle tourne : elle dit ses adresses et rend la main"
            yield Measure("start_while_running", again, "s", how, reports)
            _timed(home, "demo-stop", variables)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that other accounts reach, as each process runs under its own."""
    made = Path(tempfile.mkdtemp(prefix="recoupe-start-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _clone(target: Path) -> Path:
    """What is committed, and nothing else."""
    if shutil.which("git") is None or shutil.which("make") is None or not (PROJECT / ".git").exists():
        raise Invalid(NO_CLONE)
    line = ["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(target)]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Invalid(FAILED, what="git clone", last=_last(done.stdout))
    return target


def _commit_of(home: Path) -> str:
    """The clone's own: the working copy beside it may hold what nobody committed."""
    line = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(line, cwd=home, capture_output=True, text=True, check=False).stdout.strip()


@contextmanager
def _demonstration(data: Path, scale: float) -> Iterator[dict[str, str]]:
    """The variables of one demonstration; whatever happens, nothing of it runs on."""
    ports = dict(zip(("PORT", "PORTAL_PORT", "SIGNIN_PORT"), _free_ports(), strict=True))
    variables = {"DATA": str(data), "SCALE": f"{scale:g}", "DETACH": "1", **ports}
    try:
        yield variables
    finally:
        subprocess.run(
            ["make", "demo-stop", *_settings(variables)], cwd=_maker(data), env=_environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip


def _free_ports() -> tuple[str, ...]:
    """Three that nobody listens on now, each another."""
    with ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in range(3)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return tuple(str(one.getsockname()[1]) for one in found)


def _maker(data: Path) -> Path:
    """Where to stop it from: the clone while it stands, else this very project."""
    clone = data.parent / "clone"
    return clone if (clone / "Makefile").is_file() else PROJECT


def _timed(home: Path, what: str, variables: dict[str, str]) -> float:
    started = time.monotonic()
    with Path(variables["DATA"]).with_name("make.log").open("w+") as log:
        # A pipe would be inherited by what stays running, and its reader would wait for ever.
        done = subprocess.run(
            ["make", what, *_settings(variables)], cwd=home, env=_environment(), stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        took = time.monotonic() - started
        log.seek(0)
        if done.returncode:
            raise Invalid(FAILED, what=what, last=_last(log.read()))
    return took


def _settings(variables: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in variables.items()]


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in OURS and not k.startswith(("RECOUPE_", "DJANGO_"))}


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["aucune trace"])[-1][-200:]
