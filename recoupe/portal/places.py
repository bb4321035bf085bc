"""Makes what the form knows of places, from the files of the reference: `python -m recoupe.portal.places`.

Each department has two files in `data/`: its communes by name (place on the map, department across the border) and the
lines of its communes' borders. The site serves them (`portal.ground`); a test holds them to the reference.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from recoupe.reference.outlines import Packed, rows_of

OURS = Path(__file__).parent / "data"
REFERENCE = Path(__file__).parents[1] / "reference" / "data"
# The longer side of a map, in whole steps; a department of 120 km has steps of 60 m.
GRID = 2000
# Two communes on either side of a border stand so close, in degrees, although each outline was simplified.
TOUCHING = 0.002


@dataclass(frozen=True, slots=True)
class Frame:
    """The map of one department: plate carrée, stretched by the cosine of its middle."""

    west: float
    north: float
    squeeze: float
    scale: float
    wide: int
    high: int

    def placed(self, points: Any) -> Any:
        """Whole steps from the upper left corner, of rows (longitude, latitude)."""
        x = (points[:, 0] - self.west) * self.squeeze * self.scale
        return np.rint(np.column_stack([x, (self.north - points[:, 1]) * self.scale])).astype(int)


def made() -> Iterator[tuple[str, bytes, bytes]]:
    """Department, its communes, its map: the content of the files, not yet packed."""
    rows = _rows()
    outlines = _outlines()
    across = _across(rows, outlines)
    for area in sorted({row["department"] for row in rows}):
        inside = [row for row in rows if row["department"] == area]
        shapes = [outlines[row["code"]] for row in inside if row["code"] in outlines]
        frame = _frame(shapes, inside)
        yield area, _communes(inside, frame, across), _map(shapes, frame)


def _rows() -> list[dict[str, str]]:
    text = gzip.decompress((REFERENCE / "communes.csv.gz").read_bytes()).decode()
    today = [row for row in csv.DictReader(io.StringIO(text)) if not row["valid_to"]]
    with (REFERENCE / "departments.csv").open() as told:
        departments = {row["code"] for row in csv.DictReader(told)}
    return [row for row in today if row["department"] in departments]


def _outlines() -> dict[str, Any]:
    packed: Packed = json.loads(gzip.decompress((REFERENCE / "commune_outlines.json.gz").read_bytes()))
    return {code: shapely.from_wkb(wkb) for code, *_box, wkb in rows_of(packed)}


def _across(rows: list[dict[str, str]], outlines: dict[str, Any]) -> dict[str, str]:
    """For each commune that touches another department, the one that it touches most."""
    area = {row["code"]: row["department"] for row in rows}
    codes = [code for code in outlines if code in area]
    shapes = [outlines[code] for code in codes]
    mine, others = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCHING)
    touched: dict[str, dict[str, float]] = {}
    for one, other in zip(mine.tolist(), others.tolist(), strict=True):
        here, there = codes[one], codes[other]
        if area[here] != area[there]:
            near = shapely.intersection(shapes[one], shapely.buffer(shapes[other], TOUCHING))
            found = touched.setdefault(here, {})
            found[area[there]] = found.get(area[there], 0.0) + float(near.area)
    return {code: min(found, key=lambda there: (-found[there], there)) for code, found in touched.items()}


def _frame(shapes: list[Any], rows: list[dict[str, str]]) -> Frame:
    """Around all outlines and points; a department of which neither is known has no map."""
    points = [shapely.points(float(row["lon"]), float(row["lat"])) for row in rows if row["lon"]]
    if not shapes and not points:
        return Frame(0.0, 0.0, 1.0, 1.0, 0, 0)
    west, south, east, north = shapely.total_bounds([*shapes, *points]).tolist()
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    wide, high = max((east - west) * squeeze, 0.01), max(north - south, 0.01)
    scale = GRID / max(wide, high)
    return Frame(west, north, squeeze, scale, round(wide * scale), round(high * scale))


def _communes(rows: list[dict[str, str]], frame: Frame, across: dict[str, str]) -> bytes:
    """A head, and a line a commune: end of its code, name, postal code, place on the map, department across."""
    large = [row["code"] for row in sorted(rows, key=lambda row: -int(row["population"] or 0))[:8]]
    head = {
        "west": round(frame.west, 5), "north": round(frame.north, 5), "squeeze": round(frame.squeeze, 5),
        "scale": round(frame.scale, 3), "wide": frame.wide, "high": frame.high, "large": large,
    }  # fmt: skip
    return _json({**head, "communes": "\n".join(_line(row, frame, across) for row in rows)})


def _line(row: dict[str, str], frame: Frame, across: dict[str, str]) -> str:
    end = row["code"].removeprefix(row["department"])
    postal = row["postal_codes"].partition(" ")[0]
    x, y = ("", "")
    if row["lon"]:
        [[x, y]] = frame.placed(np.array([(float(row["lon"]), float(row["lat"]))])).tolist()
    return f"{end}\t{row['name']}\t{postal}\t{x}\t{y}\t{across.get(row['code'], '')}"


def _map(shapes: list[Any], frame: Frame) -> bytes:
    """Every border once, as the path of an SVG drawing."""
    borders = shapely.line_merge(shapely.union_all([shapely.boundary(shape) for shape in shapes]))
    lines = [frame.placed(shapely.get_coordinates(line)) for line in shapely.get_parts(borders)]
    return _json({"path": "".join(_drawn(line) for line in lines)})


def _drawn(line: Any) -> str:
    kept = line[np.r_[True, np.any(np.diff(line, axis=0) != 0, axis=1)]]
    if len(kept) < 2:
        return ""
    steps = " ".join(f"{x} {y}" for x, y in np.diff(kept, axis=0).tolist()).replace(" -", "-")
    return f"M{kept[0][0]} {kept[0][1]}l{steps}"


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def write(folder: Path = OURS) -> None:
    """All files, packed without name and time: the same reference gives the same bytes."""
    for area, communes, drawn in made():
        (folder / f"{area}.places.gz").write_bytes(gzip.compress(communes, 9, mtime=0))
        (folder / f"{area}.map.gz").write_bytes(gzip.compress(drawn, 9, mtime=0))


if __name__ == "__main__":
    write()
