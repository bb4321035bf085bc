"""Who a process is: its number and the moment it started, so that a recycled number is never taken for it."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of this machine, for as long as it lives."""

    pid: int
    started: int  # clock ticks since the machine started

    def alive(self) -> bool:
        """Whether that very process still runs; a zombie does not."""
        return identify(self.pid) == self

    def send(self, sign: signal.Signals) -> None:
        """Send a signal to it alone, if it still lives."""
        if self.alive():
            os.kill(self.pid, sign)

    def write(self, path: Path) -> None:
        """Leave a note of it for the next command."""
        draft = path.with_suffix(".new")
        draft.write_text(f"{self.pid} {self.started}\n")
        draft.replace(path)


def identify(pid: int) -> Identity | None:
    """The process that has this number now."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name, in brackets, may itself hold brackets and blanks.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def noted(path: Path) -> Identity | None:
    """The process that a note speaks of, if it still lives."""
    try:
        pid, started = path.read_text().split()
        identity = Identity(int(pid), int(started))
    except (OSError, ValueError):
        return None
    return identity if identity.alive() else None


def marked(**variables: str) -> Iterator[Identity]:
    """Every process that was started with these variables: also those whose parent is gone and left no note."""
    wanted = {f"{name}={value}".encode() for name, value in variables.items()}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if not wanted <= set((folder / "environ").read_bytes().split(b"\0")):
                continue
        except OSError:
            continue
        identity = identify(int(folder.name))
        if identity is not None:
            yield identity


def end(processes: list[Identity], patience: float) -> None:
    """Ask each to end, wait, then kill those that did not."""
    for process in processes:
        process.send(signal.SIGTERM)
    limit = time.monotonic() + patience
    while time.monotonic() < limit and any(process.alive() for process in processes):
        time.sleep(0.05)
    for process in processes:
        process.send(signal.SIGKILL)
