"""The comparison of the third family can fail: whatever is no line of what was added, or its number, differs."""

import pytest

from tests.twins.remains import other

OLD = '<li class="line"><a href="/recoupements/old/">PJ13</a></li>'
NEW = '<li class="line is-new"><a href="/recoupements/new/">PJ69</a></li>'
TILE = (
    '<a class="tile" href="/recoupements/"><span class="tile__label">Neufs</span>'
    '<span class="tile__value">{}</span></a>'
)
PAGE = "200\nContent-Length: {}\n\n{}<p>3 fiches</p><ul>{}</ul>"


def _told(second: str) -> list[str]:
    first = PAGE.format(90, TILE.format(1), OLD)
    return other(first.encode(), second.encode(), ["new"])


def test_a_line_of_the_hit_and_the_number_of_new_ones_are_all() -> None:
    assert _told(PAGE.format(170, TILE.format(2), NEW + OLD)) == []


@pytest.mark.parametrize("second", [
    PAGE.format(170, TILE.format(2), NEW + OLD).replace("3 fiches", "4 fiches"),
    PAGE.format(170, TILE.format(2), NEW + OLD).replace("PJ13", "PJ31"),
    PAGE.format(170, TILE.format(2), NEW.replace("/new/", "/other/") + OLD),
    PAGE.format(170, TILE.format(2).replace("Neufs", "Autres"), NEW + OLD),
    PAGE.format(60, TILE.format(1), ""),
])  # fmt: skip
def test_anything_else_is_told(second: str) -> None:
    assert _told(second) != []
