"""Folders that other accounts of the machine reach: pytest closes its own whenever another run of it starts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder for a cluster or a house, gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=f"recoupe-{name}-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
