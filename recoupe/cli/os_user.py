"""Under which account of the machine a program runs: never root, and one that reaches its files."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNSHARE = ("unshare", "-U", "--map-user=65534", "--map-group=65534", "--")


@dataclass(frozen=True, slots=True)
class OsUser:
    """How to start a program: as ourselves (uid None), as another account, or behind a user namespace."""

    uid: int | None = None
    gid: int | None = None
    namespaced: bool = False

    def command(self, command: Sequence[str | Path]) -> list[str]:
        """The command line, behind `unshare` where the account is a mapped one."""
        return [*(UNSHARE if self.namespaced else ()), *map(str, command)]

    def run(self, command: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
        """Run to its end under this account, without root's extra groups."""
        return subprocess.run(self.command(command), text=True, check=False, **self.options(), **options)  # type: ignore[call-overload, no-any-return]

    def options(self) -> dict[str, object]:
        """The arguments of subprocess that change the account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path, mode: int) -> None:
        """Make a file or folder this account's own, with exactly these rights."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def reaches(self, *paths: Path) -> bool:
        """Whether this account can enter these folders or run these programs."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return all(self.run(["test", "-x", path], **quiet).returncode == 0 for path in paths)


OURSELVES = OsUser()


def named(name: str) -> OsUser | None:
    """The existing account of that name, or None."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return OsUser(entry.pw_uid, entry.pw_gid)


def owner_of(path: Path) -> OsUser:
    """The account that owns a folder, for root to start again what was first started under it."""
    status = path.stat()
    if os.geteuid() != 0:
        return OURSELVES
    if status.st_uid == 0:
        return OsUser(namespaced=True)
    return OsUser(status.st_uid, status.st_gid)


def unprivileged(candidates: Sequence[str], *paths: Path) -> OsUser:
    """Ourselves when not root; else the first candidate that reaches the paths; else a user namespace."""
    if os.geteuid() != 0:
        return OURSELVES
    for name in candidates:
        account = named(name)
        if account is not None and account.reaches(*paths):
            return account
    return OsUser(namespaced=True)
