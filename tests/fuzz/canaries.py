"""Canaries and the places in which they are looked for; silence counts where a control is found (R-75)."""

import base64
import ctypes
import json
import os
import random
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.types.string import ByteaBinaryLoader

CONSONANTS = "bcdfghjklmnpqrstvwxz"
# Of inotify: made, moved here, or written and closed.
MADE, MOVED, CLOSED = 0x100, 0x80, 0x8


def mark(seed: int, what: str) -> str:
    """A word that is nobody's: letters that a name may hold, one of them outside ASCII so that each encoding shows."""
    chance = random.Random(f"{seed} {what}")
    return "".join(chance.choices(CONSONANTS, k=4)).capitalize() + "é" + "".join(chance.choices(CONSONANTS, k=5))


def spellings(word: str) -> dict[str, set[bytes]]:
    """Every way in which the bytes of a word may stand in a file, by encoding."""
    bare = word.replace("é", "e")
    texts = {word, word.lower(), word.upper(), bare, bare.lower(), bare.upper()}
    found: dict[str, set[bytes]] = {
        "plain": {text.encode(code) for text in texts for code in ("utf-8", "latin-1")},
        "UTF-16": {text.encode(code) for text in texts for code in ("utf-16-le", "utf-16-be")},
        "URL": {form(quote(text)).encode() for text in texts for form in (str, _low_escapes)},
        "base64": {form for text in texts for form in _base64(text.encode())},
        "hex": {form.encode() for text in texts for form in (text.encode().hex(), text.encode().hex().upper())},
        "escaped": {form for text in texts for form in _escaped(text)},
    }  # fmt: skip
    return found


def _low_escapes(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda met: met[0].lower(), text)


def _base64(content: bytes) -> Iterator[bytes]:
    """At each of the three offsets, without the letters that its neighbours decide; in both alphabets."""
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\x00" * offset + content)
            yield whole[-(-offset * 8 // 6) if offset else 0 : (offset + len(content)) * 8 // 6]


def _escaped(text: str) -> Iterator[bytes]:
    r"""As JSON, Python, PostgreSQL and HTML write what is not ASCII: é, \xc3\xa9, \303\251, &#233;."""
    yield json.dumps(text)[1:-1].encode()
    yield repr(text.encode())[2:-1].encode()
    yield re.sub(r"\\x(..)", lambda met: f"\\{int(met[1], 16):03o}", repr(text.encode())[2:-1]).encode()
    yield text.encode("ascii", "xmlcharrefreplace")


@dataclass(frozen=True)
class Net:
    """Looks for several words, in all spellings."""

    words: tuple[str, ...]

    @cached_property
    def forms(self) -> list[bytes]:
        """All spellings of all words, the longest first."""
        found = {form for word in self.words for kind in spellings(word).values() for form in kind}
        return sorted(found, key=len, reverse=True)

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """One expression for all."""
        return re.compile(b"|".join(map(re.escape, self.forms)))

    def caught(self, content: bytes) -> list[str]:
        """What was found, with what stands around it."""
        if not any(form in content for form in self.forms):
            return []
        found = self.pattern.finditer(content)
        return [
            repr(content[max(0, met.start() - 80) : met.end() + 40]) for met, _ in zip(found, range(5), strict=False)
        ]

    def in_files(self, paths: Iterable[Path]) -> list[str]:
        """The same, by file; one that is gone meanwhile is not there."""
        found = []
        for path in paths:
            try:
                content = path.read_bytes() if path.is_file() else b""
            except OSError:
                continue
            found += [f"{path}: {caught}" for caught in self.caught(content)]
        return found


# --- the database --------------------------------------------------------------------------------------------------


def tables(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Every table of every schema but the server's own; only the set-up writes the reference."""
    rows = connection.execute(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        " AND c.relname NOT LIKE 'reference\\_%%'"
        " ORDER BY 1"
    ).fetchall()
    return [str(row[0]) for row in rows]


def columns_with(connection: psycopg.Connection[tuple[object, ...]], words: Iterable[str]) -> dict[str, list[str]]:
    """In which columns of which tables a word stands in any spelling; a bytea is looked into as its bytes."""
    net, found = Net(tuple(words)), dict[str, list[str]]()
    for table in tables(connection):
        with connection.cursor(binary=True) as cursor:
            # As its bytes: a moment without end has no value of Python's.
            cursor.adapters.register_loader("timestamptz", ByteaBinaryLoader)
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.SQL(table)))
            names = [str(column.name) for column in cursor.description or ()]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    content = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    if name not in found.get(table, ()) and net.pattern.search(content):
                        found.setdefault(table, []).append(name)
    return found


# --- files that come and go ----------------------------------------------------------------------------------------


class Watch:
    """What appears in some folders while it looks, however short it stays (inotify)."""

    def __init__(self, *folders: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK)
        self._names = {
            self._libc.inotify_add_watch(self._handle, os.fsencode(folder), MADE | MOVED | CLOSED): folder
            for folder in folders
        }

    def seen(self) -> list[str]:
        """The paths since the last look."""
        found: list[str] = []
        while True:
            try:
                data = os.read(self._handle, 65_536)
            except BlockingIOError:
                return found
            while data:
                which, _, _, length = struct.unpack_from("iIII", data)
                name = data[16 : 16 + length].rstrip(b"\0").decode(errors="replace")
                found.append(str(self._names[which] / name))
                data = data[16 + length :]

    def close(self) -> None:
        """Look away."""
        os.close(self._handle)


def unlinked(pid: int) -> list[Path]:
    """Files that a process holds open and that have no name any more."""
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return []
    found = []
    for handle in handles:
        try:
            if os.readlink(handle).endswith("(deleted)") and handle.is_file():  # noqa: PTH115 - the words, not a path
                found.append(handle)
        except OSError:
            continue
    return found
