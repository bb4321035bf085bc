"""A file system of a fixed size, and no byte left on it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.folders import open_folder

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system of a fixed size")


@contextmanager
def small_disk(name: str, size: int) -> Iterator[Path]:
    """A folder on a file system of so many bytes; the test is skipped where none can be mounted."""
    with open_folder(name) as folder:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(disk: Path) -> Path:
    """No byte is left; gives what takes the room."""
    ballast = disk / "ballast"
    # Unbuffered: what the disk does not take is not tried again when the file is closed.
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"x" * 65_536)
        except OSError:
            return ballast
