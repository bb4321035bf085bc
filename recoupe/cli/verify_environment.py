"""Which packages of the lock files this environment lacks, and which have lost files: one JSON object."""

import csv
import json
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

try:
    from packaging.markers import Marker
except ImportError:  # the first look at a new environment: nothing is there yet
    Marker = None  # type: ignore[assignment, misc]

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+))?")


def wanted(lock: Path) -> dict[str, str]:
    """Name and version of what the lock file pins for this machine."""
    found: dict[str, str] = {}
    for line in lock.read_text().splitlines():
        match = PIN.match(line)
        if match and (match[3] is None or (Marker is not None and Marker(match[3].strip()).evaluate())):
            found[match[1]] = match[2]
    return found


def complete(name: str) -> bool:
    """Whether every file that the package installed is there; compiled ones are made again by Python."""
    package = distribution(name)
    record = package.read_text("RECORD")
    if not record:
        return False
    root = str(package.locate_file(""))
    return all(
        os.path.exists(os.path.join(root, row[0]))  # noqa: PTH110, PTH118 - thousands of files at each start
        for row in csv.reader(record.splitlines())
        if row and not row[0].endswith(".pyc")
    )


def main(locks: list[str]) -> int:
    """Print `missing` (absent or of another version) and `damaged` (files lost)."""
    missing: list[str] = []
    damaged: list[str] = []
    for lock in locks:
        for name, version in wanted(Path(lock)).items():
            try:
                same = distribution(name).version == version
            except PackageNotFoundError:
                same = False
            if not same:
                missing.append(name)
            elif not complete(name):
                damaged.append(name)
    print(json.dumps({"missing": missing, "damaged": damaged}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
