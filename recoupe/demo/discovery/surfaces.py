"""The surfaces by which an object may show: lists, pages, searches, exports, tiles, PDF; found, not listed."""

from collections.abc import Iterable
from enum import StrEnum

from recoupe.demo.discovery.pages import Visit
from recoupe.demo.discovery.renderers import Format


class Surface(StrEnum):
    """How an answer shows objects."""

    LIST = "list"
    PAGE = "page"
    SEARCH = "search"
    FRAGMENT = "fragment"
    JSON = "json"
    TILE = "tile"
    EXPORT = "export"
    PDF = "pdf"
    FILE = "file"
    OPENAPI = "openapi"
    TEXT = "text"


_PLAIN = {
    Format.JSON: Surface.JSON, Format.TILE: Surface.TILE, Format.EXPORT: Surface.EXPORT, Format.PDF: Surface.PDF,
    Format.FILE: Surface.FILE, Format.OPENAPI: Surface.OPENAPI, Format.TEXT: Surface.TEXT,
}  # fmt: skip


def surfaces(visits: Iterable[Visit]) -> dict[str, frozenset[Surface]]:
    """By pattern, what its successful answers were in a crawl of many agents."""
    pages = list(visits)
    searched = {form.path.lstrip("/") for page in pages for form in page.forms if form.search}
    found: dict[str, set[Surface]] = {}
    for page in pages:
        if page.status == 200:
            found.setdefault(page.route, set()).add(_surface(page))
            if page.route in searched:
                found[page.route].add(Surface.SEARCH)
    return {route: frozenset(shapes) for route, shapes in found.items()}


def _surface(page: Visit) -> Surface:
    if page.format in _PLAIN:
        return _PLAIN[page.format]
    # A page of the house carries its navigation; a fragment is put into one.
    if not any(link == "/" for link in page.links):
        return Surface.FRAGMENT
    return Surface.LIST if "<" not in page.route and page.objects else Surface.PAGE
