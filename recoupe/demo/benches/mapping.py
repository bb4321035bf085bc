"""The shared map: tiles of thirty entitlements, nothing kept and all kept, and the stock of past days.

Ten thousand points and five years of their history, then forty times as many. A tile is timed as the site answers it:
the agent's transaction opened, what he reads, the tile, its entry in the journal, the commit; HTTP alone is left out.
"""

import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import drawing, queries, sheet
from recoupe.dealpoints.drawing import Address, Drawn, Layer
from recoupe.demo import crew
from recoupe.demo.benches.frame import Bench, Measure, Target, percentile
from recoupe.demo.benches.processes import proportional_memory
from recoupe.demo.benches.protected import indexed_afterwards, open_to_owner

SEED = 20190917
TIMES = 40
ENTITLED, TINY_ENTITLED = 30, 4
TILES, TINY_TILES = 40, 6
DAYS, TINY_DAYS = 20, 3
COLD_MS, KEPT_MS, WIDE_MS, STOCK_MS, MEMORY_MIB = Target(50), Target(10), Target(150), Target(300), Target(1536)
# Where the readers serve; the office, which reads them all, comes last.
DEPARTMENTS = ("13", "59", "69", "31", "33", "34", "38", "44", "67", "06", "75", "93")
PLACES = """
    SELECT b.lon, b.lat FROM bench_place b WHERE %s::text = '' OR b.department = %s::text ORDER BY b.slot LIMIT 400
"""
_PLACES = """
CREATE TABLE bench_place AS
SELECT row_number() OVER (ORDER BY c.population DESC, c.code) - 1 AS slot, c.code AS commune,
       c.department_id AS department, c.lon, c.lat, u.id AS cell,
       ARRAY[access.key(u.id, 'cell'), access.key(u.id, 'territory'), access.key(o.id, 'office')] || ARRAY(
        SELECT DISTINCT access.key(a.court_id, 'prosecutor') FROM reference_courtarea a WHERE a.commune_id = c.code
       ) AS readers
  FROM reference_commune c
  JOIN LATERAL (SELECT x.id FROM reference_unit x WHERE x.kind = 'cross' AND c.department_id = ANY (x.departments)
                 ORDER BY x.code LIMIT 1) u ON true
  JOIN reference_unit o ON o.code = 'OFAST'
 WHERE c.lon IS NOT NULL ORDER BY c.population DESC, c.code LIMIT 4000
"""
# A hundred made lives of three to seven steps; a point of rank i leads that of its rank, begun some day of five years.
_POINTS = """
INSERT INTO dealpoints_dealpoint (id, owner_unit_id, readers, created_at, ref, name, kind, lon, lat, uncertainty_m,
    cell_number, commune_code, departments, cells, products, hours, extent, landlord, landlord_siren,
    violence, minors_present, roles_seen, state, state_since, steps, proposed_by_id,
    first_confirmed_at, last_confirmed_at, reoccupation_count)
SELECT md5('point' || i)::uuid, b.cell, b.readers, at, 'PDB-' || lpad(i::text, 8, '0'), 'Point ' || i,
    (ARRAY['street', 'lobby', 'shop', 'delivery'])[1 + i %% 4], p.lon, p.lat, 100,
    floor((p.lat + 90) * 10)::integer * 3600 + floor((p.lon + 180) * 10)::integer, b.commune, ARRAY[b.department],
    ARRAY[b.cell], '{}', '', 'spot', '', '', false, false, '{}', (%(life)s::text[])[n], at, n,
    md5('who')::uuid, at, at, 0
  FROM generate_series(%(first)s::integer, %(last)s::integer) AS i
  JOIN bench_place b ON b.slot = (i * 7919::bigint) %% (SELECT count(*) FROM bench_place)
  CROSS JOIN LATERAL (SELECT 3 + i %% 5 AS n, now() - (i * 104729::bigint %% 1825) * interval '1 day' AS at,
       b.lon + (('x' || substr(md5('x' || i), 1, 6))::bit(24)::integer / 16777216.0 - 0.5) * 0.06 AS lon,
       b.lat + (('x' || substr(md5('y' || i), 1, 6))::bit(24)::integer / 16777216.0 - 0.5) * 0.04 AS lat) p
"""
_STEPS = """
INSERT INTO dealpoints_statechange (id, point_id, step, at, since, actor_id, unit_code, from_state, to_state, motive)
SELECT gen_random_uuid(), p.id, s, p.created_at + (now() - p.created_at) * (s - 1) / (p.steps + 1),
       p.created_at + (now() - p.created_at) * (s - 1) / (p.steps + 1), p.proposed_by_id, 'BANC',
       CASE WHEN s = 1 THEN '' ELSE (%(life)s::text[])[s - 1] END, (%(life)s::text[])[s], ''
  FROM dealpoints_dealpoint p, generate_series(1, p.steps) AS s
 WHERE p.ref BETWEEN 'PDB-' || lpad(%(first)s::text, 8, '0') AND 'PDB-' || lpad(%(last)s::text, 8, '0')
"""
_FEED = """
INSERT INTO access_feed (key, kind, at, id)
SELECT k, 4, p.created_at, p.id FROM dealpoints_dealpoint p, unnest(p.readers) AS k ON CONFLICT DO NOTHING
"""
LIFE = ["REPORTED", "TO_VERIFY", "ACTIVE", "TARGETED", "DISRUPTED", "DISMANTLED", "WATCH"]


@dataclass(frozen=True, slots=True)
class Reader:
    """An agent of the bench, and the places around which he looks."""

    token: str
    places: Sequence[tuple[float, float]]


def mapping(bench: Bench) -> Iterator[Measure]:
    """All measures, on one database: so many points, then forty times as many."""
    with bench.another("bench_map"):
        _lay(1, bench.reports)
        readers = _readers(TINY_ENTITLED if bench.tiny else ENTITLED)
        size = f"{bench.reports} points, cinq ans d'histoire, {len(readers)} habilitations différentes"
        yield from _tiles(bench, readers, size, "", COLD_MS)
        many = TIMES * bench.reports
        _lay(bench.reports + 1, many)
        _forget()
        size = f"{many} points, {len(readers)} habilitations différentes"
        yield from _tiles(bench, readers, size, "_wide", WIDE_MS)
        yield from _stock(bench, readers[-1], f"{many} points, tous lus par l'analyste de l'office")
        how = "PSS du processus, avec tout ce qu'il garde des habilitations, de leurs tuiles et de l'histoire"
        yield Measure("memory", proportional_memory(os.getpid()), "MiB", how, size, MEMORY_MIB)


def _lay(first: int, last: int) -> None:
    """Points of those ranks, their lives and their lines of the lists, as the product's own tables hold them."""
    ranks: dict[str, int | list[str]] = {"first": first, "last": last, "life": LIFE}
    with crew.process("migrate"), connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        if first == 1:
            cursor.execute(_PLACES)
        with ExitStack() as laying:
            for table in ("dealpoints_dealpoint", "dealpoints_statechange", "access_feed"):
                laying.enter_context(open_to_owner(table))
            for table in ("dealpoints_dealpoint", "access_feed"):
                laying.enter_context(indexed_afterwards(table))
            cursor.execute(_POINTS, ranks)
            cursor.execute(_STEPS, ranks)
            cursor.execute(_FEED)
        cursor.execute("VACUUM (ANALYZE) dealpoints_dealpoint, dealpoints_statechange, access_feed")


def _readers(wanted: int) -> list[Reader]:
    """Analysts of cells, investigators and prosecutors of their territories, and last the office: no two read alike."""
    kinds = [
        *((f"CROSS{code}", Role.CROSS_ANALYST, code) for code in DEPARTMENTS),
        *((f"PJ{code}", Role.INVESTIGATOR, code) for code in DEPARTMENTS),
        *((f"TJ{code}", Role.PROSECUTOR, code) for code in DEPARTMENTS[:5]),
    ]
    found = []
    for rank, (unit, role, code) in enumerate([*kinds[: wanted - 1], ("OFAST", Role.OFAST_ANALYST, "")]):
        with crew.process("migrate"), connection.cursor() as cursor:
            cursor.execute(PLACES, [code, code])
            places = [(float(lon), float(lat)) for lon, lat in cursor.fetchall()]
        found.append(Reader(crew.session(f"carte{rank}", unit, role), places))
    return found


def _tiles(bench: Bench, readers: Sequence[Reader], size: str, suffix: str, cold: Target) -> Iterator[Measure]:
    """Each reader's tiles, from the country to the street: nothing kept, then all of it."""
    draw, each = random.Random(SEED), TINY_TILES if bench.tiny else TILES
    took: dict[str, list[float]] = {"cold": [], "kept": [], "first": []}
    with crew.process("web"):
        for reader in readers:
            tiles = dict.fromkeys(_around(draw.choice(reader.places), 5 + n % 10) for n in range(each))
            for name in ("cold", "kept"):
                for at in tiles:
                    started = time.perf_counter()
                    with crew.acting(reader.token) as agent:
                        _answer(agent, at)
                    took[name].append(_since(started))
            took["first"].append(took["cold"][-len(tiles)])
    how = "la première d'une habilitation, ou après un changement : tous ses points lus, au battement"
    yield Measure(f"tile_first_p95{suffix}", percentile(took["first"]), "ms", how, size)
    for name, target, said in (
        ("cold", cold, "tuile jamais demandée, la première comprise"), ("kept", KEPT_MS, "tuile déjà faite"),
    ):  # fmt: skip
        how = f"{said}, des niveaux 5 à 14, journal compris ; médiane {percentile(took[name], 0.5):.1f} ms"
        among = f"{len(took[name])} tuiles, {size}"
        yield Measure(f"tile_{name}_p95{suffix}", percentile(took[name]), "ms", how, among, target)


def _answer(agent: Agent, at: Address) -> Drawn:
    """What the site does of a tile (web/dealpoints/tile.py)."""
    found = drawing.tile(agent, Layer.POINTS, at)
    edges = at.bounds
    bounds = [edges.west, edges.south, edges.east, edges.north]
    record(
        Operation.CONSULT,
        refs=[("dealpoint", point) for point in found.named],
        details={"layer": "dealpoints", "bounds": bounds, "filters": []},
        result_count=found.count,
    )
    return found


def _stock(bench: Bench, office: Reader, size: str) -> Iterator[Measure]:
    """The stock of past days, each asked once, among all the points."""
    draw, took = random.Random(SEED), list[float]()
    with crew.process("web"):
        for n in range(1 + (TINY_DAYS if bench.tiny else DAYS)):
            on = date.today() - timedelta(days=n * 61 + draw.randrange(60))
            with crew.acting(office.token) as agent:
                started = time.perf_counter()
                if not queries.stock_at(agent, on).by_state and n < 10:
                    raise RuntimeError("the past of the bench is empty")
                took.append(_since(started))
    how = "toute l'histoire lue la première fois, gardée ensuite"
    yield Measure("history_first", took[0], "ms", how, size)
    how = f"un jour qui n'a pas été demandé ; médiane {percentile(took[1:], 0.5):.0f} ms"
    yield Measure("stock_p95", percentile(took[1:]), "ms", how, f"{len(took) - 1} jours, {size}", STOCK_MS)


def _around(place: tuple[float, float], zoom: int) -> Address:
    """The tile of a level that holds a place."""
    n = 2**zoom
    y = 0.5 - math.atanh(math.sin(math.radians(place[1]))) / (2 * math.pi)
    return Address(zoom, int((place[0] + 180) / 360 * n), int(y * n))


def _since(started: float) -> float:
    return 1_000 * (time.perf_counter() - started)


def _forget() -> None:
    """What the set-up laid behind the triggers' back is no change that a process could know of."""
    sheet.forget()
    drawing.forget()
