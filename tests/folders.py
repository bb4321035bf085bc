"""Folders that other accounts of the machine reach: pytest closes its own whenever another run of it starts."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from recoupe.cli.cluster import port_is_free, wheel_binaries
from recoupe.config.processes import LOGIN_ROLES


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder for a cluster or a house, gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=f"recoupe-{name}-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def copied(source: Path, target: Path) -> None:
    """A folder as it is, its owners too: the server refuses one that is not its user's own."""
    shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
    for path in (source, *source.rglob("*")):
        status = path.lstat()
        os.chown(target / path.relative_to(source), status.st_uid, status.st_gid, follow_symlinks=False)


def repoint(credentials: Path, url: str, database: str = "") -> None:
    """A copied cluster listens on another port than the one that it was taken from, and may name its base anew."""
    port = psycopg.conninfo.conninfo_to_dict(url)["port"]
    for path in (credentials / role for role in LOGIN_ROLES):
        head, _, tail = path.read_text().strip().rpartition(":")
        path.write_text(f"{head}:{port}/{database or tail.partition('/')[2]}\n")


def quiet_port() -> int:
    """A port that no outgoing connection takes while its server is being killed: below those that Linux lends."""
    return next(port for port in random.sample(range(20_000, 32_000), 100) if port_is_free(port))


HASTY = {"initdb": '--no-sync "$@"', "pg_ctl": '"$@" -o "-c fsync=off -c full_page_writes=off"', "postgres": '"$@"'}


def hasty_programs(place: Path) -> Path:
    """PostgreSQL's programs for RECOUPE_PG_BIN, as they are but for the disk, which no throw-away house waits for."""
    for name, words in HASTY.items():
        made = place / name
        made.write_text(f'#!/bin/sh\nexec "{wheel_binaries() / name}" {words}\n')
        made.chmod(0o755)
    return place
