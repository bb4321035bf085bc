"""Keeps the processes of one folder alive until it is told to end: starts them, watches, starts again, ends them."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from recoupe.cli.cluster import Cluster
from recoupe.cli.folder import Folder
from recoupe.cli.identity import Identity, end, identify, marked
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.services import MARK, Service, log_of
from recoupe.config.paths import PROJECT

LOG_BYTES = 20 * 1024 * 1024
PATIENCE = 12.0
ORPHANS_PATIENCE = 3.0
LONGEST_PAUSE = 30.0
# A process that lived this long did start; its next death is a new one, not the same failure again.
SETTLED = 10.0
# One that somebody killed did not fail: it is back at once, and a second later when it had just started.
KILLED_PAUSE = 1.0


def say(text: str) -> None:
    """A line of the keeper's own log."""
    print(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}", flush=True)


class Kept:
    """One process under watch."""

    def __init__(self, service: Service, folder: Folder) -> None:
        self.service = service
        self.folder = folder
        self.child: subprocess.Popen[bytes] | None = None
        self.born = 0.0
        self.not_before = 0.0
        self.failures = 0

    def start(self) -> None:
        """Start it and leave a note of who it is; workers of a killed master hold its port and go first."""
        mine = {MARK: str(self.folder.path), "RECOUPE_PROCESS": self.service.name}
        end(list(marked(**mine)), ORPHANS_PATIENCE)
        log = log_of(self.folder, self.service.name)
        if log.is_file() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        options: dict[str, Any] = self.service.account.options()
        with log.open("ab") as stream:
            self.child = subprocess.Popen(
                self.service.account.command(self.service.command), cwd=PROJECT,
                env=dict(self.service.environment), stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, start_new_session=True, umask=0o077, **options,
            )  # fmt: skip
        self.born = time.monotonic()
        identity = identify(self.child.pid)
        if identity is not None:
            identity.write(self.folder.note(self.service.name))

    def watch(self) -> None:
        """Start it again when it has ended, ever more slowly while it keeps failing."""
        now = time.monotonic()
        if self.child is None:
            if now >= self.not_before:
                self.start()
            return
        code = self.child.poll()
        if code is None:
            return
        pause = self._pause(code, now - self.born > SETTLED)
        say(f"{self.service.name} s'est arrêté (code {code}) ; nouveau départ dans {pause:.0f} s")
        self.child = None
        self.not_before = now + pause

    def _pause(self, code: int, settled: bool) -> float:
        """Seconds until it is started again."""
        if code == -signal.SIGKILL:
            return 0.0 if settled else KILLED_PAUSE
        self.failures = 1 if settled else self.failures + 1
        return 0.0 if self.failures == 1 else min(2.0 ** (self.failures - 1), LONGEST_PAUSE)


class Keeper:
    """All processes of one folder and, when it is ours, their PostgreSQL."""

    def __init__(
        self, folder: Folder, services: list[Service], cluster: Cluster | None,
        moved: Callable[[], None],
    ) -> None:  # fmt: skip
        self.folder = folder
        self.kept = [Kept(service, folder) for service in services]
        self.cluster = cluster
        self.moved = moved
        self.url = cluster.admin_url if cluster else ""
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sign, lambda *_: self.stopping.set())
        try:
            while not self.stopping.is_set():
                self._watch_cluster()
                for kept in self.kept:
                    kept.watch()
                self.stopping.wait(0.3)
        finally:
            self.stop()

    def _watch_cluster(self) -> None:
        if self.cluster is None or self.cluster.running():
            return
        say("PostgreSQL s'est arrêté ; nouveau départ")
        try:
            url = self.cluster.start(say)
        except Obstacle as obstacle:
            say(str(obstacle))
            self.stopping.wait(5)
            return
        if url != self.url:
            # Its port was taken meanwhile: every credential names the former one.
            self.url = url
            self.moved()
            end([p for kept in self.kept if kept.child and (p := identify(kept.child.pid))], PATIENCE)

    def stop(self) -> None:
        """End the processes, then the workers that outlived them, then PostgreSQL."""
        say("Arrêt")
        end([p for kept in self.kept if kept.child and (p := identify(kept.child.pid))], PATIENCE)
        sweep(self.folder)
        for kept in self.kept:
            if kept.child is not None:
                kept.child.wait()
        if self.cluster is not None:
            self.cluster.stop()
        sys.stdout.flush()


def sweep(folder: Folder) -> list[Identity]:
    """End whatever a former run of this folder left behind, and forget its notes; returns what was found."""
    left = list(marked(**{MARK: str(folder.path)}))
    end(left, PATIENCE)
    for note in folder.run.glob("*.pid"):
        if note.stem != "keeper":
            note.unlink()
    return left
