"""Sheets made without a base, and a reader of vector tiles that shares nothing with the writer."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from recoupe.dealpoints.drawing import Address
from recoupe.dealpoints.enums import DealPointKind, DealPointState
from recoupe.dealpoints.rules import Change
from recoupe.dealpoints.sheet import EPOCH, KINDS, POINT, STATES, STEP, Life, Sheet, life_of, sheet_of


def made(
    places: Sequence[tuple[float, float]],
    state: DealPointState = DealPointState.ACTIVE,
    ids: Sequence[UUID] = (),
    communes: Sequence[str] = (),
    kind: DealPointKind = DealPointKind.STREET,
) -> Sheet:
    """A sheet of points at these places."""
    raw = np.zeros(len(places), dtype=POINT)
    named = list(ids) or [uuid4() for _ in places]
    for n, ((lon, lat), one) in enumerate(zip(places, named, strict=True)):
        raw[n] = (
            one.int >> 64, one.int & (2**64 - 1), lon, lat, 300, STATES.index(state), KINDS.index(kind), 0,
            (communes[n] if communes else "13055").encode(), b"13",
        )  # fmt: skip
    return sheet_of(None, raw)


def lives(of: Sheet, changes: Iterable[Change]) -> Life:
    """The lives of a sheet's points from changes."""
    rows = []
    for c in changes:
        at, since = (int((one - EPOCH).total_seconds() * 1_000_000) for one in (c.at, c.since))
        halves = c.point.int >> 64, c.point.int & (2**64 - 1)
        rows.append((*halves, c.step, at, since, STATES.index(c.to), c.undoes or 0))
    return life_of(of, np.array(rows, dtype=STEP))


def tile_of(lon: float, lat: float, zoom: int) -> Address:
    """The tile of a level that holds a place."""
    n = 2**zoom
    y = 0.5 - math.atanh(math.sin(math.radians(lat))) / (2 * math.pi)
    return Address(zoom, int((lon + 180) / 360 * n), int(y * n))


def read(content: bytes) -> dict[str, list[tuple[int, int, dict[str, Any]]]]:
    """The layers of a vector tile of points: x, y and tags of each."""
    return dict(_layer(bytes(value)) for number, value in _fields(content) if number == 3)


def _layer(content: bytes) -> tuple[str, list[tuple[int, int, dict[str, Any]]]]:
    found = list(_fields(content))
    name = next(bytes(v).decode() for n, v in found if n == 1)
    keys = [bytes(v).decode() for n, v in found if n == 3]
    values = [next(bytes(v).decode() if n == 1 else int(v) for n, v in _fields(bytes(v))) for n, v in found if n == 4]
    assert {n: v for n, v in found if n in (5, 15)} == {5: 4096, 15: 2}
    return name, [_feature(bytes(v), keys, values) for n, v in found if n == 2]


def _feature(content: bytes, keys: list[str], values: list[Any]) -> tuple[int, int, dict[str, Any]]:
    parts = dict(_fields(content))
    assert parts[3] == 1, "a point"
    tags, (move, x, y) = list(_varints(bytes(parts[2]))), _varints(bytes(parts[4]))
    assert move == 9, "one move"
    said = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
    return (x >> 1) ^ -(x & 1), (y >> 1) ^ -(y & 1), said


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        value, at = _varint(content, at)
        if tag & 7 == 2:
            yield tag >> 3, content[at : at + value]
            at += value
        else:
            assert tag & 7 == 0
            yield tag >> 3, value
    assert at == len(content)


def _varints(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
