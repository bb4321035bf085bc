"""Folders that other accounts of the machine reach: pytest closes its own whenever another run of it starts."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recoupe.cli.cluster import port_is_free


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
