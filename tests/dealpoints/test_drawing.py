"""Tiles and their encoding: every point once, named or counted, wherever it lies; the same rows, the same bytes."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.dealpoints import drawing, mvt, rules
from recoupe.dealpoints.drawing import HEAT_SQUARES, MOST_DRAWN, MOST_ZOOM, Address, Drawn, Layer
from recoupe.dealpoints.enums import DealPointKind, DealPointState
from recoupe.dealpoints.filters import Filters
from recoupe.dealpoints.kept import Kept
from recoupe.dealpoints.mvt import Dot
from recoupe.dealpoints.precision import Precision
from recoupe.dealpoints.rules import Change
from recoupe.dealpoints.sheet import STATES, Sheet
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid
from tests.dealpoints.sheets import lives, made, read, tile_of

S = DealPointState
E, G, C = Precision.EXACT, Precision.GRID, Precision.COMMUNE
WORLD = Address(0, 0, 0)
lons = st.floats(-180, 180, allow_nan=False)
lats = st.floats(-90, 90, allow_nan=False)


def drawn(
    of: Sheet,
    at: Address = WORLD,
    layer: Layer = Layer.POINTS,
    precision: Precision = E,
    filters: Filters | None = None,
) -> Drawn:
    return drawing.draw(drawing.narrowed(of, precision, filters or Filters(), None), layer, at)


def total(content: bytes) -> int:
    layers = read(content)
    return len(layers.get("points", [])) + sum(int(said["n"]) for _, _, said in layers.get("counts", []))


# -- the encoding ------------------------------------------------------------------------------------------------------
@given(
    st.lists(st.tuples(st.integers(-64, 5000), st.integers(-64, 5000), st.text(), st.integers(0, 2**40)), max_size=8)
)
def test_what_is_written_is_read_again(rows: list[tuple[int, int, str, int]]) -> None:
    dots = [Dot(x, y, {"id": text, "n": number}) for x, y, text, number in rows]
    found = read(mvt.tile({"points": dots, "none": []}))
    assert found == ({"points": [(x, y, {"id": text, "n": n}) for x, y, text, n in rows]} if rows else {})


def test_no_point_no_byte() -> None:
    assert mvt.tile({"points": []}) == b""
    assert drawn(made([])).content == b""


def test_a_number_below_zero_is_not_written_wrongly() -> None:
    with pytest.raises(ValueError, match="negative"):
        mvt.tile({"points": [Dot(0, 0, {"n": -1})]})


# -- addresses ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("zoom", "x", "y"), [(99, 0, 0), (-1, 0, 0), (0, 1, 0), (3, 8, 0), (3, 0, 8), (16, 0, 0), (5, 10**30, 0)]
)
def test_a_tile_off_the_map_is_refused(zoom: int, x: int, y: int) -> None:
    with pytest.raises(Invalid) as refused:
        Address.parse(zoom, x, y)
    assert refused.value.params["most"] == MOST_ZOOM


def test_the_edges_of_a_tile_are_those_of_its_neighbours() -> None:
    here = Address(6, 32, 23).bounds
    assert here.west == 0.0
    assert here.east == Address(6, 33, 23).bounds.west
    assert here.south == Address(6, 32, 24).bounds.north
    assert Address(1, 0, 0).bounds.south == 0.0
    assert here.south < 43.3 < here.north


# -- every point once --------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(lons, lats), max_size=40), st.integers(0, 4), st.sampled_from([E, G]))
def test_every_point_of_the_world_stands_in_one_tile(
    places: list[tuple[float, float]], zoom: int, precision: Precision
) -> None:
    """At 180 degrees, at the poles and on the edges of tiles too."""
    of = made(places)
    each = [drawn(of, Address(zoom, x, y), precision=precision) for x in range(2**zoom) for y in range(2**zoom)]
    assert sum(one.count for one in each) == len(places)
    assert sum(total(one.content) for one in each) == len(places)
    assert all(len(one.named) <= MOST_DRAWN for one in each)
    named = [point for one in each for point in one.named]
    assert len(named) == len(set(named)) == sum(len(read(one.content).get("points", [])) for one in each)


def test_the_date_line_and_the_poles_have_their_tile() -> None:
    assert drawn(made([(180.0, 0.5)]), Address(3, 7, 3)).count == 1
    assert drawn(made([(-180.0, 0.5)]), Address(3, 0, 3)).count == 1
    assert drawn(made([(0.5, 90.0)]), Address(3, 4, 0)).count == 1
    assert drawn(made([(0.5, -90.0)]), Address(3, 4, 7)).count == 1


def test_few_points_of_a_street_stand_one_by_one_and_many_are_counted() -> None:
    near = [(5.3698 + n * 1e-5, 43.2965) for n in range(MOST_DRAWN + 1)]
    street = tile_of(*near[0], 14)
    few, many = drawn(made(near[:-1]), street), drawn(made(near), street)
    assert (len(few.named), few.count) == (MOST_DRAWN, MOST_DRAWN)
    assert many.count == MOST_DRAWN + 1
    assert len(many.named) < MOST_DRAWN
    assert total(many.content) == MOST_DRAWN + 1


def test_whoever_is_alone_in_his_square_is_named_and_a_pair_is_counted() -> None:
    ids = [UUID(int=n) for n in (1, 2, 3)]
    found = drawn(made([(2.35, 48.85), (5.37, 43.29), (5.38, 43.30)], ids=ids), Address(5, 16, 11))
    assert found.named == (ids[0],)
    layers = read(found.content)
    assert [said for _, _, said in layers["points"]] == [{"id": str(ids[0]), "state": "ACTIVE"}]
    assert [said for _, _, said in layers["counts"]] == [{"n": 2}]


@pytest.mark.parametrize("zoom", [5, 15])
def test_by_commune_nobody_is_named(monkeypatch: pytest.MonkeyPatch, zoom: int) -> None:
    monkeypatch.setattr("recoupe.dealpoints.sheet.commune_middle", lambda code: Point(5.37, 43.29))
    found = drawn(made([(5.4, 43.3)]), tile_of(5.37, 43.29, zoom), precision=C)
    assert (found.named, found.count) == ((), 1)
    assert set(read(found.content)) == {"counts"}


# -- heat --------------------------------------------------------------------------------------------------------------
def test_heat_names_nobody_and_counts_everybody() -> None:
    draw = random.Random(7)
    of = made([(draw.uniform(4.9, 5.7), draw.uniform(43.1, 43.7)) for _ in range(500)])
    found = drawn(of, Address(5, 16, 11), Layer.HEAT)
    dots = read(found.content)["heat"]
    assert found.named == ()
    assert sum(said["n"] for _, _, said in dots) == found.count == 500
    half = mvt.EXTENT // HEAT_SQUARES // 2
    assert {x % (2 * half) for x, _, _ in dots} == {half}, "the middle of its square, never the mean of its points"


def test_the_same_rows_in_another_order_give_the_same_bytes() -> None:
    draw = random.Random(3)
    places = [(draw.uniform(4.9, 5.7), draw.uniform(43.1, 43.7)) for _ in range(300)]
    ids = [uuid4() for _ in places]
    mixed = list(zip(places, ids, strict=True))
    draw.shuffle(mixed)
    one, other = made(places, ids=ids), made([p for p, _ in mixed], ids=[i for _, i in mixed])
    for layer in Layer:
        assert drawn(one, Address(5, 16, 11), layer) == drawn(other, Address(5, 16, 11), layer)


def test_filters_narrow_what_is_drawn() -> None:
    of = made([(2.0, 48.0)], state=S.TARGETED, kind=DealPointKind.SHOP)
    counts = {
        "all": drawn(of).count,
        "state": drawn(of, filters=Filters(states=frozenset({S.ACTIVE}))).count,
        "kind": drawn(of, filters=Filters(kinds=frozenset({DealPointKind.SHOP}))).count,
        "other kind": drawn(of, filters=Filters(kinds=frozenset({DealPointKind.STREET}))).count,
    }
    assert counts == {"all": 1, "state": 0, "kind": 1, "other kind": 0}
    assert drawn(made([(2.0, 48.0)], state=S.REJECTED)).count == 0, "off the map unless it is asked for"


# -- the past ----------------------------------------------------------------------------------------------------------
T0 = datetime(2024, 1, 1, 12, tzinfo=UTC)
days = st.integers(0, 40)


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Lives of a few points, told late, and undone."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        at = 0
        for step in range(1, draw(st.integers(1, 6)) + 1):
            at += draw(st.integers(0, 9))
            undoes = draw(st.none() | st.integers(1, step - 1)) if step > 1 else None
            since = T0 + timedelta(days=max(0, at - draw(st.integers(0, 12))))
            state = draw(st.sampled_from(list(S)))
            found.append(Change(UUID(int=number << 64 | 5), step, T0 + timedelta(days=at), state, since, undoes))
    return found


@given(histories(), days, days, st.randoms())
def test_all_at_once_is_as_the_rule_says(changes: list[Change], on: int, known: int, mix: random.Random) -> None:
    day, told = (date(2024, 1, 1) + timedelta(days=n) for n in (on, known))
    of = made([(2.0, 48.0)] * 5, ids=[UUID(int=n << 64 | 5) for n in range(5)])
    mixed = list(changes)
    mix.shuffle(mixed)
    found = lives(of, mixed).states(len(of), day, told)
    by_rule = rules.states_at(changes, end_of(day), end_of(told))
    assert {of.id_of(n): STATES[s] for n, s in enumerate(found) if s >= 0} == by_rule


def end_of(day: date) -> datetime:
    """The first moment after a day in Paris, in January: an hour before that of Greenwich."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=23)


def test_identifiers_that_begin_alike_are_told_apart() -> None:
    ids = [UUID(int=9 << 64 | n) for n in (1, 2, 3)]
    of = made([(2.0, 48.0)] * 3, ids=ids)
    changes = [Change(ids[n], 1, T0, s, T0) for n, s in ((0, S.ACTIVE), (2, S.CLOSED))]
    changes.append(Change(UUID(int=9 << 64 | 7), 1, T0, S.WATCH, T0))
    changes.append(Change(UUID(int=8 << 64 | 7), 1, T0, S.WATCH, T0))
    states = lives(of, changes).states(3, date(2024, 2, 1), date(2024, 2, 1))
    assert [STATES[s] if s >= 0 else None for s in states] == [S.ACTIVE, None, S.CLOSED]


def test_a_day_to_come_or_before_the_register_is_refused() -> None:
    today = date(2026, 11, 23)
    assert drawing.day_of(None, today) is None
    assert drawing.day_of(today, today) is None
    assert drawing.day_of(date(2024, 1, 1), today) == date(2024, 1, 1)
    for day in (date(2026, 11, 24), date(2019, 9, 16)):
        with pytest.raises(Invalid):
            drawing.day_of(day, today)


# -- what is kept ------------------------------------------------------------------------------------------------------
def test_what_is_kept_is_bounded_and_the_least_used_leaves_first() -> None:
    kept: Kept[str] = Kept(100)
    for name in "abc":
        kept.put(name, name, 40)
    assert [kept.get(name) for name in "abc"] == [None, "b", "c"]
    assert kept.get("b") == "b"
    kept.put("d", "d", 40)
    assert [kept.get(name) for name in "bcd"] == ["b", None, "d"]
    kept.put("b", "whole", 1000)
    assert (kept.get("b"), kept.bytes) == (None, 40)
    kept.clear()
    assert (kept.get("d"), kept.bytes) == (None, 0)
