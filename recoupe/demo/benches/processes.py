"""The real processes of the house, started for a bench on its own folder and ended with it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from recoupe.config.paths import PROJECT, data_folder
from recoupe.config.roles import connected_as
from recoupe.demo.loading.door import declare

START_S = 60.0
STOP_S = 30.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Site:
    """A site that a bench started."""

    process: subprocess.Popen[bytes]
    port: int


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """One process of the house, as an installation starts it; what it says is kept in the folder's log."""
    with connected_as("recoupe_owner"), connection.cursor() as cursor:
        declare(cursor)
    log = data_folder() / "log"
    log.mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k != "RECOUPE_PROCESS"}
    # A made world on loopback, as the demonstration is: one account may hold all keys.
    environment |= {"DATA": str(data_folder()), "RECOUPE_DEMO": "1"}
    with (log / f"{command[0]}.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "recoupe.cli.main", *command],
            cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def site() -> Iterator[Site]:
    """The staff site, once it answers."""
    with _served("web", "/sante") as found:
        yield found


@contextmanager
def door() -> Iterator[Site]:
    """The public site, once it answers."""
    with _served("portal", "/") as found:
        yield found


@contextmanager
def _served(name: str, health: str) -> Iterator[Site]:
    port = _free_port()
    with running(name, "--host", HOST, "--port", str(port)) as process:
        _until_ready(process, port, name, health)
        yield Site(process, port)


def proportional_memory(pid: int) -> float:
    """MiB of a process and of all that it started: PSS, which counts a shared page once in all."""
    found = 0
    for one in (pid, *_descendants(pid)):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                found += int(line.split()[1])
    return found / 1024


def _descendants(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    children = [int(child) for child in text.split()]
    return children + [below for child in children for below in _descendants(child)]


def _until_ready(process: "subprocess.Popen[bytes]", port: int, name: str, health: str) -> None:
    limit = time.monotonic() + START_S
    while time.monotonic() < limit and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", health)
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError((data_folder() / "log" / f"{name}.log").read_text(errors="replace")[-2000:])


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        return int(chosen.getsockname()[1])
