"""What the form may ask of places: the communes and the map of one department, every department in one size.

Who watches the line sees that a department was asked for, not which.
"""

import gzip
from pathlib import Path

from recoupe.sealing.letter import AREAS
from recoupe.sealing.sizes import KIB

DATA = Path(__file__).parent / "data"
PLACES = 36 * KIB
MAP = 76 * KIB


def places(area: str) -> bytes | None:
    """The communes, `PLACES` bytes of JSON; None where there is no such department."""
    return _filled(area, "places", PLACES)


def drawing(area: str) -> bytes | None:
    """The borders of the communes, `MAP` bytes of JSON."""
    return _filled(area, "map", MAP)


def _filled(area: str, what: str, size: int) -> bytes | None:
    path = DATA / f"{area}.{what}.gz"
    # The name comes from the line: what is no department never becomes a path.
    if not AREAS.fullmatch(area) or not path.is_file():
        return None
    return gzip.decompress(path.read_bytes()).ljust(size)
