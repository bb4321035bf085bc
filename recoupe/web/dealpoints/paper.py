"""The map on paper: the outlines and the points of a window as one drawing, and the same in a table."""

import math
from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from typing import Any

import shapely
from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from shapely.geometry.base import BaseGeometry

from recoupe.dealpoints import drawing
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.precision import Precision, precision_for
from recoupe.dealpoints.rules import Bounds
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.reference.snapshot import department_bounds, department_shapes
from recoupe.web.dealpoints import maps, shown
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import TAKEN_OUT, policy
from recoupe.web.printing.pdf import Paper, print_paper
from recoupe.web.shell import DECIDERS

WIDE = 480.0
TALLEST = 640.0
# On paper, whatever the theme of the screen.
INKS = {
    "bad": "#b3261e", "warn": "#9a5b00", "good": "#1f6f43", "info": "#1f5f99", "law": "#5b3f99", "neutral": "#555f6b",
}  # fmt: skip
TOO_WIDE = gettext_noop("Cette fenêtre est trop étroite ou trop étirée pour une feuille : changez de cadre.")


@policy(roles=DECIDERS, step_up=TAKEN_OUT)
@require_safe
def map_print(request: StaffRequest) -> HttpResponse:
    """The window on paper, with its marking and its serial number; journaled as a print of all that it names."""
    form, bounds = maps.asked(request), Bounds.parse(request.GET.get("bbox", ""))
    on, precision = form.cleaned_data["on"], precision_for(request.agent)
    collection = drawing.window(request.agent, bounds, form.wanted(), on)
    features = collection["features"]
    content = {
        "subtitle": _subtitle(on, precision),
        "facts": [[gettext("Fenêtre"), maps.text(bounds)], [gettext("Points"), str(_total(features))]],
        "map": picture(bounds, features),
        "sections": [_table(features)],
    }
    paper = Paper(
        template="sheet.typ", title=gettext("Carte des points de deal"), content=content,
        refs=tuple(drawing.shown_on(collection)), details={"layer": "dealpoints", "bounds": maps.journaled(bounds)},
    )  # fmt: skip
    return print_paper(by=request.agent, paper=paper)


def _subtitle(on: date | None, precision: Precision) -> str:
    day = date_format(on or shown.today(), "d/m/Y")
    exactness = {
        Precision.EXACT: gettext("lieux exacts, à leur incertitude près"),
        Precision.GRID: gettext("lieux arrondis à un carré de 200 m"),
        Precision.COMMUNE: gettext("lieux ramenés à leur commune"),
    }[precision]
    return gettext("Au soir du %(day)s, parmi les points que lit l'auteur ; %(exactness)s.") % {
        "day": day, "exactness": exactness,
    }  # fmt: skip


def _total(features: Iterable[dict[str, Any]]) -> int:
    return sum(f["properties"].get("count", 1) for f in features)


def _table(features: list[dict[str, Any]]) -> dict[str, Any]:
    """What the drawing shows, in words: each point by its number, or each square by what it counts."""
    counted = [f for f in features if "count" in f["properties"]]
    if counted:
        sums: dict[str, int] = {}
        for f in counted:
            land = maps.department_at(*f["geometry"]["coordinates"]) or gettext("En mer ou hors des contours")
            sums[land] = sums.get(land, 0) + f["properties"]["count"]
        rows = [[land, str(n)] for land, n in sorted(sums.items(), key=lambda one: (-one[1], one[0]))]
        return _section(gettext("Par département"), [gettext("Département"), gettext("Points")], rows)
    rows = [
        [str(rank), p["ref"], p["name"], p["state_label"], p["kind_label"], str(p["uncertainty_m"])]
        for rank, p in enumerate((f["properties"] for f in features), 1)
    ]
    columns = [gettext("N°"), gettext("Référence"), gettext("Nom"), gettext("État"), gettext("Forme"), gettext("À (m)")]
    return _section(gettext("Points de la carte"), columns, rows)


def _section(title: str, columns: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "text": "" if rows else gettext("Aucun point ici."), "columns": columns, "rows": rows}


def picture(bounds: Bounds, features: Iterable[dict[str, Any]]) -> str:
    """An SVG drawing of a window: departments, then each point with its number or each count in its circle."""
    paper = _Sheet(bounds)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE:.0f} {paper.tall:.0f}">',
        f'<rect width="{WIDE:.0f}" height="{paper.tall:.0f}" fill="#e8eef3"/>',
        *(f'<path d="{line}" fill="#fbfaf6" stroke="#8b96a3" stroke-width="0.7"/>' for line in paper.lands()),
        *(mark for rank, f in enumerate(features, 1) for mark in paper.marks(rank, f)),
        "</svg>",
    ]
    return "".join(parts)


class _Sheet:
    """A window laid flat: degrees of longitude as short as they are at its middle."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.short = max(0.05, math.cos(math.radians((bounds.south + bounds.north) / 2)))
        wide = (bounds.east - bounds.west) * self.short
        self.scale = WIDE / wide
        self.tall = (bounds.north - bounds.south) * self.scale
        if not 20 <= self.tall <= 20 * TALLEST:
            raise Invalid(TOO_WIDE, field="bbox")
        if self.tall > TALLEST:
            self.scale *= TALLEST / self.tall
            self.tall = TALLEST

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place stands on the sheet."""
        return (lon - self.bounds.west) * self.short * self.scale, (self.bounds.north - lat) * self.scale

    def lands(self) -> Iterator[str]:
        """The outline of each department that the window touches, no finer than the sheet shows."""
        b = self.bounds
        for code, (west, south, east, north) in department_bounds().items():
            if west <= b.east and b.west <= east and south <= b.north and b.south <= north:
                cut = shapely.clip_by_rect(department_shapes()[code], b.west, b.south, b.east, b.north)
                yield from (self._path(part) for part in _polygons(shapely.simplify(cut, 0.4 / self.scale)))

    def _path(self, polygon: Any) -> str:
        rings = (polygon.exterior, *polygon.interiors)
        lines = ("L".join("{:.1f} {:.1f}".format(*self.place(*at[:2])) for at in ring.coords) for ring in rings)
        return "".join(f"M{line}Z" for line in lines)

    def marks(self, rank: int, feature: dict[str, Any]) -> Iterator[str]:
        """A dot and its number, or a circle and what it counts."""
        said = feature["properties"]
        x, y = self.place(*feature["geometry"]["coordinates"])
        count = said.get("count")
        ink = INKS["info"] if count else INKS[shown.TONES[DealPointState(said["state"])] or "neutral"]
        radius = min(22.0, 7 + 2 * math.log2(count)) if count else 5.5
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{ink}" stroke="#fff" stroke-width="1"/>'
        yield (
            f'<text x="{x:.1f}" y="{y + 2.4:.1f}" font-size="7" fill="#fff" text-anchor="middle">'
            f"{escape(str(count or rank))}</text>"
        )


def _polygons(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    parts = getattr(shape, "geoms", (shape,))
    return (part for part in parts if part.geom_type == "Polygon" and not part.is_empty)
