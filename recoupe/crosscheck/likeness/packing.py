"""A row as bytes: its columns in one order, what is unknown left out, packed by what rows have in common."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import zip_longest
from operator import itemgetter

from zstandard import (
    FORMAT_ZSTD1_MAGICLESS,
    ZstdCompressionDict,
    ZstdCompressionParameters,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    train_dictionary,
)

from recoupe.matching.conditions import Row, Value

_WITHIN, _BETWEEN = "\x1e", "\x1f"
_NUMBER, _LIST = "\x01", "\x02"
_MARKS = str.maketrans("", "", _WITHIN + _BETWEEN + _NUMBER + _LIST)
_COMMON_BYTES = 4096
# Neither a name of the format nor a sum nor the dictionary's number: ten bytes less in each row.
_FRAME = ZstdCompressionParameters.from_level(
    3, format=FORMAT_ZSTD1_MAGICLESS, write_checksum=False, write_dict_id=False, write_content_size=True
)


def common_to(rows: Sequence[bytes]) -> bytes:
    """What flat rows like these have in common; of too few to tell, they themselves."""
    try:
        common: bytes = train_dictionary(_COMMON_BYTES, list(rows), level=3).as_bytes()
    except ZstdError:
        return b"".join(rows)[-_COMMON_BYTES:]
    return common


@lru_cache(maxsize=4)
def _dictionary(common: bytes) -> ZstdCompressionDict:
    found = ZstdCompressionDict(common)
    found.precompute_compress(compression_params=_FRAME)
    return found


def flat(row: Row, columns: Sequence[str]) -> bytes:
    """Text as it is, a number or a list with its own first character; blanks at the end are not written."""
    return _flat([row[name] for name in columns])


def _flat(values: Sequence[Value]) -> bytes:
    written = list[str]()
    within = numbers = lists = 0
    for value in values:
        if value is None:
            written.append("")
        elif isinstance(value, str):
            written.append(value)
        elif isinstance(value, tuple):
            lists += 1
            within += len(value)
            written.append(f"{_LIST}{_WITHIN.join(value)}{_WITHIN}" if value else _LIST)
        else:
            numbers += 1
            written.append(f"{_NUMBER}{value!r}")
    text = _BETWEEN.join(written)
    found = text.count(_BETWEEN) + 1, text.count(_WITHIN), text.count(_NUMBER), text.count(_LIST)
    if found != (len(written), within, numbers, lists):
        return _flat([_clean(value) for value in values])
    return text.rstrip(_BETWEEN).encode()


def _clean(value: Value) -> Value:
    """Our own four marks are no part of any name."""
    if isinstance(value, str):
        return value.translate(_MARKS)
    return tuple(one.translate(_MARKS) for one in value) if isinstance(value, tuple) else value


class Packing:
    """How the rows of one index are packed: the order of their columns, what they have in common; for one thread."""

    def __init__(self, columns: Sequence[str], common: bytes) -> None:
        self._columns = tuple(columns)
        self._values = itemgetter(*self._columns)
        self._common = common

    @cached_property
    def _packer(self) -> ZstdCompressor:
        return ZstdCompressor(dict_data=_dictionary(self._common), compression_params=_FRAME)

    @cached_property
    def _unpacker(self) -> ZstdDecompressor:
        return ZstdDecompressor(dict_data=_dictionary(self._common), format=FORMAT_ZSTD1_MAGICLESS)

    def pack(self, row: Row) -> bytes:
        """The bytes of a row."""
        packed: bytes = self._packer.compress(_flat(self._values(row)))
        return packed

    def unpack(self, packed: bytes) -> Row:
        """The row of these bytes."""
        text = self._unpacker.decompress(packed).decode()
        values = [(one if one[0] > _LIST else _read(one)) if one else None for one in text.split(_BETWEEN)]
        return dict(zip_longest(self._columns, values))


def _read(written: str) -> Value:
    """What starts with a mark of ours, which no text does."""
    if written[0] == _NUMBER:
        return float(written[1:])
    return tuple(written[1:-1].split(_WITHIN)) if len(written) > 1 else ()
