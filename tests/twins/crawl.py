"""Thirty identities ask a world what may be asked; two worlds' answers are held against each other, byte by byte."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from django.apps import apps

from recoupe.access.enums import Role
from recoupe.demo import discovery
from tests.discovery.test_discovery import OWN_RULE
from tests.furnished import Furnished
from tests.twins.still import Still, still
from tests.world import TestAgent, World

# All that is masked, and why it is no leak. Nonces need no mask: in this mode they come from the keyed hash (still.py).
NONCES: tuple[tuple[bytes, str], ...] = (
    (
        rb"; expires=\w{3}, [^;\n]{20,26}GMT",
        "the end of a cookie, counted by the machine's clock, which does not stand; "
        "its Max-Age says the same and is compared",
    ),
)
# Addresses that an identity who reads more rows of one table alone is not held to, and why that is no leak.
OWED = {
    "journal/": ("audit_entry", "a dpo reads every line of the journal, and the object has its own (P-29)"),
    "journal/repartition/": ("audit_entry", "a dpo counts every line of the journal, those of the object too (P-29)"),
}
# The map of the country, of Lyon and of Marseille.
WINDOWS = tuple(f"/carte/points.geojson?bbox={box}" for box in (
    "-5.2,41.3,9.6,51.1", "4.77,45.70,4.90,45.81", "5.228,43.169,5.533,43.392"))  # fmt: skip
# The same in tiles, points and heat, today and on a past day; and the density of departments.
TILES = ("/carte/?layer=density", *(f"/carte/tuiles/{tile}" for tile in (
    "points/5/16/11.mvt", "points/10/525/366.mvt", "points/14/8410/5855.mvt", "heat/5/16/11.mvt",
    "heat/10/527/373.mvt", "points/5/16/11.mvt?on=2026-01-31")))  # fmt: skip
# Each list from its newest row on, as from a later page: what is added stands in it.
OLDER = tuple(f"/{name}/?before=2199-12-31T00%3A00%3A00%2B00%3A00~ffffffff-ffff-4fff-8fff-ffffffffffff" for name in (
    "renseignements", "recoupements", "contacts", "points", "objectifs"))  # fmt: skip
# Further agents, so that thirty-five ask; with those of tests/furnished.py every role asks from several places.
MORE = (
    ("neighbour", Role.INVESTIGATOR, "PJ84"), ("analyst next door", Role.CROSS_ANALYST, "CROSS84"),
    ("head next door", Role.CROSS_HEAD, "CROSS06"), ("colleague", Role.INVESTIGATOR, "PJ13"),
    ("antenna", Role.INVESTIGATOR, "ANT13"), ("pole", Role.UNIT_HEAD, "OFAST-OPS"),
    ("duty of customs", Role.DUTY_OFFICER, "DED13"), ("judge of the region", Role.EXAMINING_JUDGE, "JIRS13"),
    ("prosecutor next door", Role.PROSECUTOR, "TJ13A"), ("gendarme there", Role.INVESTIGATOR, "SR59"),
    ("head there", Role.UNIT_HEAD, "PJ59"), ("gendarme", Role.INVESTIGATOR, "SR84"),
    ("second customs", Role.INVESTIGATOR, "DED13"),
)  # fmt: skip


def askers(house: Furnished, depositor: TestAgent) -> dict[str, TestAgent]:
    """Everybody who asks: those of the house, the depositor, and others of every role."""
    more = {name: house.world.agent(role, unit) for name, role, unit in MORE}
    found = house.people | more | {"depositor": depositor}
    assert len(found) == 35
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: a page, or a search with its words."""

    path: str
    route: str
    fields: tuple[tuple[str, str], ...] = ()
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """All that comes back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def bytes(self) -> bytes:
        """As one text, nonces masked."""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers)
        whole = f"{self.status}\n{head}\n\n".encode() + self.body
        for pattern, _ in NONCES:
            whole = re.sub(pattern, b"", whole)
        return whole


@dataclass(frozen=True, slots=True)
class Parted:
    """A page on which two worlds differ."""

    who: str
    asked: Asked
    first: bytes
    second: bytes

    @property
    def size(self) -> int:
        """How many bytes lie between what both begin and end with."""
        start = next((i for i, (a, b) in enumerate(zip(self.first, self.second, strict=False)) if a != b), None)
        if start is None:
            return abs(len(self.first) - len(self.second))
        tails = zip(reversed(self.first[start:]), reversed(self.second[start:]), strict=False)
        end = next((i for i, (a, b) in enumerate(tails) if a != b), 0)
        return max(len(self.first), len(self.second)) - start - end

    @property
    def lines(self) -> tuple[list[bytes], list[bytes]]:
        """The lines that one has and the other has not."""
        one, two = self.first.split(b"\n"), self.second.split(b"\n")
        return [line for line in one if line not in set(two)], [line for line in two if line not in set(one)]

    def __str__(self) -> str:
        gone, come = (b"\n".join(lines)[:700].decode(errors="replace") for lines in self.lines)
        asked = f"{self.who} {self.asked.method} {self.asked.path} {dict(self.asked.fields)}"
        return f"{asked}: {self.size}\n- {gone}\n+ {come}"


@dataclass
class Crawler:
    """Asks one world; what was asked before is not asked again."""

    world: World
    shift: Still
    told: dict[tuple[str, Asked], Answer] = field(default_factory=dict)

    def ask(self, who: str, agent: TestAgent, questions: Sequence[Asked]) -> list[Answer]:
        """The answers to one identity; each starts its own stream of chance, and a browser that knows nothing yet."""
        for asked in questions:
            if (who, asked) not in self.told:
                client = self.world.client(agent)
                self.shift.step(f"{who}|{asked}")
                given = client.generic(asked.method, asked.path) if asked.method == "GET" and not asked.fields \
                    else getattr(client, asked.method.lower())(asked.path, dict(asked.fields))  # fmt: skip
                # Django keeps cookies apart from its headers until they leave.
                cookies = (("Set-Cookie", line) for line in given.cookies.output(header="").split("\r\n") if line)
                headers = (*sorted(given.headers.items()), *sorted(cookies))
                self.told[who, asked] = Answer(given.status_code, headers, discovery.body(given))
        return [self.told[who, asked] for asked in questions]


def crawl(crawler: Crawler, wanted: dict[str, list[Asked]], people: dict[str, TestAgent]) -> None:
    """All questions to one world, its clock standing."""
    still(crawler.world, crawler.shift.at, "crawl")
    with crawler.shift.standing(), crawler.world.process("web"):
        for who, questions in wanted.items():
            crawler.ask(who, people[who], questions)


def parted(one: Crawler, two: Crawler, wanted: dict[str, list[Asked]]) -> list[Parted]:
    """Where two worlds that were asked the same do not answer the same."""
    found = []
    for who, questions in wanted.items():
        for asked in questions:
            first, second = one.told[who, asked].bytes(), two.told[who, asked].bytes()
            if first != second:
                found.append(Parted(who, asked, first, second))
    return found


class Questions:
    """What there is to ask: every page, every object's address (those of the other world too), every search."""

    def __init__(
        self, house: Furnished, ids: dict[str, list[str]], words: Sequence[str], learning: Iterable[str]
    ) -> None:
        self.words = words
        self.book = discovery.AddressBook(discovery.routes(), ids)
        starts = ["/", *("/" + r.pattern for r in self.book.routes if r.readable and not r.parameters)]
        self.met: list[discovery.Visit] = []
        for name in learning:
            self.met += discovery.visits(house.world.client(house.people[name]).get, starts, most=45)
        self.book.learn(self.met)

    def lists(self, roles: frozenset[str]) -> Iterator[Asked]:
        """Pages of no object."""
        for route in self._open(roles):
            if not route.parameters:
                yield Asked("/" + route.pattern, route.pattern)

    def queries(self, roles: frozenset[str]) -> Iterator[Asked]:
        """Lists from a place in the middle, windows of the map, and whatever a page offered to ask by a query."""
        open_to = {route.pattern for route in self._open(roles)}
        offered = dict.fromkeys(link for page in self.met for link in page.links if "?" in link)
        for path in (*WINDOWS, *TILES, *OLDER, *offered):
            route = discovery.pages.match(path)[0]
            if route in open_to:
                yield Asked(path, route)

    def objects(self, roles: frozenset[str], among: frozenset[str] | None = None) -> Iterator[Asked]:
        """Pages of objects: all of them, or those of these identifiers."""
        for route in self._open(roles):
            if route.parameters:
                for path in self.book.addresses(route):
                    if among is None or not among.isdisjoint(path.split("/")):
                        yield Asked(path, route.pattern)

    def searches(self, roles: frozenset[str]) -> Iterator[Asked]:
        """Each search, each of its empty fields, each word."""
        open_to = {route.pattern for route in self.book.routes if route.roles is not None and route.roles & roles}
        for form in discovery.offered(self.met, lambda target: target.search):
            route = discovery.pages.match(form.path)[0]
            if route in open_to:
                for name, values in form.fields.items():
                    for word in self.words if not any(values) else ():
                        yield Asked(form.path, route, ((name, word),), form.method)

    def _open(self, roles: frozenset[str]) -> Iterator[discovery.Route]:
        for route in self.book.routes:
            if route.readable and route.roles is not None and (not route.roles or route.roles & roles):
                yield route

    def draw(self, agent: TestAgent, many: int, added: frozenset[str], chance: random.Random) -> list[Asked]:
        """So many questions of one identity, evenly from lists, added objects, searches, queries and the rest."""
        roles = frozenset(str(role) for role in agent.roles)
        heaps = [list(self.lists(roles)), list(self.objects(roles, added)), list(self.searches(roles)),
                 list(self.queries(roles)), list(self.objects(roles))]  # fmt: skip
        for heap in heaps:
            chance.shuffle(heap)
        mixed = dict.fromkeys(asked for asked in chain.from_iterable(zip_longest(*heaps)) if asked is not None)
        return list(mixed)[:many]


def rows_added(one: World, two: World, tables: Iterable[str]) -> dict[str, frozenset[str]]:
    """Which rows the second world has and the first one lacks, by table."""
    found = {}
    for table in tables:
        key = MODELS[table]._meta.pk.column
        shown = [{str(i) for (i,) in world.sql(f"SELECT {key} FROM {table}")} for world in (one, two)]
        if shown[1] - shown[0]:
            found[table] = frozenset(shown[1] - shown[0])
    return found


def reads(world: World, agent: TestAgent, rows: dict[str, frozenset[str]]) -> set[str]:
    """The tables of which this identity may read some of these rows."""
    with world.acting(agent):
        return {table for table, keys in rows.items() if MODELS[table]._default_manager.filter(pk__in=keys).exists()}


# Kinds of objects, and what has a rule of its own (tests/discovery names them).
MODELS = {table: kind.model for table, kind in discovery.kinds().items()} | {
    model._meta.db_table: model for model in apps.get_models() if model._meta.db_table in OWN_RULE
}
