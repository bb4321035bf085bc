"""Rows, blocks and packing of many people at once: by a second process while the first one speaks to the base."""

import logging
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from typing import Any

from recoupe.crosscheck.communes import known_communes
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.likeness.parts import Kind
from recoupe.crosscheck.likeness.postings import Words
from recoupe.kernel.matchable import Subject

log = logging.getLogger(__name__)

# Fewer are prepared sooner than they are handed over; one lane alone takes so many.
LEAST = 100
STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Somebody as he is entered: his row packed, under which keys he is searched."""

    packed: bytes
    blocks: Words


def prepared(engine: Engine, kind: Kind, people: Sequence[Subject], today: date) -> list[Prepared]:
    """All of them, in their order."""
    packing = Packing(kind.columns, kind.common)
    rows = (engine.row(one, today) for one in people)
    return [Prepared(packing.pack(row), engine.blocks(row)) for row in rows]


class Helper:
    """A process that prepares; it knows what the matcher knew when it was made, and ends with it."""

    def __init__(self) -> None:
        # What every question needs is read once, before there are two processes.
        known_communes()
        context = multiprocessing.get_context("fork")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_help, args=(theirs, self._line), daemon=True, name="matcher-helper")
        self._process.start()
        theirs.close()
        self._asked = self._told = 0

    def ask(self, mark: str, kind: Kind, people: Sequence[Subject], today: date) -> int | None:
        """The number of the question; None where nobody is there any more."""
        try:
            # Of a transaction that was undone nobody took the answer: it would stop up the line.
            while self._told < self._asked:
                self._receive()
            self._asked += 1
            self._line.send((self._asked, mark, kind, tuple(people), today))
        except (OSError, EOFError) as error:
            self._gone(error)
            return None
        return self._asked

    def answer(self, number: int) -> list[Prepared] | None:
        """What was asked under this number; None where it was not prepared."""
        try:
            found = self._receive()
        except (OSError, EOFError) as error:
            self._gone(error)
            return None
        return None if found is None or self._told != number else [Prepared(*one) for one in found]

    def close(self) -> None:
        """Its end."""
        self._line.close()
        self._process.join(STOP_S)
        if self._process.is_alive():
            self._process.kill()

    def _receive(self) -> list[Any] | None:
        self._told, found = self._line.recv()
        return found  # type: ignore[no-any-return]

    def _gone(self, error: Exception) -> None:
        global _helper
        log.warning("matcher: its second process is gone, %s", type(error).__name__)
        _helper = None


_helper: Helper | None = None


@contextmanager
def helped() -> Iterator[None]:
    """A second process from here to the end; to be opened before any thread and any connection."""
    global _helper
    _helper = made = Helper()
    try:
        yield
    finally:
        _helper = None
        made.close()


class Work:
    """People who are being prepared, elsewhere or once they are asked for."""

    def __init__(self, engine: Engine, kind: Kind, people: Sequence[Subject], today: date) -> None:
        self._asked = (engine, kind, people, today)
        self._helper = _helper if len(people) >= LEAST else None
        self._number = self._helper.ask(engine.mark, kind, people, today) if self._helper else None

    def done(self) -> list[Prepared]:
        """In the order in which they were given."""
        found = self._helper.answer(self._number) if self._helper and self._number is not None else None
        return prepared(*self._asked) if found is None else found


def _help(line: Connection, others: Connection) -> None:
    """Prepare what is asked until the other end is closed, or its process is killed."""
    others.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            number, mark, kind, people, today = line.recv()
        except EOFError:
            return
        line.send((number, _tried(mark, kind, people, today)))


def _tried(mark: str, kind: Kind, people: Sequence[Subject], today: date) -> list[tuple[bytes, Words]] | None:
    """None where another model serves by now, or where something fails: whoever asked does it himself."""
    engine = serving()
    if engine is None or engine.mark != mark:
        return None
    try:
        return [(one.packed, one.blocks) for one in prepared(engine, kind, people, today)]
    except Exception as error:
        log.warning("matcher: not prepared, %s", type(error).__name__)
        return None
