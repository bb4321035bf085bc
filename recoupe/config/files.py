"""Small files that must never be found half-written: keys, credentials, what was signed last."""

import os
from pathlib import Path


def write_durably(path: Path, text: str, *, mode: int = 0o600, owner_of: Path | None = None) -> None:
    """Replace a small file so that a cut of power leaves the old one or the new one, whole and for its reader alone.

    `owner_of`: the account that reads that file reads this one too.
    """
    draft = path.with_name(f"{path.name}.new")
    # What a cut left there may have another owner's rights: it is made again, never taken over.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            if owner_of and owner_of.exists() and os.geteuid() == 0:
                os.fchown(stream.fileno(), owner_of.stat().st_uid, owner_of.stat().st_gid)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError:
        # A disk without room is not left fuller.
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
