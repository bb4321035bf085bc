"""`recoupe web|portal|sign-in`: this program becomes gunicorn, one process of the house."""

import os
import resource
import sys
from argparse import Namespace

from recoupe.cli.obstacle import require_installation
from recoupe.config.safety import refuse_unsafe

# Staff pages weigh; the public site and sign-in are small. A search sleeps until its beat, a deposit until it
# is compared, each in its thread and on its connection: twenty at once must not wait for one another's sleep. Three
# processes on two cores, because the threads of one wait for its interpreter (mean p95 219 ms for 249 with two).
WORKERS = {"web": 3, "portal": 1, "signin": 1}
THREADS = {"web": 8, "portal": 4, "signin": 4}
# What a request brought stays in memory that was given back, until something else is written there: the public site's
# worker goes after so many, and no connection holds it back.
LIVES = {"portal": ("--max-requests", "250", "--keep-alive", "0")}


def command(process: str, host: str, port: int) -> list[str]:
    """gunicorn without access log (it would say who read what) and without a control socket."""
    place = f"[{host}]" if ":" in host else host
    return [
        sys.executable, "-m", "gunicorn", "recoupe.config.wsgi:application",
        "--workers", str(WORKERS[process]), "--threads", str(THREADS[process]), "--bind", f"{place}:{port}",
        "--timeout", "120", "--graceful-timeout", "10", *LIVES.get(process, ("--keep-alive", "5")),
        "--no-control-socket", "--preload", "--log-level", "warning", "--error-logfile", "-",
        "--logger-class", "recoupe.cli.sitelog.DiscreetLogger",
        "--worker-class", "recoupe.cli.fairworker.FairWorker",
    ]  # fmt: skip


def run(arguments: Namespace) -> int:
    """Become it: signals then reach gunicorn itself."""
    require_installation(arguments.serves)
    os.environ["RECOUPE_PROCESS"] = arguments.serves
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recoupe.config.settings")
    refuse_unsafe(arguments.serves, arguments.host)
    # What a site holds in memory, a letter in clear without scripts among it, is never written out by a crash.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    line = command(arguments.serves, arguments.host, arguments.port)
    os.execv(line[0], line)  # noqa: S606 - our own interpreter, by its absolute path
