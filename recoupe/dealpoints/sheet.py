"""All the points that one entitlement reads, in columns, kept by the process: what maps and stocks are counted from.

Row security fills a sheet; nothing is added to it. Two agents share one only if the same of their keys decide, in one
version (`dealpoints.entitlement()`). The base looks at the points of others only while it fills a sheet, and leaves at
a beat; what is asked of a sheet takes a time that depends on one's own points alone (R-25).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from recoupe.access.agent import Agent
from recoupe.access.beat import PAGE_MS, at_beat
from recoupe.dealpoints import dating
from recoupe.dealpoints.enums import DealPointKind, DealPointState
from recoupe.dealpoints.kept import Kept
from recoupe.dealpoints.precision import Precision, cell_middle, squares
from recoupe.kernel.place import Point
from recoupe.reference import queries as reference

STATES, KINDS = tuple(DealPointState), tuple(DealPointKind)
NONE = -1
MOST_BYTES = 384 * 2**20
MOST_DAYS = 24
# From where the server counts its microseconds.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_POINTS = """
    SELECT string_agg(uuid_send(id) || float8send(lon) || float8send(lat) || int4send(uncertainty_m)
        || int2send((array_position(%s::text[], state::text) - 1)::smallint)
        || int2send((array_position(%s::text[], kind::text) - 1)::smallint)
        || int8send(coalesce((SELECT bit_or(1::bigint << (array_position(%s::text[], c::text) - 1))
                                FROM unnest(products) AS c), 0))
        || convert_to(rpad(commune_code, 5) || rpad(array_to_string(departments, ' '), 16), 'UTF8'), ''::bytea)
      FROM dealpoints_dealpoint
"""
_STEPS = """
    SELECT string_agg(uuid_send(point_id) || int4send(step) || timestamptz_send(at) || timestamptz_send(since)
        || int2send((array_position(%s::text[], to_state::text) - 1)::smallint)
        || int4send(coalesce(undoes, 0)), ''::bytea)
      FROM dealpoints_statechange
"""
POINT = np.dtype([
    ("high", ">u8"), ("low", ">u8"), ("lon", ">f8"), ("lat", ">f8"), ("uncertainty", ">i4"), ("state", ">i2"),
    ("kind", ">i2"), ("products", ">i8"), ("commune", "S5"), ("departments", "S16"),
])  # fmt: skip
STEP = np.dtype([
    ("high", ">u8"), ("low", ">u8"), ("step", ">i4"), ("at", ">i8"), ("since", ">i8"), ("to", ">i2"), ("undoes", ">i4"),
])  # fmt: skip
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Life:
    """The steps of the points of a sheet, by point and number: recorded when, since when (µs), to which state."""

    point: NDArray[np.int32]
    at: Whole
    since: Whole
    to: NDArray[np.int8]
    # Of each step that undoes others: from which row of this table to which one, its own not included.
    undone_from: Whole
    undone_by: Whole

    @property
    def size(self) -> int:
        """Bytes."""
        return int(sum(c.nbytes for c in (self.point, self.at, self.since, self.to, self.undone_from, self.undone_by)))

    def states(self, points: int, on: date, known: date) -> NDArray[np.int8]:
        """The state of each point at the end of a day by what was recorded at the end of another; NONE: not there yet.

        The same as `rules.states_at`, for all points at once.
        """
        end, told = ((dating.end_of(day) - EPOCH) // timedelta(microseconds=1) for day in (on, known))
        recorded = self.at < told
        gone = np.zeros(len(self.point) + 1, dtype=np.int32)
        undoing = recorded[self.undone_by]
        np.add.at(gone, self.undone_from[undoing], 1)
        np.add.at(gone, self.undone_by[undoing], -1)
        held = recorded & (self.since < end) & (np.cumsum(gone[:-1]) == 0)
        found = np.full(points, NONE, dtype=np.int8)
        # Where a point has several rows the last one stays: the highest step.
        found[self.point[held]] = self.to[held]
        return found


@dataclass(frozen=True, eq=False)
class Sheet:
    """One row a point, ordered by identifier: the same rows give the same bytes, whatever else the base holds."""

    # What decides it; None: read while its reader was changing a point, and kept for nobody.
    key: tuple[str, int] | None
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    lon: Reals
    lat: Reals
    uncertainty: NDArray[np.int32]
    state: NDArray[np.int8]
    kind: NDArray[np.int8]
    products: Whole
    commune: NDArray[np.bytes_]
    # The codes of those that it concerns, the one in which it lies first, with a space between them.
    departments: NDArray[np.bytes_]
    _days: dict[tuple[date, date], NDArray[np.int8]] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.high)

    @property
    def size(self) -> int:
        """Bytes, with the places of one precision."""
        return 100 * len(self) + 4_096

    def id_of(self, row: int) -> UUID:
        """The identifier of a row."""
        return UUID(int=int(self.high[row]) << 64 | int(self.low[row]))

    def states_at(self, on: date, known: date) -> NDArray[np.int8]:
        """The state of each row at the end of a day as known at the end of another."""
        found = self._days.get((on, known))
        if found is None:
            found = self.life.states(len(self), on, known)
            while len(self._days) >= MOST_DAYS:
                self._days.pop(next(iter(self._days)), None)
            self._days[on, known] = found
        return found

    @cached_property
    def life(self) -> Life:
        """Every step of every row, read when it is first asked for."""
        with at_beat(PAGE_MS):
            raw = np.frombuffer(_packed(_STEPS, [[s.value for s in STATES]]), dtype=STEP)
        return life_of(self, raw)

    def of_products(self, code: str) -> Flags:
        """The rows where that product is sold."""
        codes = [product.code for product in reference.products()]
        found: Flags = (self.products >> codes.index(code)) & 1 == 1
        return found

    @cached_property
    def department(self) -> NDArray[np.bytes_]:
        """The department in which each row lies."""
        found, row_of = np.unique(self.departments, return_inverse=True)
        firsts = np.array([codes.split()[0] for codes in found], dtype="S3")
        return firsts[row_of] if len(self) else np.zeros(0, dtype="S3")

    def lying_in(self, department: str) -> Flags:
        """The rows that lie in a department."""
        found: Flags = self.department == department.encode()
        return found

    def concerning(self, department: str) -> Flags:
        """The rows that concern a department: they lie in it, or within 300 m of its border."""
        found, row_of = np.unique(self.departments, return_inverse=True)
        named = np.array([department.encode() in codes.split() for codes in found], dtype=bool)
        return named[row_of] if len(self) else np.zeros(0, dtype=bool)

    def of_states(self, wanted: Collection[DealPointState], states: NDArray[np.int8] | None = None) -> Flags:
        """The rows in one of these states, now or by the states of another day."""
        numbers = [STATES.index(state) for state in wanted]
        return np.isin(self.state if states is None else states, numbers)

    def places(self, precision: Precision) -> tuple[Reals, Reals]:
        """Where each row is shown: longitudes and latitudes."""
        if precision is Precision.EXACT:
            return self.lon, self.lat
        return self._squares if precision is Precision.GRID else self._communes

    @cached_property
    def _squares(self) -> tuple[Reals, Reals]:
        return squares(self.lon, self.lat)

    @cached_property
    def _communes(self) -> tuple[Reals, Reals]:
        codes, row_of = np.unique(self.commune, return_inverse=True)
        first = {int(code): int(row) for row, code in reversed(list(enumerate(row_of)))}
        middles = [
            commune_middle(code.decode()) or cell_middle(Point(float(self.lon[first[n]]), float(self.lat[first[n]])))
            for n, code in enumerate(codes)
        ]
        lons, lats = np.array([m.lon for m in middles]), np.array([m.lat for m in middles])
        return (lons[row_of], lats[row_of]) if len(self) else (self.lon, self.lat)


def commune_middle(code: str) -> Point | None:
    """The middle of a commune; None when it has no outline."""
    found = reference.commune(code.strip())
    return None if found.lon is None or found.lat is None else Point(found.lon, found.lat)


_SHEETS: Kept[Sheet] = Kept(MOST_BYTES)


def sheet(agent: Agent) -> Sheet:
    """What the agent reads of the points, from what this process keeps when nothing was changed under his keys."""
    key = entitlement(agent)
    if key is not None:
        kept = _SHEETS.get(key[0])
        if kept is not None and kept.key == key:
            return kept
    with at_beat(PAGE_MS):
        raw = np.frombuffer(_packed(_POINTS, _numbers()), dtype=POINT)
    # Kept only if nothing changed meanwhile: else its rows could be those of another key, or of another version.
    still = key if entitlement(agent) == key else None
    made = sheet_of(still, raw)
    if still is not None:
        # The history that may be read with it is four steps a point, more or less.
        _SHEETS.put(still[0], made, made.size * 2)
    return made


def entitlement(agent: Agent) -> tuple[str, int] | None:
    """What decides the agent's sheet, and its version; None while he changes a point himself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entitled, version FROM dealpoints.entitlement()")
        entitled, version = cursor.fetchone()
    return None if version is None else (entitled, version)


def forget() -> None:
    """Keep no sheet."""
    _SHEETS.clear()


def _numbers() -> list[list[str]]:
    return [[s.value for s in STATES], [k.value for k in KINDS], [product.code for product in reference.products()]]


def _packed(query: str, values: list[list[str]]) -> bytes:
    """The single value of a query as the server holds it: 400,000 rows in one piece, none of them made an object."""
    connection.ensure_connection()
    # Django's own cursor binds on this side, and gives bytes as text of twice their length.
    with psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(query.encode(), values, binary=True).fetchone()
        return (row and row[0]) or b""


def sheet_of(key: tuple[str, int] | None, raw: NDArray[np.void]) -> Sheet:
    """The sheet of rows of POINT, in any order."""
    order = np.lexsort((raw["low"], raw["high"]))
    rows = raw[order]
    kinds = {
        "high": np.uint64, "low": np.uint64, "lon": np.float64, "lat": np.float64, "uncertainty": np.int32,
        "state": np.int8, "kind": np.int8, "products": np.int64,
    }  # fmt: skip
    columns = {name: rows[name].astype(kind) for name, kind in kinds.items()}
    return Sheet(key=key, commune=rows["commune"].copy(), departments=rows["departments"].copy(), **columns)


def life_of(of: Sheet, raw: NDArray[np.void]) -> Life:
    """The lives of a sheet's rows from rows of STEP, in any order; a step of another point is left out."""
    high, low = raw["high"].astype(np.uint64), raw["low"].astype(np.uint64)
    point = np.searchsorted(of.high, high)
    last = len(of) - 1
    if last < 0:
        raw, point = raw[:0], point[:0]
    # Two identifiers with the same first half: the next row, until the second half is the same too.
    while (
        len(point)
        and (
            wrong := (point <= last)
            & (of.high[np.minimum(point, last)] == high)
            & (of.low[np.minimum(point, last)] != low)
        ).any()
    ):
        point = point + wrong
    known = (point <= last) & (of.high[np.minimum(point, last)] == high) if len(point) else np.zeros(0, dtype=bool)
    raw, point = raw[known], point[known]
    step = raw["step"].astype(np.int64)
    order = np.lexsort((step, point))
    raw, point, step = raw[order], point[order], step[order]
    undoes = raw["undoes"].astype(np.int64)
    undoing = np.flatnonzero(undoes)
    rank = point.astype(np.int64) << 32 | step
    return Life(
        point=point.astype(np.int32),
        at=raw["at"].astype(np.int64),
        since=raw["since"].astype(np.int64),
        to=raw["to"].astype(np.int8),
        undone_from=np.searchsorted(rank, (point[undoing].astype(np.int64) << 32) | undoes[undoing]),
        undone_by=undoing,
    )
