"""The matcher's process: it alone compares what nobody may read together. A lane, a thread."""

import logging
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg import sql

from recoupe.config.paths import matcher_socket
from recoupe.crosscheck import plans
from recoupe.crosscheck.actions.decide import apply_decisions
from recoupe.crosscheck.actions.parking import is_of_a_record, isolate, isolate_targets, retry_due
from recoupe.crosscheck.actions.pull import RECORDS_PER_PULL, pull, pull_targets
from recoupe.crosscheck.actions.reentry import START, begin, sweep, sweep_targets
from recoupe.crosscheck.actions.withdraw import WITHDRAWN_AT_ONCE, settle_targets, withdraw, withdraw_targets
from recoupe.crosscheck.answering import answering
from recoupe.crosscheck.engine import Engine, serving
from recoupe.crosscheck.folding import fold
from recoupe.crosscheck.keys import check_key
from recoupe.crosscheck.nearby import opened
from recoupe.crosscheck.preparing import helped
from recoupe.intelligence.enums import Lane
from recoupe.reference.queries import forget
from recoupe.targets import matching as registry

log = logging.getLogger(__name__)

# Registrations come before the files of the last lane: they are few, and two services wait for each.
LANES = ("express", "bulk")
# What announces that somebody has said something of a weak match; the other announcements are names of lanes.
DECISION = "decision"
# A file is compared in blocks that leave the keys of a form entry free within a fraction of a second.
RECORDS_OF_LANE = {"express": 50, "bulk": RECORDS_PER_PULL}
# An announcement may be lost with its connection: the queue is looked at anyway after this long.
LISTEN_S = 1.0
REFERENCE_S = 60.0
# Also without a restart and without another model the index is looked at once a day.
SWEEP_S = 24 * 3600.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0


@dataclass(slots=True)
class Matcher:
    """The lanes of one matcher; `stop` ends them after the transaction in hand."""

    stop: threading.Event = field(default_factory=threading.Event)
    lanes: tuple[str, ...] = LANES
    limits: dict[str, int] = field(default_factory=lambda: dict(RECORDS_OF_LANE))
    # What higher rooms let this process compare, by the word that announces it: one step each, 0 when nothing waits.
    rooms: Mapping[str, Callable[[], int]] = field(default_factory=dict)
    failed: bool = False
    # Set while whole blocks wait; held while the second thread of the last lane has one in hand.
    _crowd: threading.Event = field(default_factory=threading.Event)
    _second: threading.Lock = field(default_factory=threading.Lock)
    # Set when people were entered; held while files are folded.
    _grown: threading.Event = field(default_factory=threading.Event)
    _folding: threading.Lock = field(default_factory=threading.Lock)
    # Up to where the index was looked at; None once it is whole, until `_swept_at` is a day old or the model changes.
    _upto: UUID | None = START
    _swept_at: float = 0.0
    _served: tuple[str, frozenset[str]] | None = None

    def run(self) -> bool:
        """Drain the lanes until stopped, and say whether all went well; several matchers may share the queue."""
        self._patiently("key", check_key)
        words = (*self.lanes, *self.rooms)
        works = {word: partial(self._listen_and_drain, word) for word in words}
        works |= {
            # Of a file the next block is taken and prepared while the one before it is written and compared.
            "ahead": partial(self._whenever, self._crowd, self._take_ahead),
            "fold": partial(self._whenever, self._grown, self._fold),
        }
        threads = [threading.Thread(target=self._lane, args=work, name=f"matcher-{work[0]}") for work in works.items()]
        with helped(), answering(matcher_socket(), self.stop):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return not self.failed

    def _lane(self, lane: str, work: Callable[[], None]) -> None:
        """A lane that fails for another reason than the database ends them all: half a matcher would look alive."""
        try:
            self._patiently(lane, work)
        except Exception as error:
            # Where it failed and of what class; its text may quote what a record holds.
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("matcher %s: stopped, %s at %s:%s", lane, type(error).__name__, where.filename, where.lineno)
            self.failed = True
            self.stop.set()
            connection.close()

    def _patiently(self, what: str, work: Callable[[], None]) -> None:
        """Do it once to its end, through every absence of the database, until stopped."""
        pause = FIRST_PAUSE_S
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                work()
                break
            except (DatabaseError, InterfaceError, psycopg.Error) as error:
                if time.monotonic() > started + LONGEST_PAUSE_S:
                    pause = FIRST_PAUSE_S
                # A lost connection or a deadlock: the transaction is undone, its records are back in their queue.
                log.warning("matcher %s: %s, retried in %.1f s", what, type(error).__name__, pause)
                connection.close()
                self.stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
        connection.close()

    def _listen_and_drain(self, lane: str) -> None:
        """Listen first, drain then: what is queued in between is announced."""
        with connection.cursor() as cursor:
            # Its name is this role's alone: on a known one any role would hear when the others deposit.
            cursor.execute("SELECT access.channel()")
            cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(cursor.fetchone()[0])))
        read_at = time.monotonic()
        while not self.stop.is_set():
            if time.monotonic() > read_at + REFERENCE_S:
                forget()
                plans.forget()
                read_at = time.monotonic()
            self._drain(lane)
            self._wait(lane)

    def _whenever(self, asked: threading.Event, work: Callable[[], int]) -> None:
        """Beside the lanes: what one of them asks for, until nothing of it is left."""
        while not self.stop.is_set():
            if asked.wait(LISTEN_S):
                asked.clear()
                self._until_empty(work)

    def _fold(self, *, daily: bool = False) -> int:
        engine = serving()
        with self._folding:
            return int(engine is not None and fold(engine, daily=daily))

    def _take_ahead(self) -> int:
        lane = self.lanes[-1]
        try:
            with self._second:
                return pull(lane, self.limits[lane]).records
        except Exception as error:
            if not is_of_a_record(error):
                raise
            # The lane itself finds which.
            return 0

    def _drain(self, lane: str) -> None:
        if lane in self.rooms:
            self._until_empty(self.rooms[lane])
            return
        if lane == self.lanes[0]:
            self._until_empty(apply_decisions)
        if lane == self.lanes[-1]:
            self._until_empty(lambda: self._or_isolate(Lane.ERASURE, WITHDRAWN_AT_ONCE, withdraw))
            retry_due(Lane.ERASURE)
            self._drain_registry()
        self._until_empty(lambda: self._pull(lane))
        retry_due(lane)
        if lane == self.lanes[-1]:
            self._until_empty(lambda: self._look_after_index(lane))

    def _drain_registry(self) -> None:
        """What ended leaves, what was registered is compared, conflicts that two services settled are over."""
        self._until_empty(withdraw_targets)
        self._until_empty(lambda: self._or_alone(lambda: pull_targets(RECORDS_OF_LANE["express"]).records))
        isolate_targets()
        settle_targets()

    def _or_alone(self, work: Callable[[], int]) -> int:
        """Do it; registrations that fail together are tried each alone."""
        try:
            return work()
        except Exception as error:
            if not is_of_a_record(error):
                raise
        return isolate_targets()

    def _look_after_index(self, lane: str) -> int:
        """One page of the index against what is deposited, then what it lacked; 0 when nothing is left to look at."""
        engine = serving()
        a_day_old = self._upto is None and time.monotonic() > self._swept_at + SWEEP_S
        if a_day_old or self._what_serves(engine) != self._served:
            begin(engine)
            self._served, self._upto = self._what_serves(engine), START
        if self._upto is None:
            return 0
        # What is in hand is in no index yet.
        with self._second:
            found = sweep(engine, self._upto)
        self._upto = None if found.whole else found.upto
        if found.whole and sweep_targets(engine):
            self._drain_registry()
        self._swept_at = time.monotonic()
        self._until_empty(lambda: self._pull(lane))
        if found.whole:
            self._until_empty(lambda: self._fold(daily=True))
        return 1

    def _what_serves(self, engine: Engine | None) -> tuple[str, frozenset[str]]:
        """The model, and the files that are the index: either may be replaced while we run."""
        return engine.mark if engine else "", opened()

    def _pull(self, lane: str) -> int:
        """One pull; records with too many selectors for the server's lock table are tried again in smaller blocks."""
        limit = self.limits[lane]
        try:
            records = self._or_isolate(lane, limit, lambda: pull(lane, limit).records)
        except OperationalError as error:
            if limit == 1 or not isinstance(error.__cause__, psycopg.errors.OutOfMemory):
                raise
            self.limits[lane] = limit // 2
            log.warning("matcher %s: too many selectors at once, %d records next", lane, limit // 2)
            return limit
        self.limits[lane] = min(RECORDS_OF_LANE[lane], limit + 1 + limit // 16)
        if lane == self.lanes[-1]:
            self._grown.set()
            if records == RECORDS_OF_LANE[lane]:
                self._crowd.set()
        return records

    def _or_isolate(self, lane: str, limit: int, work: Callable[[], int]) -> int:
        """Do it; when a record may be what fails, find which one and go on with the others."""
        try:
            return work()
        except Exception as error:
            if not is_of_a_record(error):
                raise
        return isolate(lane, limit)

    def _until_empty(self, work: Callable[[], int]) -> None:
        while not self.stop.is_set() and work():
            continue

    def _wait(self, lane: str) -> None:
        """Wait for an announcement that concerns this lane, a second at most."""
        until = time.monotonic() + LISTEN_S
        while not self.stop.is_set() and (left := until - time.monotonic()) > 0:
            for heard in connection.connection.notifies(timeout=left, stop_after=1):
                if heard.payload in (lane, DECISION) or (heard.payload == registry.LANE and lane == self.lanes[-1]):
                    return


def run_until_terminated(rooms: Mapping[str, Callable[[], int]] | None = None) -> bool:
    """Run until SIGTERM or SIGINT; a kill at any moment leaves each record wholly compared or still queued."""
    matcher = Matcher(rooms=rooms or {})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: matcher.stop.set())
    return matcher.run()
