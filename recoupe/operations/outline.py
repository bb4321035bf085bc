"""The outline of a zone, as it is typed or pasted: corners in order around it. Pure."""

import json
import re
from collections.abc import Sequence

from recoupe.kernel import sphere
from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid, gettext_noop

FIELD = "outline"
TEXT_MAX = 10_000
CORNERS_MIN, CORNERS_MAX = 3, 50
# No wider than the widest circle (rules.RADIUS_MAX_M).
WIDEST_M = 40_000
# Corners nearer than this are one, and a zone thinner than this is a line.
SAME_M = 1.0
TOUCH_M = 0.01

SENTENCE_NO_OUTLINE = gettext_noop(
    "Donnez le contour de la zone : une ligne « latitude, longitude » par point, ou un polygone GeoJSON."
)
SENTENCE_LINE = gettext_noop(
    "La ligne %(line)s du contour n'est pas un point : écrivez « latitude, longitude », comme 43.2965, 5.3698."
)
SENTENCE_GEOJSON = gettext_noop(
    "Ce GeoJSON n'est pas un polygone seul et sans trou : collez la géométrie d'une seule zone, son contour extérieur."
)
SENTENCE_CORNERS = gettext_noop("Une zone compte de %(min)s à %(max)s points ; celle-ci en a %(found)s.")
SENTENCE_WIDE = gettext_noop("Cette zone dépasse %(max)s km de large : partagez-la en plusieurs événements.")
SENTENCE_FLAT = gettext_noop("Cette zone n'a pas de surface : ses points sont alignés ou confondus.")
SENTENCE_TANGLED = gettext_noop(
    "Le contour de la zone se croise ou revient sur lui-même : donnez ses points dans l'ordre, en faisant le tour."
)

# Latitude then longitude, with a point or a comma for the decimals.
_NUMBER = r"([+-]?\d{1,3}(?:[.,]\d+)?)"
_LINE = re.compile(rf"{_NUMBER}(?:\s*[;,]\s*|\s+){_NUMBER}")
_SIGNS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{DEGREE SIGN}": " "})


def read(text: str) -> tuple[Point, ...]:
    """The corners, each once, three to fifty; raises Invalid at the field `outline`."""
    if not text.strip() or len(text) > TEXT_MAX:
        raise Invalid(SENTENCE_NO_OUTLINE, field=FIELD)
    typed = _pasted(text) if text.lstrip().startswith("{") else _typed(text)
    corners = _each_once(typed)
    _check(corners)
    return corners


def written(corners: Sequence[Point]) -> str:
    """As it is typed, a line a corner."""
    return "\n".join(f"{corner.lat!r}, {corner.lon!r}" for corner in corners)


def _typed(text: str) -> list[Point]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.translate(_SIGNS).strip().strip(";,").strip()
        if not plain:
            continue
        match = _LINE.fullmatch(plain)
        if match is None:
            raise Invalid(SENTENCE_LINE, field=FIELD, line=number)
        lat, lon = (float(part.replace(",", ".")) for part in match.groups())
        try:
            found.append(_point(lon, lat))
        except Invalid as error:
            raise Invalid(SENTENCE_LINE, field=FIELD, line=number) from error
    return found


def _pasted(text: str) -> list[Point]:
    """The one ring of a polygon, alone or as the one feature of what a drawing tool gives."""
    try:
        value = json.loads(text)
        while value["type"] in ("Feature", "FeatureCollection"):
            (value,) = value["features"] if value["type"] == "FeatureCollection" else [value["geometry"]]
        rings = value["coordinates"]
        if value["type"] == "MultiPolygon":
            (rings,) = rings
        elif value["type"] != "Polygon":
            raise Invalid(SENTENCE_GEOJSON, field=FIELD)
        (ring,) = rings
        return [_point(float(position[0]), float(position[1])) for position in ring]
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, Invalid) as error:
        raise Invalid(SENTENCE_GEOJSON, field=FIELD) from error


def _point(lon: float, lat: float) -> Point:
    """Drawing tools count on beyond the date line."""
    return Point((lon + 540) % 360 - 180 if 180 < abs(lon) <= 360 else lon, lat)


def _each_once(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without what is told twice in a row, and without the first one again at the end."""
    found: list[Point] = []
    for point in points:
        if not found or found[-1].distance_m(point) >= SAME_M:
            found.append(point)
    while len(found) > 1 and found[0].distance_m(found[-1]) < SAME_M:
        found.pop()
    return tuple(found)


def _check(corners: Sequence[Point]) -> None:
    """Enough corners and not too many, no wider than what still says where, a surface, a border that is simple."""
    if not CORNERS_MIN <= len(corners) <= CORNERS_MAX:
        raise Invalid(SENTENCE_CORNERS, field=FIELD, min=CORNERS_MIN, max=CORNERS_MAX, found=len(corners))
    one, other = sphere.furthest(corners)
    if one.distance_m(other) > WIDEST_M:
        raise Invalid(SENTENCE_WIDE, field=FIELD, max=WIDEST_M // 1000)
    if sphere.thickness_m(corners) < SAME_M:
        raise Invalid(SENTENCE_FLAT, field=FIELD)
    if sphere.tangled(corners, TOUCH_M):
        raise Invalid(SENTENCE_TANGLED, field=FIELD)
