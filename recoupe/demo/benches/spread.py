"""A service that joins a cell, and leaves it: how long the rows take to follow, and that nobody reads one too early."""

import time
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.apps import apps

from recoupe.access import actions, queries, spreading
from recoupe.access.actions import Joining
from recoupe.access.enums import Role
from recoupe.access.models import Protected
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.protected import WIDE_CELL
from recoupe.intelligence import queries as reports
from recoupe.reference import queries as reference

SERVICE = "GGD13"
NONE = Target(full=0, tenth=0)
WATCH_S, COUNT_S = 0.5, 5.0
QUICK_JOIN_S, QUICK_LEAVE_S = 6.0, 2.0
TINY_JOIN_S, TINY_LEAVE_S = 0.6, 0.6


def measure_spread(bench: Bench) -> Iterator[Measure]:
    """Every report is read by one cell: a service joins it, then leaves; its analyst looks on twice a second."""
    authority = crew.session("autorite.banc", "OFAST", Role.DESIGNATING_AUTHORITY)
    watcher = Watcher(crew.session(f"referent.{SERVICE.lower()}", SERVICE, Role.CROSS_ANALYST))
    with crew.acting(authority) as agent:
        joining = Joining(reference.unit(WIDE_CELL), reference.unit(SERVICE), date.today())
        joined = actions.join_cell(by=agent, joining=joining, reason=crew.MOTIVE)
    size = f"{bench.reports} fiches et leurs lignes de liste, blocs de {spreading.BLOCK} lignes"
    how = "action de l'autorité, puis la tâche du worker jusqu'à sa dernière ligne"
    limit = None if bench.full else TINY_JOIN_S if bench.tiny else QUICK_JOIN_S
    spent = _followed(joined, watcher, limit)
    yield Measure("spread_join", spent, "s", how if bench.full else f"{how} (arrêté à {limit:g} s)", size)
    if bench.full and not watcher.reads():
        raise RuntimeError("the service that joined reads nothing")
    with crew.acting(authority) as agent:
        actions.leave_cell(by=agent, joined=queries.cell_service(agent, joined), reason=crew.MOTIVE)
    # A part of it says enough: what counts is that nobody reads from the first moment on.
    limit = None if bench.full else TINY_LEAVE_S if bench.tiny else QUICK_LEAVE_S
    spent = _followed(joined, watcher, limit)
    said = "retrait ; les lignes sont nettoyées ensuite" + ("" if bench.full else f" (arrêté à {limit:g} s)")
    yield Measure("spread_leave", spent, "s", said, size)
    how = (
        f"{watcher.looks} regards de l'analyste du service pendant les tâches, {watcher.counts} comptes de tout ce"
        " qu'il peut lire par SQL : ceux où parut une ligne"
    )
    yield Measure("spread_wrong_pages", watcher.wrong, "pages", how, size, NONE)


class Watcher:
    """An analyst of the service, who should read nothing by the cell for now, on his page or by any statement."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._last = self._counted = 0.0
        self.looks = 0
        self.counts = 0
        self.wrong = 0
        with crew.process("web"):
            self._own = self._rows()

    def reads(self) -> bool:
        """Whether the first page of his list shows anything."""
        with crew.acting(self._token) as agent:
            return bool(reports.recent(agent).reports)

    def _rows(self) -> int:
        """How many rows of any table with readers he may select: a wrong one need not stand on the first page."""
        with crew.acting(self._token):
            kinds = [model for model in apps.get_models() if issubclass(model, Protected)]
            return sum(kind._default_manager.count() for kind in kinds)

    def look(self) -> None:
        """From time to time: a row on his page is a wrong one; more seldom, as it takes longer, any row more."""
        if time.monotonic() <= self._last + WATCH_S:
            return
        with crew.process("web"):
            self.wrong += self.reads()
            if time.monotonic() > self._counted + COUNT_S:
                self.wrong += self._rows() > self._own
                self.counts += 1
                self._counted = time.monotonic()
        self.looks += 1
        self._last = time.monotonic()


def _followed(joined: UUID, watcher: Watcher, limit: float | None = None) -> float:
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
