"""Tiles, the past, the density and the paper of the map over HTTP: what is journaled, and what is refused in words."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from recoupe.access.enums import Role
from tests.dealpoints.builders import MARSEILLE, active
from tests.dealpoints.sheets import read, tile_of
from tests.web.rooms import text
from tests.world import TestAgent, World

AT = tile_of(*MARSEILLE, 9)
TILE = f"/carte/tuiles/points/9/{AT.x}/{AT.y}.mvt"
BBOX = "5.2,43.2,5.6,43.5"


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def point(world: World, head: TestAgent) -> UUID:
    return active(world, world.agent(Role.INVESTIGATOR, "PJ13"), head)


def last(world: World) -> tuple[UUID, list[str], dict[str, object]]:
    entry = world.journal("consult")[-1]
    return entry[1], entry[2], entry[3]


def test_a_tile_shows_what_one_reads_and_the_journal_keeps_what_it_named(
    world: World, head: TestAgent, point: UUID
) -> None:
    answer = world.client(head).get(TILE)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert answer["Cache-Control"] == "no-store"
    assert [said["id"] for _, _, said in read(answer.content)["points"]] == [str(point)]
    edges = AT.bounds
    details = {
        "layer": "dealpoints",
        "bounds": [round(e, 2) for e in (edges.west, edges.south, edges.east, edges.north)],
    }
    assert last(world) == (head.id, [f"dealpoint:{point}"], details | {"filters": []})
    # From what is kept too: each look leaves its line.
    before = len(world.journal("consult"))
    assert world.client(head).get(TILE).content == answer.content
    assert len(world.journal("consult")) == before + 1


def test_heat_names_nobody_in_the_journal(world: World, head: TestAgent, point: UUID) -> None:
    answer = world.client(head).get("/carte/tuiles/heat/5/16/11.mvt?state=ACTIVE")
    assert read(answer.content)["heat"]
    _, refs, details = last(world)
    assert (refs, details["layer"], details["filters"]) == ([], "dealpoints_heat", ["state"])


def test_a_stranger_gets_an_empty_tile(world: World, point: UUID) -> None:
    answer = world.client(world.agent(Role.INVESTIGATOR, "PJ59")).get(TILE)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/carte/tuiles/points/99/0/0.mvt", 422),
        ("/carte/tuiles/points/3/8/0.mvt", 422),
        ("/carte/tuiles/points/3/0/99999999999999999999.mvt", 422),
        ("/carte/tuiles/heat/13/0/0.mvt", 422),
        ("/carte/tuiles/points/-1/0/0.mvt", 404),
        ("/carte/tuiles/secrets/3/0/0.mvt", 404),
        (TILE + "?state=SOLD", 422),
        (TILE + "?kind=moon", 422),
        (TILE + "?on=2999-01-01", 422),
        (TILE + "?on=1998-07-12", 422),
        (TILE + "?on=hier", 422),
        (f"/carte/points.geojson?bbox={BBOX}&on=2999-01-01", 422),
        (f"/carte/imprimer/?bbox={BBOX}&on=2999-01-01", 422),
        ("/carte/imprimer/?bbox=partout", 422),
        ("/carte/imprimer/?bbox=5,43,5.0000001,44", 422),
        ("/carte/?layer=moon", 422),
        ("/carte/?on=2999-01-01", 422),
    ],
)
def test_bad_input_gets_a_sentence(world: World, head: TestAgent, address: str, status: int) -> None:
    before = len(world.journal("print"))
    answer = world.client(head).get(address)
    assert answer.status_code == status
    assert len(text(answer)) > 20
    assert len(world.journal("print")) == before


def test_the_day_that_is_refused_is_said(world: World, head: TestAgent) -> None:
    client, tomorrow = world.client(head), (timezone.localdate() + timedelta(days=1)).isoformat()
    assert "pas encore venu" in text(client.get(f"/carte/?on={tomorrow}"))
    assert "commence le 17/09/2019" in text(client.get("/carte/?on=01/01/2019"))
    assert "pas encore venu" in client.get(f"{TILE}?on={tomorrow}").content.decode()


def test_a_past_day_shows_the_states_of_that_day(world: World, head: TestAgent, point: UUID) -> None:
    client, today = world.client(head), timezone.localdate()
    long_ago = (today - timedelta(days=400)).isoformat()
    assert client.get(f"{TILE}?on={long_ago}").content == b""
    assert client.get(f"/carte/points.geojson?bbox={BBOX}&on={long_ago}").json()["features"] == []
    assert client.get(f"{TILE}?on={today.isoformat()}").content == client.get(TILE).content
    page = client.get("/carte/", {"on": long_ago, "kind": "street"})
    assert page.status_code == 200
    assert f"kind=street&amp;on={long_ago}" in page.content.decode()


def test_density_is_a_layer_with_its_interval_in_words(world: World, head: TestAgent, point: UUID) -> None:
    page = text(world.client(head).get("/carte/?layer=density"))
    assert "Bouches-du-Rhône" in page
    assert "Intervalle" in page
    assert "data-density" in page


def test_the_map_prints_with_its_marking_and_is_journaled_by_what_it_names(
    world: World, head: TestAgent, point: UUID
) -> None:
    answer = world.client(head).get(reverse("dealpoint-map-print"), {"bbox": BBOX})
    assert answer.status_code == 200, text(answer)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    entry = world.journal("print")[-1]
    assert (entry[1], entry[2]) == (head.id, [f"dealpoint:{point}"])
    assert entry[3]["layer"] == "dealpoints"
    assert entry[3]["serial"]


def test_a_prosecutor_is_told_that_he_reads_squares(world: World, point: UUID) -> None:
    prosecutor = world.client(world.agent(Role.PROSECUTOR, "TJ13"))
    assert "carrés de 200 mètres" in text(prosecutor.get("/carte/"))
    place = prosecutor.get(reverse("dealpoint-place", args=[point])).json()["features"][0]
    assert place["properties"]["uncertainty_m"] > 300
    assert place["geometry"]["coordinates"] != list(MARSEILLE)
