"""A service that joins a cell, and leaves it: how long the rows take to follow, and that nobody reads one too early."""

import time
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from recoupe.access import actions, queries, spreading
from recoupe.access.actions import Joining
from recoupe.access.enums import Role
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.protected import WIDE_CELL
from recoupe.intelligence import queries as reports
from recoupe.reference import queries as reference

SERVICE = "GGD13"
NONE = Target(full=0, tenth=0)
WATCH_S = 0.5
QUICK_JOIN_S, QUICK_LEAVE_S = 6.0, 2.0


def measure_spread(bench: Bench) -> Iterator[Measure]:
    """Every report is read by one cell: a service joins it, then leaves; its analyst looks on twice a second."""
    authority = crew.session("autorite.banc", "OFAST", Role.DESIGNATING_AUTHORITY)
    watcher = _Watcher(crew.session(f"referent.{SERVICE.lower()}", SERVICE, Role.CROSS_ANALYST))
    with crew.acting(authority) as agent:
        joining = Joining(reference.unit(WIDE_CELL), reference.unit(SERVICE), date.today())
        joined = actions.join_cell(by=agent, joining=joining, reason=crew.MOTIVE)
    size = f"{bench.reports} fiches et leurs lignes de liste, blocs de {spreading.BLOCK} lignes"
    how = "action de l'autorité, puis la tâche du worker jusqu'à sa dernière ligne"
    limit = None if bench.full else QUICK_JOIN_S
    spent = _followed(joined, watcher, limit)
    yield Measure("spread_join", spent, "s", how if bench.full else f"{how} (arrêté à {limit:g} s)", size)
    if bench.full and not watcher.reads():
        raise RuntimeError("the service that joined reads nothing")
    with crew.acting(authority) as agent:
        actions.leave_cell(by=agent, joined=queries.cell_service(agent, joined), reason=crew.MOTIVE)
    # A part of it says enough: what counts is that nobody reads from the first moment on.
    limit = None if bench.full else QUICK_LEAVE_S
    spent = _followed(joined, watcher, limit)
    said = "retrait ; les lignes sont nettoyées ensuite" + ("" if bench.full else f" (arrêté à {limit:g} s)")
    yield Measure("spread_leave", spent, "s", said, size)
    how = f"{watcher.looks} regards de l'analyste du service pendant les tâches : pages où parut une fiche"
    yield Measure("spread_wrong_pages", watcher.wrong, "pages", how, size, NONE)


class _Watcher:
    """An analyst of the service, who should read nothing by the cell for now."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._last = 0.0
        self.looks = 0
        self.wrong = 0

    def reads(self) -> bool:
        """Whether the first page of his list shows anything."""
        with crew.acting(self._token) as agent:
            return bool(reports.recent(agent).reports)

    def look(self) -> None:
        """From time to time: a row on his page is a wrong one."""
        if time.monotonic() > self._last + WATCH_S:
            with crew.process("web"):
                self.wrong += self.reads()
            self.looks += 1
            self._last = time.monotonic()


def _followed(joined: UUID, watcher: _Watcher, limit: float | None = None) -> float:
    """Seconds of the worker's task; those of whoever looks on are not counted."""
    spent, done = 0.0, False
    while not done and (limit is None or spent < limit):
        watcher.look()
        with crew.process("worker"):
            started = time.monotonic()
            while not done and time.monotonic() < started + WATCH_S:
                done = spreading.step(joined)
            spent += time.monotonic() - started
    return spent
