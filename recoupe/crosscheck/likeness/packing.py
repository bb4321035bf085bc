"""A row as bytes: its columns in one order, what is unknown left out, packed by what rows have in common."""

import zlib
from collections.abc import Mapping, Sequence

from recoupe.matching.conditions import Row, Value

_WITHIN, _BETWEEN = "\x1e", "\x1f"
_NUMBER, _LIST = "\x01", "\x02"
_MARKS = frozenset((_WITHIN, _BETWEEN, _NUMBER, _LIST))
_LEVEL, _WINDOW, _MEMORY = 6, 13, 7
# As far back as a packed row can point.
MOST_COMMON = 1 << _WINDOW


def flat(row: Row, columns: Sequence[str]) -> bytes:
    """Text as it is, a number or a list with its own first character; blanks at the end are not written."""
    written = ["" if (value := row[name]) is None else _written(value) for name in columns]
    return _BETWEEN.join(written).rstrip(_BETWEEN).encode()


def _written(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return value if value.isprintable() else _clean(value)
    if isinstance(value, tuple):
        clean = value if "".join(value).isprintable() else [_clean(one) for one in value]
        return f"{_LIST}{_WITHIN.join(clean)}{_WITHIN}" if value else _LIST
    return f"{_NUMBER}{value!r}"


def _clean(text: str) -> str:
    """Our own four marks are no part of any name."""
    return "".join(char for char in text if char not in _MARKS)


class Packing:
    """How the rows of one index are packed: the order of their columns, and text that many of them share."""

    def __init__(self, columns: Sequence[str], common: bytes) -> None:
        self._columns = tuple(columns)
        self._blank: Mapping[str, Value] = dict.fromkeys(self._columns)
        self._common = common[-MOST_COMMON + 300 :]

    def pack(self, row: Row) -> bytes:
        """The bytes of a row."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -_WINDOW, _MEMORY, zdict=self._common)
        return packer.compress(flat(row, self._columns)) + packer.flush()

    def unpack(self, packed: bytes) -> Row:
        """The row of these bytes."""
        text = zlib.decompressobj(-_WINDOW, zdict=self._common).decompress(packed).decode()
        row = dict(self._blank)
        for name, written in zip(self._columns, text.split(_BETWEEN), strict=False):
            if written:
                row[name] = written if written[0] > _LIST else _read(written)
        return row


def _read(written: str) -> Value:
    """What starts with a mark of ours, which no text does."""
    if written[0] == _NUMBER:
        return float(written[1:])
    return tuple(written[1:-1].split(_WITHIN)) if len(written) > 1 else ()
