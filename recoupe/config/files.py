"""Small files that must never be found half-written: keys, credentials, what was signed last."""

import os
from pathlib import Path


def write_durably(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a small file so that a cut of power leaves the old one or the new one, whole and for its reader alone."""
    draft = path.with_name(f"{path.name}.new")
    # What a cut left there may have another owner's rights: it is made again, never taken over.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
