"""The processes of a running installation: command, environment, account, and how each is seen to work."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recoupe.audit.keys import WITNESSES
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.os_user import OURSELVES, OsUser, named
from recoupe.config.credentials import password_file
from recoupe.config.paths import LIKENESS_ROOM, MATCHER_ROOM, PROJECT, WATCH_ROOM
from recoupe.config.processes import PROCESSES

MARK = "RECOUPE_FOLDER"
# Outside the ranges that Debian and systemd hand out to people and services.
FIRST_UID = 60101
# Who keeps the journal honest; the witnesses of this machine stand in for those of other services.
JOURNAL = ("notary", *WITNESSES)
# The public site knows no database, so its own page says that it works.
HEALTH = {"signin": "/sante", "web": "/sante", "portal": "/"}
# What only the starter may know: an administrator's address never reaches a process.
SECRETS = ("DATABASE_URL", "RECOUPE_ADMIN_URL", "PGPASSWORD", "PGUSER", "PGHOST", "PGSERVICE", "PGPASSFILE")


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    account: OsUser = OURSELVES
    url: str = ""  # answers 200 when it works; empty: it is seen by its connection to the database
    beat: Path | None = None  # a file that it touches each time it has signed


def environment(folder: Folder, addresses: Addresses) -> dict[str, str]:
    """What every process of this folder is told."""
    kept = {k: v for k, v in os.environ.items() if k not in SECRETS}
    hosts = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), addresses.host]
    return kept | {
        "DATA": str(folder.path),
        MARK: str(folder.path),
        "RECOUPE_DEMO": "1",
        "RECOUPE_STAFF_PORT": str(addresses.port),
        "RECOUPE_SIGNIN_PORT": str(addresses.signin_port),
        "RECOUPE_HOSTS": os.environ.get("RECOUPE_HOSTS") or ",".join(dict.fromkeys(hosts)),
        "DJANGO_SETTINGS_MODULE": "recoupe.config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def services(folder: Folder, addresses: Addresses, accounts: Mapping[str, OsUser]) -> list[Service]:
    """The processes of the house, in the order in which they start."""
    shared = environment(folder, addresses)
    ports = {"signin": addresses.signin_port, "web": addresses.port, "portal": addresses.portal_port}
    found = []
    for name in ("signin", "web", "portal", "worker", "matcher"):
        verb = "sign-in" if name == "signin" else name
        command = [sys.executable, "-m", "recoupe.cli.main", verb]
        url = ""
        if name in ports:
            command += ["--host", addresses.host, "--port", str(ports[name])]
            url = f"http://{reachable(addresses.host)}:{ports[name]}{HEALTH[name]}"
        account = accounts.get(name, OURSELVES)
        home = {} if account.uid is None else {"HOME": "/nonexistent"}
        mine = shared | {"RECOUPE_PROCESS": name} | home
        found.append(Service(name, tuple(command), mine, account, url))
    return [*found, *_keepers(folder, shared, accounts)]


def _keepers(folder: Folder, shared: Mapping[str, str], accounts: Mapping[str, OsUser]) -> list[Service]:
    """The notary of the journal and the two witnesses of this machine; a witness knows no database."""
    found = []
    for name in JOURNAL:
        account = accounts.get(name, OURSELVES)
        home = {} if account.uid is None else {"HOME": "/nonexistent"}
        command = (sys.executable, "-m", "recoupe.cli.main", *(["notary"] if name == "notary" else ["witness", name]))
        beat = folder.path / "journal" / name / ("signed" if name == "notary" else "checkpoints.jsonl")
        mine = {**shared, **home, "RECOUPE_PROCESS": name}
        found.append(Service(name, command, mine, account, beat=beat))
    return found


def reachable(host: str) -> str:
    """The address at which this machine itself reaches a listener."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def accounts(folder: Folder) -> dict[str, OsUser]:
    """One account of the machine a process when we are root and they reach code and folder; else none."""
    if os.geteuid() != 0:
        return {}
    names = ("signin", "web", "portal", "worker", "matcher", *JOURNAL)
    known = {name: named(f"recoupe-{name}") for name in names}
    chosen = {name: known[name] or OsUser(FIRST_UID + i, FIRST_UID + i) for i, name in enumerate(names)}
    # A number without a name owns nothing and is of no group: where one of them can work, each can.
    numbered = [chosen[name] for name in names if known[name] is None][:1]
    asked = {*numbered, *(one for one in known.values() if one)}
    return chosen if all(_can_work(account, folder) for account in asked) else {}


def _can_work(account: OsUser, folder: Folder) -> bool:
    """Whether this account can run our Python, import the project and enter the folder."""
    code = "import os, sys, django, recoupe.config.paths; os.stat(sys.argv[1] + '/.')"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder.credentials)],
            cwd=PROJECT,
            env={"PATH": os.defpath, "DATA": str(folder.path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **account.options(),  # type: ignore[call-overload]
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(done.returncode == 0)


def hand_over(folder: Folder, accounts: Mapping[str, OsUser]) -> None:
    """Give each process its own credential and key, which no other process can read."""
    if {"matcher", "web"} <= accounts.keys():
        _give_room(folder.path / MATCHER_ROOM, accounts["matcher"], accounts["web"])
    if {"worker", "web"} <= accounts.keys():
        _give_room(folder.path / WATCH_ROOM, accounts["web"], accounts["worker"])
    for name, account in accounts.items():
        role = [folder.credentials / PROCESSES[name].role] if name in PROCESSES else []
        role += [password_file(path) for path in role]
        own = [folder.credentials / f"{name}.{kind}" for kind in ("seed", "model", "pin")]
        for path in (*role, *folder.credentials.glob(f"{name}*.key"), *own):
            if path.is_file():
                account.give(path, 0o600)
        if name in JOURNAL:
            _give_folder(folder.path / "journal" / name, account)
        if name == "matcher":
            _keep_apart(folder.path / LIKENESS_ROOM, account)


def _keep_apart(path: Path, account: OsUser) -> None:
    """Its own folder, into which no other account looks."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in (path, *path.rglob("*")):
        account.give(one, 0o700 if one.is_dir() else 0o600)


def _give_room(path: Path, owner: OsUser, guest: OsUser) -> None:
    """A folder whose owner makes sockets or files in it for the guest's group, and for nobody else."""
    path.mkdir(parents=True, exist_ok=True)
    if owner.uid is not None and guest.gid is not None:
        os.chown(path, owner.uid, guest.gid)
        path.chmod(0o2710)


def _give_folder(path: Path, account: OsUser) -> None:
    """Its own folder, through which the others may pass to its socket and see nothing else."""
    path.mkdir(parents=True, exist_ok=True)
    for one in (path, *path.iterdir()):
        account.give(one, 0o711 if one.is_dir() else one.stat().st_mode & 0o777)


def log_of(folder: Folder, name: str) -> Path:
    """Where a process writes."""
    return folder.log / f"{name}.log"
