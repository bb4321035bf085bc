"""A file of points as lines: GeoJSON, CSV or XLSX, a zipped shapefile, a GeoPackage. Bounded before it is read."""

import io
import json
import re
import sqlite3
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapefile
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from recoupe.dealpoints.importing.columns import EAST, NORTH, POINT_X, POINT_Y, column_of
from recoupe.intelligence.importing.table import MAX_BYTES, SENTENCE_EMPTY, SENTENCE_HEAVY, read_table
from recoupe.kernel.quantity import decimal
from recoupe.kernel.refusal import Invalid, gettext_noop

MEGA = 1024 * 1024
# Each line is a proposal that somebody of a cell will go and look at: a census of a department has fewer.
MOST_LINES = 500
MOST_VERTICES = 1_000
MOST_FILES = 60
MAX_UNZIPPED = 100 * MEGA
MOST_STEPS = 20_000  # of a thousand instructions each: some seconds of a database that somebody else wrote
LONGEST_CRS = 10_000

SENTENCE_LINES = gettext_noop("Ce fichier compte plus de %(max)s points : découpez-le.")
SENTENCE_NO_LINE = gettext_noop("Ce fichier ne contient aucun point.")
SENTENCE_GEOJSON = gettext_noop("Ce fichier GeoJSON ne se lit pas : enregistrez à nouveau la couche.")
SENTENCE_ZIP = gettext_noop(
    "Cette archive ne se lit pas : elle doit contenir un seul fichier .shp, avec ses fichiers .dbf et .prj."
)
SENTENCE_BOMB = gettext_noop("Cette archive est trop lourde une fois ouverte : %(max)s Mo au plus.")
SENTENCE_SHAPEFILE = gettext_noop("Ce fichier de formes est abîmé ou incomplet : enregistrez à nouveau la couche.")
SENTENCE_GEOPACKAGE = gettext_noop("Ce GeoPackage est abîmé ou trop lent à lire : enregistrez à nouveau la couche.")
SENTENCE_ONE_LAYER = gettext_noop("Ce GeoPackage doit contenir une seule couche de points.")
SENTENCE_CRS = gettext_noop("Le système de coordonnées que dit ce fichier est illisible ou inconnu.")
SENTENCE_COORDINATES = gettext_noop("Le tableau n'a ni longitude et latitude, ni x et y, ni commune.")
SENTENCE_GEOMETRY = gettext_noop("La géométrie de cette ligne est illisible.")
SENTENCE_VERTICES = gettext_noop("Ce contour a plus de %(max)s sommets : simplifiez-le, ou donnez un point.")
SENTENCE_CROSSES = gettext_noop("Ce contour se croise lui-même : corrigez-le, ou donnez un point.")
_EPSG = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d{4,6})", re.IGNORECASE)
_CRS84 = re.compile(r"(?:urn:ogc:def:crs:)?OGC:[\d.]*:?CRS84", re.IGNORECASE)
WGS84 = 4326


@dataclass(frozen=True, slots=True)
class Feature:
    """One line of a file: its number there, its shape as the file draws it, its columns as text; or its fault."""

    line: int
    shape: BaseGeometry | None
    columns: Mapping[str, str]
    fault: Invalid | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """The lines of a file, and its system of coordinates; `said` where the file itself names it."""

    features: list[Feature]
    crs: CRS | None
    said: bool = True

    @property
    def names(self) -> list[str]:
        """The columns, in the order of the first line."""
        return list(self.features[0].columns) if self.features else []


def read_layer(content: bytes) -> Layer:
    """Read a file by what its bytes are; Invalid with a sentence when no line of it can be trusted."""
    if not content.strip():
        raise Invalid(SENTENCE_EMPTY, field="file")
    if len(content) > MAX_BYTES:
        raise Invalid(SENTENCE_HEAVY, field="file", max=MAX_BYTES // MEGA)
    layer = _read(content)
    if not layer.features:
        raise Invalid(SENTENCE_NO_LINE, field="file")
    return layer


def _read(content: bytes) -> Layer:
    if content.startswith(b"SQLite format 3\0"):
        return _geopackage(content)
    if content.startswith(b"PK\x03\x04"):
        return _archive(content)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return _geojson(content)
    return _table(content)


def _bounded(rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    for line, row in enumerate(rows, 1):
        if line > MOST_LINES:
            raise Invalid(SENTENCE_LINES, field="file", max=MOST_LINES)
        yield line, row


# -- GeoJSON ----------------------------------------------------------------------------------------------------------
def _geojson(content: bytes) -> Layer:
    try:
        plain = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Invalid(SENTENCE_GEOJSON, field="file") from error
    rows = plain.get("features") if isinstance(plain, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(SENTENCE_GEOJSON, field="file")
    features = [_feature(line, row) for line, row in _bounded(rows)]
    return Layer(features, _named_crs(plain["crs"]), True) if plain.get("crs") else Layer(features, _epsg(WGS84), False)


def _no_number(_: str) -> float:
    raise ValueError("NaN and infinity are no JSON")


def _feature(line: int, row: Mapping[str, Any]) -> Feature:
    said = row.get("properties")
    columns = {str(name): _text(value) for name, value in said.items()} if isinstance(said, dict) else {}
    plain = row.get("geometry")
    if plain is None:
        return Feature(line, None, columns)
    try:
        if not isinstance(plain, dict) or _leaves(plain.get("coordinates")) > 3 * MOST_VERTICES:
            raise Invalid(SENTENCE_VERTICES, field="geometry", max=MOST_VERTICES)
        return Feature(line, checked_shape(shapely.geometry.shape(plain)), columns)
    except Invalid as fault:
        return Feature(line, None, columns, fault)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError, RecursionError):
        return Feature(line, None, columns, Invalid(SENTENCE_GEOMETRY, field="geometry"))


def _leaves(plain: Any) -> int:
    """How many numbers stand in nested lists."""
    found, left = 0, [plain]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(one)
        else:
            found += 1
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ";".join(_text(one) for one in value)
    return "" if value is None else str(value)


def checked_shape(shape: BaseGeometry) -> BaseGeometry:
    """A shape that may be measured: few vertices, no contour that crosses itself; Invalid otherwise."""
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise Invalid(SENTENCE_VERTICES, field="geometry", max=MOST_VERTICES)
    if shape.is_empty or not shapely.is_valid(shape):
        raise Invalid(SENTENCE_GEOMETRY if shape.is_empty else SENTENCE_CROSSES, field="geometry")
    return shapely.force_2d(shape)


# -- systems of coordinates -------------------------------------------------------------------------------------------
def _epsg(code: int) -> CRS:
    return CRS.from_epsg(code)


def _named_crs(plain: Any) -> CRS:
    """What an old GeoJSON names: a code of EPSG, or the longitude and latitude of OGC."""
    properties = plain.get("properties") if isinstance(plain, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if _CRS84.fullmatch(name):
        return _epsg(WGS84)
    code = _EPSG.fullmatch(name)
    if code is None:
        raise Invalid(SENTENCE_CRS, field="file")
    try:
        return _epsg(int(code[1]))
    except CRSError as error:
        raise Invalid(SENTENCE_CRS, field="file") from error


def _written_crs(text: str) -> CRS | None:
    if not text.strip():
        return None
    try:
        found = CRS.from_wkt(text[:LONGEST_CRS])
    except CRSError as error:
        raise Invalid(SENTENCE_CRS, field="file") from error
    if not (found.is_geographic or found.is_projected):
        raise Invalid(SENTENCE_CRS, field="file")
    return found


# -- tables -----------------------------------------------------------------------------------------------------------
def _table(content: bytes) -> Layer:
    table = read_table(content)
    places = {field: at for at, name in reversed(list(enumerate(table.header))) if (field := column_of(name))}
    degrees, metres = EAST in places and NORTH in places, POINT_X in places and POINT_Y in places
    if not degrees and not metres and "commune" not in places:
        raise Invalid(SENTENCE_COORDINATES, field="file")
    east, north = (places[EAST], places[NORTH]) if degrees else (places.get(POINT_X, -1), places.get(POINT_Y, -1))
    features = []
    for _, row in _bounded(table.rows):
        cells = [*row.cells, *[""] * (len(table.header) - len(row.cells))]
        columns = dict(zip(table.header, cells, strict=False))
        try:
            table.check(row)
            shape = _typed(cells[east], cells[north]) if degrees or metres else None
            features.append(Feature(row.line, shape, columns))
        except Invalid as fault:
            features.append(Feature(row.line, None, columns, fault))
    return Layer(features, _epsg(WGS84), True) if degrees or not metres else Layer(features, None)


def _typed(east: str, north: str) -> BaseGeometry | None:
    if not east.strip() and not north.strip():
        return None
    return shapely.Point(float(decimal(east, "lon")), float(decimal(north, "lat")))


# -- archives ---------------------------------------------------------------------------------------------------------
def _archive(content: bytes) -> Layer:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            held = archive.infolist()
            if any(entry.filename == "[Content_Types].xml" for entry in held):
                return _table(content)
            if len(held) > MOST_FILES or sum(entry.file_size for entry in held) > MAX_UNZIPPED:
                raise Invalid(SENTENCE_BOMB, field="file", max=MAX_UNZIPPED // MEGA)
            parts = _parts(archive, held)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError) as error:
        raise Invalid(SENTENCE_ZIP, field="file") from error
    return _shapes(parts)


def _parts(archive: zipfile.ZipFile, held: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """The files of the one layer by their endings; nothing is unpacked anywhere."""
    shapes = [entry for entry in held if entry.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise Invalid(SENTENCE_ZIP, field="file")
    stem = shapes[0].filename[:-4]
    parts, left = {}, MAX_UNZIPPED
    for ending in ("shp", "dbf", "prj", "cpg"):
        entry = next((e for e in held if e.filename.lower() == f"{stem}.{ending}".lower()), None)
        if entry is None:
            continue
        # What an entry says of its own size is only what it says.
        with archive.open(entry) as opened:
            parts[ending] = opened.read(left + 1)
        left -= len(parts[ending])
        if left < 0:
            raise Invalid(SENTENCE_BOMB, field="file", max=MAX_UNZIPPED // MEGA)
    return parts


def _shapes(parts: Mapping[str, bytes]) -> Layer:
    crs = _written_crs(parts.get("prj", b"").decode("utf-8", "replace"))
    fault: Exception | None = None
    for encoding in _encodings(parts.get("cpg", b"")):
        try:
            return Layer(_records(parts, encoding), crs)
        except (shapefile.ShapefileException, struct.error, ValueError, TypeError, LookupError, OSError,
                AttributeError, OverflowError, MemoryError) as error:  # fmt: skip
            fault = error
    raise Invalid(SENTENCE_SHAPEFILE, field="file") from fault


def _encodings(said: bytes) -> list[str]:
    named = said.decode("ascii", "ignore").strip()[:20]
    return [*([named] if named else []), "utf-8", "cp1252"]


def _records(parts: Mapping[str, bytes], encoding: str) -> list[Feature]:
    if "dbf" not in parts:
        raise Invalid(SENTENCE_ZIP, field="file")
    with shapefile.Reader(shp=io.BytesIO(parts["shp"]), dbf=io.BytesIO(parts["dbf"]), encoding=encoding) as reader:
        return [_record(line, row) for line, row in _bounded(reader.iterShapeRecords())]


def _record(line: int, row: Any) -> Feature:
    columns = {str(name): _text(value) for name, value in row.record.as_dict().items()}
    if row.shape.shapeType == shapefile.NULL:
        return Feature(line, None, columns)
    return _feature_of(line, columns, row)


def _feature_of(line: int, columns: Mapping[str, str], row: Any) -> Feature:
    try:
        if len(row.shape.points) > MOST_VERTICES:
            raise Invalid(SENTENCE_VERTICES, field="geometry", max=MOST_VERTICES)
        return Feature(line, checked_shape(shapely.geometry.shape(row.shape.__geo_interface__)), columns)
    except Invalid as fault:
        return Feature(line, None, columns, fault)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        return Feature(line, None, columns, Invalid(SENTENCE_GEOMETRY, field="geometry"))


# -- GeoPackage -------------------------------------------------------------------------------------------------------
_WAL_AT, _ENVELOPES = 18, {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})


def _geopackage(content: bytes) -> Layer:
    """The one layer of a database that somebody else wrote: in memory, tables alone, no function, a bounded time."""
    # A file left by an open program says that it has a log beside it: it has none here.
    plain = content[:_WAL_AT] + b"\x01\x01" + content[_WAL_AT + 2 :]
    steps = iter(range(MOST_STEPS))
    held = sqlite3.connect(":memory:")
    try:
        held.deserialize(plain)
        held.execute("PRAGMA trusted_schema = OFF")
        held.set_progress_handler(lambda: next(steps, None) is None, 1_000)
        held.set_authorizer(lambda what, *_: sqlite3.SQLITE_OK if what in _READS else sqlite3.SQLITE_DENY)
        return _tables(held)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise Invalid(SENTENCE_GEOPACKAGE, field="file") from error
    finally:
        held.close()


def _tables(held: sqlite3.Connection) -> Layer:
    layers = held.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns LIMIT 2").fetchall()
    tables = {name for (name,) in held.execute("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1000")}
    if len(layers) != 1 or layers[0][0] not in tables:
        raise Invalid(SENTENCE_ONE_LAYER, field="file")
    name, column, system = layers[0]
    written = held.execute("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [system]).fetchone()
    # 0 and -1 say that nobody knows.
    crs = _written_crs(str(written[0])) if written and system not in (0, -1) else None
    table = str(name).replace('"', '""')
    found = held.execute(f'SELECT * FROM "{table}" LIMIT {MOST_LINES + 1}')  # noqa: S608
    names = [one[0] for one in found.description]
    features = []
    for line, cells in _bounded(found):
        said = dict(zip(names, cells, strict=True))
        blob = said.pop(column, None)
        features.append(_packed(line, blob, {str(k): _text(v) for k, v in said.items() if not isinstance(v, bytes)}))
    return Layer(features, crs)


def _packed(line: int, blob: Any, columns: Mapping[str, str]) -> Feature:
    if blob is None:
        return Feature(line, None, columns)
    try:
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            raise Invalid(SENTENCE_GEOMETRY, field="geometry")
        start = 8 + _ENVELOPES[blob[3] >> 1 & 7]
        return Feature(line, checked_shape(shapely.from_wkb(blob[start:])), columns)
    except Invalid as fault:
        return Feature(line, None, columns, fault)
    except (ValueError, TypeError, KeyError, IndexError, shapely.errors.ShapelyError):
        return Feature(line, None, columns, Invalid(SENTENCE_GEOMETRY, field="geometry"))
