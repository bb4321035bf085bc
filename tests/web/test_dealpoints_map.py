"""The map's page: every state explained before it, every land within reach, and what an empty window means."""

import re

import pytest

from recoupe.access.enums import Role
from recoupe.dealpoints.enums import ON_MAP
from recoupe.web.dealpoints.maps import METROPOLE, text, window
from tests.web.rooms import text as page_of
from tests.world import World


def shown(world: World, role: Role, unit: str) -> str:
    return page_of(world.client(world.agent(role, unit)).get("/carte/"))


def test_every_state_that_is_drawn_is_explained_before_the_map(world: World) -> None:
    before = shown(world, Role.CROSS_HEAD, "CROSS13").split('class="map"')[0]
    legend = before.split("map-legend")[1].split("</p>")[0]
    assert {str(state.label) for state in ON_MAP} <= set(re.findall(r">([^<>]+)</span>", legend))


def test_lands_beyond_the_mainland_are_one_button_away(world: World) -> None:
    page = shown(world, Role.OFAST_ANALYST, "OFAST")
    reached = re.findall(r'data-window="([^"]+)">([^<]+)</button>', page)
    names = [name for _window, name in reached]
    assert names[0] == "Hexagone et Corse"
    assert {"Guadeloupe", "Martinique", "Guyane", "La Réunion", "Mayotte"} <= set(names)
    for edges, name in reached:
        west, south, east, north = map(float, edges.split(","))
        assert west < east and south < north, name
    assert f'data-bounds="{text(METROPOLE)}"' in page
    assert "data-window" not in shown(world, Role.CROSS_HEAD, "CROSS13"), "whoever serves one department stays there"


@pytest.mark.parametrize(("unit", "longest"), [("CROSS971", 5.0), ("CROSS13", 3.0)])
def test_the_map_opens_on_the_agents_own_lands(world: World, unit: str, longest: float) -> None:
    with world.acting(world.agent(Role.CROSS_HEAD, unit)) as agent:
        bounds = window(agent)
    assert bounds.east - bounds.west < longest


def test_a_map_without_a_point_says_why(world: World) -> None:
    page = shown(world, Role.CROSS_HEAD, "CROSS13")
    assert "Aucun point de deal connu de vous dans cette fenêtre" in page
    frame = page.split('class="map__frame"')[1].split("</div>\n  <section")[0]
    assert 'class="map__status"' in frame, "said where one looks: over the map"


def test_who_opened_the_map_where_stands_in_the_journal(world: World) -> None:
    """R-40: the window that was shown, and by what it was narrowed; never a place that was not."""
    who = world.agent(Role.CROSS_HEAD, "CROSS13")
    assert world.client(who).get("/carte/?product=cannabis_resin").status_code == 200
    (details,) = [one[3] for one in world.journal("consult") if one[1] == who.id]
    assert (details["layer"], details["filters"]) == ("dealpoints", ["product"])
    assert details["bounds"]
