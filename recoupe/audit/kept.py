"""Files of checkpoints, one JSON object a line: what a witness keeps, and what the notary announces of its keys."""

import json
import os
from pathlib import Path

from recoupe.audit.notes import Checkpoint, read

# In the notary's folder, for everybody: each announcement of a key, oldest first.
ANNOUNCED = "announced.jsonl"


def kept_in(path: Path) -> list[Checkpoint]:
    """The checkpoints of a witness's file; a line that a cut of power left unfinished at its end is none."""
    found = []
    for line in path.read_text().split("\n")[:-1]:
        found.append(read(json.loads(line)["note"]))
    return found


def announced(folder: Path) -> list[Checkpoint]:
    """What the notary of this folder announced; nothing where its key never changed."""
    try:
        return kept_in(folder / ANNOUNCED)
    except (FileNotFoundError, NotADirectoryError):
        return []


def append_durably(path: Path, line: dict[str, object]) -> None:
    """Add one line and flush it; an unfinished one of before a cut is ended first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        stream.seek(0, os.SEEK_END)
        whole = stream.tell()
        if whole:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.seek(0)
                stream.truncate(stream.read().rfind(b"\n") + 1)
        stream.write(json.dumps(line).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
