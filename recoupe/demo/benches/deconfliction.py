"""Conflicts of events: how soon both sides are told with a year of events in the index, and whether any pair is missed.

Places lie where people live (a commune by its population), a fifth of the events are routes of some hundred kilometres,
one in twenty is a zone. Beside the index, in the same run, the boxes that PostgreSQL itself would search (GiST).
"""

import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import psycopg
from psycopg.rows import namedtuple_row

from recoupe.access import context
from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_as
from recoupe.deconfliction import actions, index
from recoupe.deconfliction.models import Window
from recoupe.deconfliction.rules import Limits, buckets, meet
from recoupe.demo.benches import registering
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.kernel import sphere
from recoupe.kernel.place import EARTH_RADIUS_M, Point
from recoupe.operations.rules import Leg, window
from recoupe.reference.enums import UnitKind
from recoupe.reference.models import Commune, Unit

SEED = 20160914
ROUTES, ZONES = 0.2, 0.05
YEAR_S = 365 * 86_400
ASKED, ANSWERED = 2_000, 400
ANSWER_MS, NONE_MISSED = Target(full=100), Target(full=0)
KINDS = (UnitKind.POLICE_UNIT, UnitKind.GENDARMERIE_UNIT, UnitKind.CUSTOMS_UNIT)
REASON = "mesure sur une base d'essai"
_BOXES = """
    SELECT w.* FROM bench_box b JOIN deconfliction_window w ON w.event_id = b.event_id
     WHERE b.place && %s::box AND b.since <= %s AND b.until >= %s AND b.unit_id <> %s
"""
_EVENT = """
    INSERT INTO operations_event (id, owner_unit_id, readers, created_at, ref, label, kind, shape, legs, radius_m,
        commune_code, in_town, zone, starts_at, ends_at, armed, existence, purpose, concerns, author_id, state,
        changed_at, motive, plates, phones, imeis, silent_reason)
    VALUES (%s, %s, ARRAY[access.key(%s, 'unit')], now(), %s, '', 'surveillance', %s, %s, %s, '', %s, 'Europe/Paris',
        %s, %s, true, 'both', 'judicial_inquiry', '{}', %s, 'PLANNED', now(), '', '{}', '{}', '{}', '')
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where events of a bench may be, and whose they are."""

    draw: random.Random
    communes: Sequence[Commune]
    weights: Sequence[int]
    units: Sequence[UUID]
    first: datetime

    def event(self) -> Window:
        """One event of the year."""
        kind = self.draw.random()
        route, zone = kind < ROUTES, ROUTES <= kind < ROUTES + ZONES
        commune = self.draw.choices(self.communes, cum_weights=self.weights)[0]
        since = self.first + timedelta(seconds=self.draw.randrange(YEAR_S))
        start = self._near(Point(commune.lon or 0.0, commune.lat or 0.0), 3_000)
        legs = self._route(start, since) if route else [self._place(start, since)]
        legs = self._zone(legs[0]) if zone else legs
        begins, ends = window(legs)
        return Window(
            event_id=UUID(int=self.draw.getrandbits(128), version=4),
            unit_id=self.draw.choice(self.units),
            author_id=UUID(int=self.draw.getrandbits(128), version=4),
            purpose="judicial_inquiry",
            tells_self=True,
            tells_other=True,
            corridor=route,
            in_town=commune.population >= 20_000,
            armed=self.draw.random() < 0.5,
            radius_m=0 if route or zone else self.draw.choice((50, 100, 200, 500)),
            legs=[leg.row() for leg in legs],
            starts_at=begins,
            ends_at=ends,
            at=self.first,
        )

    def _near(self, point: Point, metres: float) -> Point:
        tall = math.degrees(metres / 6_371_000)
        lat = point.lat + self.draw.uniform(-tall, tall)
        return Point(point.lon + self.draw.uniform(-tall, tall) / math.cos(math.radians(lat)), lat)

    def _place(self, point: Point, since: datetime) -> Leg:
        return Leg(point, point, since, since + timedelta(minutes=self.draw.randrange(30, 480)))

    def _zone(self, place: Leg) -> list[Leg]:
        """Four to twelve corners around a quarter, up to three kilometres from its middle."""
        middle, size, count = place.start, self.draw.uniform(0.001, 0.027), self.draw.randrange(4, 13)
        corners = []
        for n in range(count):
            turn, far = 2 * math.pi * (n + self.draw.uniform(0, 0.4)) / count, size * self.draw.uniform(0.3, 1)
            lon = middle.lon + far * math.sin(turn) / math.cos(math.radians(middle.lat))
            corners.append(Point(lon, middle.lat + far * math.cos(turn)))
        return [Leg(*side, place.since, place.until) for side in sphere.sides(corners)]

    def _route(self, start: Point, since: datetime) -> list[Leg]:
        """Three to six legs of some forty kilometres, half an hour each, more or less in one direction."""
        legs, bearing, here = list[Leg](), self.draw.uniform(0, 2 * math.pi), start
        for n in range(self.draw.randrange(3, 7)):
            turn = bearing + self.draw.uniform(-0.5, 0.5)
            lat = here.lat + 0.36 * math.cos(turn)
            there = Point(here.lon + 0.36 * math.sin(turn) / math.cos(math.radians(lat)), lat)
            begins = since + timedelta(minutes=30 * n)
            legs.append(Leg(here, there, begins, begins + timedelta(minutes=60)))
            here = there
        return legs


def deconfliction(bench: Bench) -> Iterator[Measure]:
    """All measures, on one database."""
    with bench.another("bench_deconfliction") as administrator:
        ground = _ground()
        limits = actions.limits()
        laid = [ground.event() for _ in range(bench.reports)]
        _lay(administrator, laid, limits)
        yield from _exact(bench, administrator, ground, laid)
        yield from _answers(bench, administrator, ground)
        yield from registering.measures(bench, administrator)


def _ground() -> Ground:
    communes = list(Commune.objects.filter(lon__isnull=False, department_id__lt="97").order_by("code"))
    weights, total = [], 0
    for commune in communes:
        total += commune.population
        weights.append(total)
    units = list(Unit.objects.filter(kind__in=KINDS).order_by("code").values_list("id", flat=True))
    return Ground(random.Random(SEED), communes, weights, units, datetime.now(UTC))


def _lay(administrator: str, laid: Sequence[Window], limits: Limits) -> None:
    """Straight into the index, as the matcher would have entered each in its time."""
    names = [str(field.column) for field in Window._meta.concrete_fields]
    with psycopg.connect(administrator) as direct, direct.cursor() as cursor:
        with cursor.copy(f"COPY deconfliction_window ({', '.join(names)}) FROM STDIN") as copy:
            for one in laid:
                row = [getattr(one, field.attname) for field in Window._meta.concrete_fields]
                copy.write_row([json.dumps(value) if isinstance(value, list) else value for value in row])
        with cursor.copy("COPY deconfliction_bucket (number, event_id) FROM STDIN") as copy:
            for one in laid:
                for number in buckets(index.footprint(one, limits), limits.widest):
                    copy.write_row([number, one.event_id])
        direct.commit()
        direct.execute("ANALYZE deconfliction_bucket, deconfliction_window")


def _exact(bench: Bench, administrator: str, ground: Ground, laid: Sequence[Window]) -> Iterator[Measure]:
    """What the index finds against every pair: hours by every row, then the exact rule on all that share an hour."""
    limits = actions.limits()
    since = np.array([one.starts_at.timestamp() for one in laid])
    until = np.array([one.ends_at.timestamp() for one in laid])
    prints = [index.footprint(one, limits) for one in laid]
    wait, missed, invented, pairs = limits.widest.seconds, 0, 0, 0
    asked = bench.share(ASKED, 50)
    took, boxed = list[float](), list[float]()
    with psycopg.connect(administrator) as direct:
        _lay_boxes(direct, laid, limits)
        for _ in range(asked):
            own = ground.event()
            mine = index.footprint(own, limits)
            first, last = own.starts_at.timestamp() - wait, own.ends_at.timestamp() + wait
            near = np.flatnonzero((since <= last) & (until >= first)).tolist()
            true = {laid[i].event_id for i in near if laid[i].unit_id != own.unit_id and meet(mine, prints[i])}
            with connected_as(PROCESSES["matcher"].role), context.service("matcher", REASON):
                started = time.perf_counter()
                found = {one.event_id for one in index.met(own, limits, ground.first)}
                took.append(1_000 * (time.perf_counter() - started))
            started = time.perf_counter()
            _met_by_boxes(direct, own, limits)
            boxed.append(1_000 * (time.perf_counter() - started))
            missed, invented, pairs = missed + len(true - found), invented + len(found - true), pairs + len(true)
    size = f"{asked} événements contre chacun de {len(laid)}, {pairs} conflits"
    how = "l'index contre la force brute, même règle exacte (celle-ci éprouvée à part)"
    yield Measure("missed", missed, "conflits", how, size, NONE_MISSED)
    yield Measure("invented", invented, "conflits", how, size, NONE_MISSED)
    for name, values, said in (
        ("search", took, "l'index : jours × cases"),
        ("boxes", boxed, "boîtes GiST de PostgreSQL"),
    ):
        yield Measure(f"{name}_p50", percentile(values, 0.5), "ms", f"{said}, puis la règle exacte", size)
        yield Measure(f"{name}_p99", percentile(values, 0.99), "ms", f"{said}, puis la règle exacte", size)
    ratio = percentile(took, 0.99) / percentile(boxed, 0.99)
    yield Measure("search_ratio", ratio, "fois", "search_p99 sur boxes_p99, du même passage", size)


def _box(one: Window, metres: float) -> str:
    """All of an event in degrees, wider by so many metres, as PostgreSQL writes a box."""
    lons, lats = [row[n] for row in one.legs for n in (0, 2)], [row[n] for row in one.legs for n in (1, 3)]
    tall = math.degrees((metres + one.radius_m) / EARTH_RADIUS_M)
    wide = tall / math.cos(math.radians(max(lats) + tall))
    return f"(({max(lons) + wide},{max(lats) + tall}),({min(lons) - wide},{min(lats) - tall}))"


def _lay_boxes(direct: "psycopg.Connection[tuple[object, ...]]", laid: Sequence[Window], limits: Limits) -> None:
    direct.execute(
        "CREATE TABLE bench_box (event_id uuid, unit_id uuid, place box, since timestamptz, until timestamptz)"
    )
    with direct.cursor() as cursor, cursor.copy("COPY bench_box FROM STDIN") as copy:
        for one in laid:
            copy.write_row((one.event_id, one.unit_id, _box(one, limits.widest.metres), one.starts_at, one.ends_at))
    direct.execute("CREATE INDEX ON bench_box USING gist (place)")
    direct.execute("ANALYZE bench_box")
    direct.commit()


def _met_by_boxes(direct: "psycopg.Connection[tuple[object, ...]]", own: Window, limits: Limits) -> int:
    """The same question without our index: one box for each event, then the same exact rule."""
    wait = timedelta(seconds=limits.widest.seconds)
    asked = [_box(own, 0), own.ends_at + wait, own.starts_at - wait, own.unit_id]
    mine = index.footprint(own, limits)
    with direct.cursor(row_factory=namedtuple_row) as cursor:
        cursor.execute(_BOXES, asked)
        return sum(meet(mine, index.footprint(Window(**row._asdict()), limits)) for row in cursor.fetchall())


def _answers(bench: Bench, administrator: str, ground: Ground) -> Iterator[Measure]:
    """From the queue to both sides told: index, exact rule, hits, contacts, notices, journal, one transaction."""
    wanted = bench.share(ANSWERED, 20)
    with psycopg.connect(administrator) as direct:
        direct.execute("ALTER TABLE operations_event DISABLE TRIGGER journal_first")
        for n in range(wanted):
            _queue(direct, ground.event(), n)
    took, spent, told = list[float](), list[float](), 0
    with connected_as(PROCESSES["matcher"].role):
        actions.drain()
        for _ in range(wanted - 1):
            started, worked = time.perf_counter(), time.process_time()
            told += actions.drain()
            took.append(1_000 * (time.perf_counter() - started))
            spent.append(1_000 * (time.process_time() - worked))
    size = f"{told} événements comparés, {bench.reports} dans l'index, un cinquième de trajets"
    how = "de la file aux deux côtés avertis, une transaction"
    yield Measure("answer_p99", percentile(took, 0.99), "ms", how, size, ANSWER_MS)
    yield Measure("answer_p50", percentile(took, 0.5), "ms", how, size)
    yield Measure("answer_processor_p99", percentile(spent, 0.99), "ms", "temps du processus seul", size)


def _queue(direct: "psycopg.Connection[tuple[object, ...]]", one: Window, number: int) -> None:
    """An event entered by the administrator, without its journal: what is measured comes after."""
    shape = "corridor" if one.corridor else "point"
    who, what = [one.event_id, one.unit_id, one.unit_id], [f"B-26-{number:06d}", shape, json.dumps(one.legs)]
    where = [one.radius_m, one.in_town, one.starts_at, one.ends_at, uuid4()]
    direct.execute(_EVENT, [*who, *what, *where])
