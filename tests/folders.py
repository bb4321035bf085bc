"""Folders that other accounts of the machine reach: pytest closes its own whenever another run of it starts."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recoupe.cli.cluster import port_is_free, wheel_binaries


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder for a cluster or a house, gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=f"recoupe-{name}-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


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
