"""Vector tiles of points (Mapbox Vector Tile 2.1), written byte by byte: three messages of protocol buffers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EXTENT = 4096
_VERSION = 2
_POINT = 1
_MOVE_TO_ONE = 1 | (1 << 3)
# Numbers of fields in the specification's vector_tile.proto, with their wire type.
_LAYER, _NAME, _FEATURE, _KEY, _VALUE, _EXTENT, _VERSION_TAG = (3, 2), (1, 2), (2, 2), (3, 2), (4, 2), (5, 0), (15, 0)
_TAGS, _TYPE, _GEOMETRY = (2, 2), (3, 0), (4, 2)
_STRING, _UINT = (1, 2), (5, 0)


@dataclass(frozen=True, slots=True)
class Dot:
    """One point: where in the tile, from 0 (west, north) to EXTENT, and what is said of it."""

    x: int
    y: int
    said: Mapping[str, str | int]


def tile(layers: Mapping[str, Iterable[Dot]]) -> bytes:
    """A tile of named layers, in their order; a layer without a point is left out."""
    return b"".join(_field(_LAYER, _layer(name, found)) for name, dots in layers.items() if (found := list(dots)))


def _layer(name: str, dots: list[Dot]) -> bytes:
    keys, values = dict[str, int](), dict[str | int, int]()
    features = b"".join(_field(_FEATURE, _feature(dot, keys, values)) for dot in dots)
    parts = [_field(_NAME, name.encode()), features]
    parts += [_field(_KEY, key.encode()) for key in keys]
    parts += [_field(_VALUE, _value(value)) for value in values]
    parts += [_tag(_EXTENT) + _varint(EXTENT), _tag(_VERSION_TAG) + _varint(_VERSION)]
    return b"".join(parts)


def _feature(dot: Dot, keys: dict[str, int], values: dict[str | int, int]) -> bytes:
    tags = b"".join(
        _varint(keys.setdefault(key, len(keys))) + _varint(values.setdefault(value, len(values)))
        for key, value in dot.said.items()
    )
    place = _varint(_MOVE_TO_ONE) + _varint(_zigzag(dot.x)) + _varint(_zigzag(dot.y))
    return _field(_TAGS, tags) + _tag(_TYPE) + _varint(_POINT) + _field(_GEOMETRY, place)


def _value(value: str | int) -> bytes:
    return _field(_STRING, value.encode()) if isinstance(value, str) else _tag(_UINT) + _varint(value)


def _field(field: tuple[int, int], content: bytes) -> bytes:
    return _tag(field) + _varint(len(content)) + content


def _tag(field: tuple[int, int]) -> bytes:
    number, wire = field
    return _varint(number << 3 | wire)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    """Seven bits a byte, the last one first."""
    if number < 0:
        raise ValueError("a varint is not negative")
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
