"""Where this installation keeps its things: the folder named by DATA, or ./data beside the code."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """The folder of this installation; every command reads the same variable DATA."""
    return Path(os.environ.get("DATA") or PROJECT / "data").resolve()


def credential(role: str) -> Path:
    """The file that holds one database role's connection address, readable by its process alone."""
    return data_folder() / "credentials" / role


def tool_key(folder: Path) -> Path:
    """In a demonstration, the key of a tool of the made world, for its owner alone."""
    return folder / "tool.key"


# The page of the sign-in process by which one enters as an agent of the made world.
ENTRANCE = "demonstration/"

# The key of the matcher's index: it outlives every restart, as the index would find nothing under another one.
MATCHER_INDEX = "matcher.index"
# The folder of the matcher's socket.
MATCHER_ROOM = "matcher"
# The folder of its files.
LIKENESS_ROOM = "likeness"


def matcher_model() -> Path:
    """The model by which the matcher compares what is alike: it holds names, its account alone reads it."""
    return data_folder() / "credentials" / "matcher.model"


def matcher_folder() -> Path:
    """The files by which the matcher searches who is alike: its account alone reads them."""
    return data_folder() / LIKENESS_ROOM


def secret(process: str) -> Path:
    """The file that holds one process's own random key."""
    return data_folder() / "credentials" / f"{process}.key"


# What is prepared to sign after the notary's key, until it has announced it.
HEIR = "notary.next"


def seed_file(folder: Path, name: str) -> Path:
    """From which the notary or a witness signs: 32 bytes in hexadecimal, or the address of a key in a token."""
    return folder / "credentials" / f"{name}.seed"


# What the address of a socket may hold on Linux, in bytes.
LONGEST_SOCKET = 107


def notary_socket() -> Path:
    """Where the notary of this installation answers its witnesses."""
    return notary_folder() / "notary.sock"


def notary_folder() -> Path:
    """What the notary keeps: what it signed last, for itself, and the announcements of its keys, for everybody."""
    return data_folder() / "journal" / "notary"


def matcher_socket() -> Path:
    """Where the matcher answers the staff site, whose group alone may enter the folder."""
    return data_folder() / MATCHER_ROOM / "matcher.sock"


# What the watch desk reads while the journal refuses: the site appends to it, the worker reads it.
WATCH_ROOM = "watch"


def watch_file() -> Path:
    """The readings of the watch desk that the journal has not taken yet, and those that it has."""
    return data_folder() / WATCH_ROOM / "consultations.jsonl"


def public_key(name: str) -> bytes:
    """What everybody may know of that key."""
    return bytes.fromhex((data_folder() / "journal" / f"{name}.pub").read_text().strip())
