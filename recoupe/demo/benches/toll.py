"""What need-to-know costs over HTTP: the same site and base, with it and without it by turns.

Nothing in the product can switch it off: `without.sql` is laid by the database's administrator, here alone, on the
base of this bench, and refuses any other.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from threading import Barrier

import psycopg
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.demo import crew
from recoupe.demo.benches import typed
from recoupe.demo.benches.frame import Bench, Measure, Target
from recoupe.demo.benches.processes import Site, running, site
from recoupe.demo.benches.visitor import Visitor
from recoupe.intelligence import queries
from recoupe.intelligence.rules import BUDGET_RULE

CLIENTS = 8
# Of ten pages: lists, records, writings.
LISTS, RECORDS, WRITES = 6, 3, 1
TURNS, SECONDS = 8, 8.0
QUICK_TURNS, QUICK_SECONDS, TINY_SECONDS = 3, 1.5, 0.5
DEADLOCKS = 10
COST = Target(full=20, tenth=20)
UNITS = ("PJ59", "PJ69")


@dataclass(frozen=True, slots=True)
class Client:
    """One agent who reads lists and records and writes reports."""

    token: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """How many pages in how long."""

    pages: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Served") -> "Served":
        return Served(self.pages + other.pages, self.seconds + other.seconds)


class Switch:
    """Need-to-know on or off in the base of the bench."""

    def __init__(self, administrator: str) -> None:
        self._administrator = administrator
        self._kept: list[str] = []

    def __str__(self) -> str:
        return "politiques ôtées, clés jamais comparées"

    def off(self, tokens: list[str]) -> None:
        """Every row to everybody, no reader key computed or compared; sessions are still checked, all is journaled."""
        _patiently(lambda: self._off(tokens))

    def _off(self, tokens: list[str]) -> None:
        with psycopg.connect(self._administrator) as direct:
            tables = direct.execute(_PROTECTED).fetchall()
            self._kept = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for (table,) in tables]
            self._kept += [row[0] for row in direct.execute(_REPLACED).fetchall()]
            direct.execute(files(__package__).joinpath("without.sql").read_bytes())
            for token in tokens:
                direct.execute("SELECT pg_temp.remember(%s)", [token])
            for (table,) in tables:
                direct.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY".encode())

    def on(self) -> None:
        """The product's own functions and policies again."""
        _patiently(self._on)

    def _on(self) -> None:
        with psycopg.connect(self._administrator) as direct:
            for statement in self._kept:
                direct.execute(statement.encode())


class JournalSwitch(Switch):
    """The journal on or off in the base of the bench: nothing is written, and no write is asked for its entry."""

    def _off(self, tokens: list[str]) -> None:
        with psycopg.connect(self._administrator) as direct:
            self._kept = [row[0] for row in direct.execute(_JOURNAL).fetchall()]
            direct.execute(files(__package__).joinpath("without_journal.sql").read_bytes())

    def __str__(self) -> str:
        return "aucune entrée écrite ni exigée"


def _patiently(change: Callable[[], None]) -> None:
    """The sites work meanwhile: a change that meets them in a deadlock is undone, and made again."""
    for left in reversed(range(DEADLOCKS)):
        try:
            change()
        except psycopg.errors.DeadlockDetected:
            if not left:
                raise
        else:
            return


_PROTECTED = """
SELECT c.oid::regclass::text FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace
"""
_REPLACED = """
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
 WHERE p.oid IN ('access.open(text)'::regprocedure,
                 'access.feed(smallint, integer, timestamptz, uuid)'::regprocedure)
"""


_JOURNAL = """
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
 WHERE p.oid IN ('audit.record(text,text[],text[],jsonb,uuid,integer)'::regprocedure,
                 'audit.demand_entry()'::regprocedure)
"""


def measure_toll(bench: Bench, administrator: str) -> Iterator[Measure]:
    """Pages a second of eight clients; each turn lasts as long with it as without it."""
    crew.set_parameter(BUDGET_RULE, 1_000_000)
    clients = clients_of_pages()
    switch = Switch(administrator)
    turns, seconds = (TURNS, SECONDS) if bench.full else (QUICK_TURNS, QUICK_SECONDS)
    if bench.tiny:
        turns, seconds = 1, TINY_SECONDS
    spent = {"with": Served(), "without": Served()}
    with running("matcher"), site() as staff:
        served(staff, clients, seconds / 2, 0)
        for turn in range(turns):
            # Who comes first changes: a base that grows, or a machine that tires, favours neither.
            for state in ("with", "without") if turn % 2 else ("without", "with"):
                if state == "without":
                    switch.off([client.token for client in clients])
                spent[state] += served(staff, clients, seconds, 1 + turn)
                if state == "without":
                    switch.on()
    rates = {state: done.pages / done.seconds for state, done in spent.items()}
    how = (
        f"{LISTS * 10} % listes, {RECORDS * 10} % fiches, {WRITES * 10} % dépôts par formulaire, sur le site réel ; "
        f"avec {rates['with']:.1f} pages/s, sans (politiques ôtées, clés jamais comparées) {rates['without']:.1f}"
    )
    size = f"{bench.reports} fiches, {CLIENTS} clients, {turns} tours de {seconds:g} s avec et sans, en alternance"
    yield Measure("need_to_know_cost", 100 * (1 - rates["with"] / rates["without"]), "%", how, size, COST)
    yield Measure("pages_with_need_to_know", rates["with"], "pages/s", "la part « avec » de la mesure précédente", size)


def clients_of_pages() -> list[Client]:
    made = []
    for rank in range(CLIENTS):
        unit = UNITS[rank % len(UNITS)]
        token = crew.session(f"page{rank}.{unit.lower()}", unit, Role.INVESTIGATOR)
        with crew.acting(token) as agent:
            shown = queries.recent(agent).reports
        made.append(Client(token, tuple(reverse("report-page", args=[report.id]) for report in shown)))
    return made


def served(staff: Site, clients: list[Client], seconds: float, turn: int) -> Served:
    """What all clients together were given; any other answer than the one awaited ends the bench."""
    start = Barrier(len(clients) + 1)

    def client(rank: int) -> int:
        who, done, draw = clients[rank], 0, random.Random(f"{turn}:{rank}")
        visitor = Visitor(who.token, staff.port)
        asked = _asked(visitor, who, draw, 100_000 * turn + 10_000 * rank)
        deck: list[int] = []
        start.wait()
        limit = time.perf_counter() + seconds
        while time.perf_counter() < limit:
            deck = deck or draw.sample(range(LISTS + RECORDS + WRITES), k=LISTS + RECORDS + WRITES)
            asked(deck.pop())
            done += 1
        visitor.close()
        return done

    with ThreadPoolExecutor(len(clients)) as pool:
        running_clients = [pool.submit(client, rank) for rank in range(len(clients))]
        start.wait()
        started = time.perf_counter()
        pages = sum(one.result() for one in running_clients)
        return Served(pages, time.perf_counter() - started)


def _asked(visitor: Visitor, who: Client, draw: random.Random, first: int) -> Callable[[int], None]:
    listed, form = reverse("report-list"), reverse("report-new")
    numbers = iter(range(first, first + 10_000))

    def ask(card: int) -> None:
        if card < LISTS:
            awaited, answer = HTTPStatus.OK, visitor.get(listed)
        elif card < LISTS + RECORDS:
            awaited, answer = HTTPStatus.OK, visitor.get(draw.choice(who.records))
        else:
            awaited, answer = HTTPStatus.FOUND, visitor.post(form, typed.fields(next(numbers), ""))
        if answer.status != awaited:
            raise RuntimeError(f"the site answered {answer.status} instead of {awaited}")

    return ask
