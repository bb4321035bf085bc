"""Rows, blocks and packing of many people at once: by a second process while the first one speaks to the base."""

import gc
import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import date
from itertools import accumulate, pairwise
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from recoupe.crosscheck.communes import known_communes
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.likeness.packing import Packing
from recoupe.crosscheck.likeness.parts import Kind
from recoupe.crosscheck.likeness.postings import Words
from recoupe.kernel.matchable import Subject

log = logging.getLogger(__name__)

# Fewer are prepared sooner than they are handed over.
LEAST = 100
# Rows held at once; more are no sooner made.
_AT_ONCE = 100
STOP_S = 2.0


# Of many people: their packed rows, their keys one after another, how many each has.
_Bound = tuple[list[bytes], bytes, list[int]]


class Prepared(NamedTuple):
    """Somebody as he is entered: his row packed, under which keys he is searched."""

    packed: bytes
    blocks: Words


def prepared(engine: Engine, kind: Kind, people: Sequence[Subject], today: date) -> list[Prepared]:
    """All of them, in their order."""
    packing = Packing(kind.columns, kind.common)
    found = list[Prepared]()
    for start in range(0, len(people), _AT_ONCE):
        rows = [engine.row(one, today) for one in people[start : start + _AT_ONCE]]
        found += map(Prepared, map(packing.pack, rows), engine.blocks_of_each(rows))
    return found


class Helper:
    """A process that prepares; it knows what the matcher knew when it was made, and ends with it."""

    def __init__(self) -> None:
        # What every question needs is read once, before there are two processes; no collection looks at it again.
        known_communes()
        gc.freeze()
        context = multiprocessing.get_context("fork")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_help, args=(theirs, self._line), daemon=True, name="matcher-helper")
        self._process.start()
        theirs.close()
        self._asked = 0
        self._waiting: dict[int, Future[_Bound | None]] = {}
        self._one_at_a_time = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="matcher-helper-answers", daemon=True)
        self._reader.start()

    def ask(self, mark: str, kind: Kind, people: Sequence[Subject], today: date) -> "Future[_Bound | None]":
        """What will be answered: None where another model serves by then, or where nobody is there any more."""
        future: Future[_Bound | None] = Future()
        with self._one_at_a_time:
            self._asked += 1
            self._waiting[self._asked] = future
            try:
                # What is sent as plain tuples is written and read in a tenth of the time.
                self._line.send((self._asked, mark, kind, [_plain(one) for one in people], today))
            except OSError as error:
                self._gone(error)
        return future

    def close(self) -> None:
        """Its end."""
        with suppress(OSError):
            self._line.send(None)
        self._process.join(STOP_S)
        if self._process.is_alive():
            self._process.kill()
        self._reader.join(STOP_S)
        self._line.close()

    def _read(self) -> None:
        """Answers are taken as they come, whoever waits for which: a line that nobody empties stops both ends."""
        while True:
            try:
                number, found = self._line.recv()
            except (OSError, EOFError) as error:
                self._gone(error)
                return
            if future := self._waiting.pop(number, None):
                future.set_result(found)

    def _gone(self, error: Exception) -> None:
        global _helper
        if _helper is self:
            log.warning("matcher: its second process is gone, %s", type(error).__name__)
            _helper = None
        while self._waiting:
            self._waiting.popitem()[1].set_result(None)


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
        self.kind = kind
        self._asked = (engine, kind, people, today)
        helper = _helper if len(people) >= LEAST else None
        self._answer = helper.ask(engine.mark, kind, people, today) if helper else None

    def done(self) -> list[Prepared]:
        """In the order in which they were given."""
        found = self._answer.result() if self._answer else None
        return prepared(*self._asked) if found is None else _unbound(*found)


def _help(line: Connection, others: Connection) -> None:
    """Prepare what is asked until the other end is closed, or its process is killed."""
    others.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            asked = line.recv()
        except EOFError:
            return
        if asked is None:
            return
        number, mark, kind, people, today = asked
        line.send((number, _tried(mark, kind, [Subject(*one) for one in people], today)))


def _tried(mark: str, kind: Kind, people: Sequence[Subject], today: date) -> _Bound | None:
    """None where another model serves by now, or where something fails: whoever asked does it himself."""
    engine = serving()
    if engine is None or engine.mark != mark:
        return None
    try:
        found = prepared(engine, kind, people, today)
    except Exception as error:
        log.warning("matcher: not prepared, %s", type(error).__name__)
        return None
    keys = np.concatenate([one.blocks for one in found]) if found else np.empty(0, np.uint64)
    return [one.packed for one in found], keys.astype("<u4").tobytes(), [one.blocks.size for one in found]


def _plain(one: Subject) -> tuple[Any, ...]:
    return one.family, one.given, one.aliases, one.birth, one.birth_place, one.selectors


def _unbound(packed: Sequence[bytes], keys: bytes, counts: Sequence[int]) -> list[Prepared]:
    every, ends = np.frombuffer(keys, "<u4").astype(np.uint64), list(accumulate(counts, initial=0))
    return [Prepared(row, every[first:past]) for row, (first, past) in zip(packed, pairwise(ends), strict=True)]
