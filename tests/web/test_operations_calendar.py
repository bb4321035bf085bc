"""The calendar and the map of a unit's events: every day that an event touches, by the clock of its place."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from recoupe.access.enums import Role
from recoupe.operations import actions
from recoupe.operations.models import Event
from recoupe.web.operations import calendar, maps, shown
from tests.operations.made import noon, point
from tests.targets.builders import Registry
from tests.web.intelligence.typed import errors_of, text_of
from tests.web.test_operations import WRITTEN, planned, route
from tests.world import TestAgent, World

CALENDAR, MAP, PLACES = "/evenements/calendrier/", "/evenements/carte/", "/evenements/lieux.geojson"


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def _line(since: datetime, until: datetime, zone: str = "Europe/Paris", commune: str = "13055") -> shown.Line:
    known = {"legs": [], "state": "PLANNED", "kind": "search", "shape": "point"}
    return shown.line(Event(starts_at=since, ends_at=until, zone=zone, commune_code=commune, **known))


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ((1, 9, 0), (1, 11, 30), ["09:00 – 11:30", None, None]),
        ((1, 22, 0), (2, 2, 0), ["dès 22:00", "jusqu'à 02:00", None]),
        ((1, 22, 0), (3, 0, 30), ["dès 22:00", "toute la journée", "jusqu'à 00:30"]),
        ((1, 22, 0), (2, 0, 0), ["22:00 – 24:00", None, None]),
        ((2, 0, 0), (3, 0, 0), [None, "toute la journée", None]),
    ],
)
def test_an_event_stands_on_each_day_that_it_touches(
    world: World, police: TestAgent, since: Any, until: Any, days: list[str | None]
) -> None:
    paris = ZoneInfo("Europe/Paris")
    first, last = (
        datetime(2027, 2, day, hour, minute, tzinfo=paris).astimezone(UTC) for day, hour, minute in (since, until)
    )
    with world.acting(police):
        line = _line(first, last)
    assert [calendar.part(line, date(2027, 2, day)) for day in (1, 2, 3)] == days


def test_the_hour_that_comes_twice_says_which(world: World, police: TestAgent) -> None:
    with world.acting(police):
        line = _line(datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC))
    assert line.hours == "31/10/2027 02:30 (heure d’été) – 02:30 (heure d’hiver)"


def test_beyond_the_seas_the_clock_is_said(world: World, police: TestAgent) -> None:
    with world.acting(police):
        line = _line(
            datetime(2027, 2, 1, 3, tzinfo=UTC), datetime(2027, 2, 1, 5, tzinfo=UTC), "America/Guadeloupe", "97105"
        )
    assert line.hours == "31/01/2027 23:00 – 01/02/2027 01:00"
    assert line.clock == "heure de Guadeloupe"


@pytest.mark.parametrize(
    ("day", "first", "last", "number"),
    [
        (date(2027, 2, 10), date(2027, 2, 1), date(2027, 2, 28), 28),
        (date(2028, 2, 29), date(2028, 1, 31), date(2028, 3, 5), 35),
        (date(2026, 12, 31), date(2026, 11, 30), date(2027, 1, 3), 35),
    ],
)
def test_a_month_is_whole_weeks(day: date, first: date, last: date, number: int) -> None:
    days = calendar.month_of(day)
    assert (days[0], days[-1], len(days)) == (first, last, number)


def test_the_unit_reads_its_own_week_and_month_and_no_other(world: World, police: TestAgent) -> None:
    start = noon(10).replace(hour=23)
    hours = {"since": start.strftime(WRITTEN), "until": (start + timedelta(hours=4)).strftime(WRITTEN)}
    planned(world, police, label="Planque de nuit", **hours)
    planned(world, police, label="Sous les manguiers", commune="97105", lon="", lat="", **hours)
    customs = world.agent(Role.INVESTIGATOR, "DED13")
    for view in ("week", "month"):
        address = f"{CALENDAR}?view={view}&day={start.date()}"
        page = text_of(world.client(police).get(address))
        assert "dès 23:00" in page
        assert "heure de Guadeloupe" in page
        other = text_of(world.client(customs).get(address))
        assert "Planque de nuit" not in other
    day = f"?day={(start + timedelta(days=1)).date()}"
    drawn = text_of(world.client(police).get(MAP + day))
    assert "Planque de nuit" in drawn
    assert 'data-around="dans un rayon de %(metres)s m"' in drawn
    assert "Planque de nuit" not in text_of(world.client(customs).get(MAP + day))
    assert json.loads(world.client(customs).get(PLACES + day).content)["features"] == []


@pytest.mark.parametrize("page", [CALENDAR, MAP, PLACES])
@pytest.mark.parametrize("query", ["day=0001-01-01", "day=9999-12-31", "day=hier", "day=2026-02-30", "view=siecle"])
def test_a_day_that_is_none_is_a_sentence(world: World, police: TestAgent, page: str, query: str) -> None:
    answer = world.client(police).get(f"{page}?{query}")
    assert answer.status_code == 422
    assert "ne se montre pas" in answer.content.decode()


def test_the_map_draws_places_as_circles_and_routes_with_their_width(world: World, police: TestAgent) -> None:
    planned(world, police)
    planned(world, police, **route(("40088", 0, 1), ("33063", 1, 3), label="Descente de l'A63"))
    answer = world.client(police).get(f"{PLACES}?day={noon().date()}")
    assert answer["Content-Type"].startswith("application/geo+json")
    features = json.loads(answer.content)["features"]
    named = {one["properties"]["name"]: one for one in features if one["geometry"]["type"] == "Point"}
    assert named["Planque du port"]["properties"]["uncertainty_m"] == 100
    assert named["Descente de l'A63"]["geometry"]["coordinates"] == [-1.47175, 43.48526]
    drawn = {one["geometry"]["type"]: one["geometry"]["coordinates"] for one in features}
    assert len(drawn["LineString"]) == 3
    assert len(drawn["Polygon"][0]) > 20
    assert len(features) == 4


def test_a_route_keeps_its_width_north_and_across_the_date_line() -> None:
    area = maps.width([(179.9, -16.0), (180.1, -16.0)], 2_000)
    west, south, east, north = area.bounds
    assert (round((north - south) * 111_195), round(east - west, 2)) == (4_000, 0.24)
    high = maps.width([(2.0, 60.0), (2.0, 60.5)], 2_000).bounds
    assert high[2] - high[0] == pytest.approx(2 * 2_000 / 111_195 / 0.5, rel=0.02)


def test_lists_go_on_and_narrow(world: World, police: TestAgent) -> None:
    client, colleague = world.client(police), world.agent(Role.INVESTIGATOR, "PJ13")
    start = noon(200)
    hours = {"since": start.strftime(WRITTEN), "until": (start + timedelta(hours=1)).strftime(WRITTEN)}
    for n in range(52):
        kind = "control" if n % 2 else "arrest"
        planned(world, police if n < 26 else colleague, label=f"Prévu {n:02}", kind=kind, **hours)
    that_day = f"since={start:%d/%m/%Y}&until={start:%d/%m/%Y}"
    first = client.get(f"/evenements/?{that_day}")
    assert text_of(first).count("Prévu ") == 50
    assert text_of(client.get(f"/evenements/{first.context['older_url']}")).count("Prévu ") == 2
    assert text_of(client.get(f"/evenements/?kind=control&{that_day}")).count("Prévu ") == 26
    assert text_of(client.get(f"/evenements/?until={start - timedelta(days=1):%d/%m/%Y}")).count("Prévu ") == 0
    assert text_of(client.get(f"/evenements/?when=past&{that_day}")).count("Prévu ") == 0
    for query in ("kind=picnic", "since=hier", "case=case:x", "before=x", "since=05/03/2027&until=04/03/2027"):
        answer = client.get(f"/evenements/?{query}")
        assert answer.status_code == 422
        assert errors_of(answer)


def test_a_procedure_narrows_the_list(world: World, police: TestAgent) -> None:
    case = Registry(world).case(police)
    with world.acting(police) as agent:
        mine = actions.enter(by=agent, entry=point(noon(3), label="Sous procédure", concerns=(f"case:{case.id}",)))
        actions.enter(by=agent, entry=point(noon(3), label="Sans procédure"))
    page = text_of(world.client(police).get(f"/evenements/?case=case:{case.id}"))
    assert str(mine.id) in page
    assert "Sans procédure" not in page
