"""Events by the screens: planned, compared, called about, changed, ended; bad input is a sentence at its field."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from recoupe.access.enums import Role
from recoupe.deconfliction.actions import drain
from tests.operations.made import noon
from tests.web.intelligence.typed import errors_of, text_of
from tests.web.rooms import same
from tests.world import TestAgent, World

NEW = "/evenements/nouveau/"
WRITTEN = "%d/%m/%Y %H:%M"


def form(**changes: Any) -> dict[str, Any]:
    """A surveillance in Marseille, the day after tomorrow at noon."""
    start = noon()
    known = {
        "kind": "surveillance", "label": "Planque du port", "armed": "on", "shape": "point", "commune": "13055",
        "lon": "5.3698", "lat": "43.2965", "radius_m": "100", "existence": "both",
        "since": start.strftime(WRITTEN), "until": (start + timedelta(hours=2)).strftime(WRITTEN),
    }  # fmt: skip
    return known | changes


def planned(world: World, who: TestAgent, **changes: Any) -> str:
    """The address of the event that was entered."""
    answer = world.client(who).post(NEW, form(**changes))
    assert answer.status_code == 302, answer.context["form"].errors
    found = re.fullmatch(r"/evenements/[0-9a-f-]{36}/", answer["Location"])
    assert found
    return found[0]


def compare(world: World) -> None:
    with world.process("matcher"):
        while drain():
            pass


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "DED13")


def test_two_services_learn_whom_to_call_and_nothing_else(world: World, police: TestAgent, customs: TestAgent) -> None:
    ours = planned(world, police)
    page = text_of(world.client(police).get(ours))
    assert "Comparaison en cours" in page
    theirs = planned(world, customs, label="Filature discrète", kind="sensitive")
    compare(world)
    phone = world.sql("SELECT contact_phone FROM reference_unit WHERE code = 'DED13'")[0][0]
    for who in (police, world.agent(Role.INVESTIGATOR, "PJ13")):
        page = text_of(world.client(who).get(ours))
        assert phone in page
        assert "Filature" not in page
    assert world.client(police).get(theirs).status_code == 404
    found = re.search(r"/recoupements/[0-9a-f-]{36}/", text_of(world.client(customs).get(theirs)))
    assert found
    side = text_of(world.client(customs).get(found[0]))
    assert "appelez-le avant" in side
    assert "Planque" not in side
    assert "Planque du port" in text_of(world.client(police).get("/evenements/"))


def test_an_event_is_changed_begun_and_cancelled(world: World, police: TestAgent) -> None:
    client, ours = world.client(police), planned(world, police)
    assert "43.2965" in text_of(client.get(f"{ours}modifier/"))
    assert client.post(f"{ours}modifier/", form(label="Autre nom")).status_code == 302
    assert "Autre nom" in text_of(client.get(ours))
    assert client.post(f"{ours}commencer/").status_code == 302
    without = client.post(f"{ours}annuler/", {"reason": ""})
    assert without.status_code == 422
    assert client.post(f"{ours}annuler/", {"reason": "cible partie"}).status_code == 302
    assert "annulé" in text_of(client.get(ours))
    assert client.post(f"{ours}terminer/").status_code == 409
    assert client.get(f"{ours}conflits/").status_code == 200
    assert client.post(f"{ours}inventer/").status_code == 404


def test_a_form_sent_twice_acts_once(world: World, police: TestAgent) -> None:
    client, key = world.client(police), str(uuid4())
    drawn = re.search(r'name="key" value="([0-9a-f-]{36})"', text_of(client.get(NEW)))
    assert drawn
    assert drawn[1] not in text_of(client.get(NEW))
    ours = planned(world, police, key=key)
    assert planned(world, police, key=key) == ours
    assert planned(world, police, key=key, label="Corrigé après retour en arrière") != ours
    change, asked = form(key=key, label="Autre nom"), "SELECT sum(count) FROM intelligence_depositcount"
    before = world.sql(asked)[0][0]
    for _ in range(2):
        assert client.post(f"{ours}modifier/", change).status_code == 302
    assert world.sql(asked)[0][0] == before + 1
    for verb in ("commencer", "annuler"):
        for _ in range(2):
            assert client.post(f"{ours}{verb}/", {"reason": "cible partie"}).status_code == 302
    steps = "SELECT count(*) FROM audit_entry WHERE operation = 'modify' AND refs::text LIKE %s"
    assert world.sql(steps, [f"%{ours[12:48]}%"])[0][0] == 3


def test_what_a_colleague_changed_meanwhile_is_not_written_over(world: World, police: TestAgent) -> None:
    client, ours = world.client(police), planned(world, police)
    read = re.search(r'name="read_at" value="([^"]+)"', text_of(client.get(f"{ours}modifier/")))
    assert read
    read_at = unescape(read[1])
    assert client.post(f"{ours}modifier/", form(label="Le sien", read_at=read_at)).status_code == 302
    mine = client.post(f"{ours}modifier/", form(label="Le mien", read_at=read_at))
    assert mine.status_code == 409
    assert "a changé pendant" in errors_of(mine)
    assert "Le mien" in text_of(mine)
    assert "Le sien" in text_of(client.get(ours))


def route(*starts: tuple[str, float, float], **changes: Any) -> dict[str, Any]:
    """From Bayonne on, to each commune within its hours after noon; legs are numbered from one."""
    legs: dict[str, str] = {}
    for n, (to, since, until) in enumerate(starts, 1):
        hours = [(noon() + timedelta(hours=hour)).strftime(WRITTEN) for hour in (since, until)]
        legs |= {f"to_{n}": to, f"since_{n}": hours[0], f"until_{n}": hours[1]}
    return form(shape="corridor", commune="64102", lon="", lat="", since="", until="") | legs | changes


def test_a_route_is_typed_leg_by_leg_and_comes_back_as_it_was(world: World, police: TestAgent) -> None:
    client, typed = world.client(police), route(("40088", 0, 1), ("33063", 1, 3))
    ours = planned(world, police, **typed)
    page = text_of(client.get(ours))
    for words in ("Bayonne → Dax", "Dax → Bordeaux", "Étape 2"):
        assert words in page
    shown = client.get(f"{ours}modifier/").context["form"]
    named = {"commune": "Bayonne (64)", "to_1": "Dax (40)", "to_2": "Bordeaux (33)", "to_3": None, "lon": None}
    assert {name: shown[name].value() for name in named} == named
    hours = [f"{part}_{n}" for n in (1, 2) for part in ("since", "until")]
    assert {name: shown[name].value() for name in hours} == {name: typed[name] for name in hours}
    kept = {name: shown[name].value() for name in shown.fields if shown[name].value()}
    assert client.post(f"{ours}modifier/", kept).status_code == 302
    assert world.sql("SELECT state FROM operations_event WHERE id = %s", [ours[12:48]]) == [("PLANNED",)]
    assert client.post(f"{ours}modifier/", kept | {"until_2": typed["until_1"]}).status_code == 422


@pytest.mark.parametrize(
    ("legs", "changes", "at", "words"),
    [
        ([("40088", 0, 1), ("33063", -9, 3)], {}, "since_2", "remonte le temps"),
        ([("40088", 0, 2), ("33063", 0, 1)], {}, "until_2", "remonte le temps"),
        ([("40088", 0, 1), ("33063", 3, 1)], {}, "until_2", "après le début"),
        ([("40088", 0, 1), ("Lille (59)", 1, 9)], {}, "to_2", "400"),
        ([("40088", 0, 1), ("33063", 1, 24 * 40)], {}, "until_2", "31 jours"),
        ([("40088", 0, 1)], {"to_1": ""}, "to_1", "obligatoire"),
        ([("40088", 0, 1)], {"to_1": "Nulle-Part"}, "to_1", "Nulle-Part"),
        ([("40088", 0, 1), ("33063", 1, 2)], {"to_1": "", "since_1": "", "until_1": "", "until_2": "x"}, "until_2", ""),
        ([("40088", 0, 1)], {"since_4": "01/02/2027 10:00"}, "to_4", "obligatoire"),
        ([], {}, "to_1", "obligatoire"),
    ],
)
def test_a_refusal_stands_at_its_leg(
    world: World, police: TestAgent, legs: list[tuple[str, float, float]], changes: dict[str, str], at: str, words: str
) -> None:
    answer = world.client(police).post(NEW, route(*legs, **changes))
    assert answer.status_code == 422
    said = answer.context["form"].errors
    assert words in str(said[at])
    assert all(str(value) in unescape(text_of(answer)) for value in route(*legs, **changes).values())


def test_an_emoji_a_comma_and_midnight_are_as_good_as_any(world: World, police: TestAgent) -> None:
    start = noon().replace(hour=23)
    hours = {"since": start.strftime("%d/%m/%Y %Hh"), "until": (start + timedelta(hours=3)).strftime("%d/%m/%Y %Hh%M")}
    ours = planned(world, police, label="🚓 Planque du « Père-Lachaise »", lon="5,3698", lat="43,2965", **hours)
    page = text_of(world.client(police).get(ours))
    assert "🚓" in page
    assert "23:00" in page and "02:00" in page


def test_another_units_event_and_none_answer_the_same(world: World, police: TestAgent, customs: TestAgent) -> None:
    theirs, client = planned(world, police), world.client(customs)
    nobodys = f"/evenements/{uuid4()}/"
    for rest in ("", "modifier/", "conflits/"):
        one, other = client.get(theirs + rest), client.get(nobodys + rest)
        assert (one.status_code, other.status_code) == (404, 404)
        assert same(one) == same(other)
    for verb in ("annuler/", "modifier/"):
        one, other = client.post(theirs + verb, form(reason="x")), client.post(nobodys + verb, form(reason="x"))
        assert (one.status_code, other.status_code) == (404, 404)
        assert same(one) == same(other)


def test_a_gap_between_legs_is_nothing(world: World, police: TestAgent) -> None:
    legs = {"to_1": "", "since_1": "", "until_1": "", "to_3": "Lille (59)"}
    legs |= {
        name.replace("1", "3"): value
        for name, value in route(("40088", 0, 1)).items()
        if name in ("since_1", "until_1")
    }
    answer = world.client(police).post(NEW, route(("40088", 0, 1), **legs))
    assert "400" in str(answer.context["form"].errors["to_3"])
    assert "étape 3" in str(answer.context["form"].errors["to_3"])
    planned(world, police, **route(("40088", 0, 1), **legs | {"to_3": "40088"}))


ESTATE = "43.29, 5.36\n43.29, 5.38\n43.31, 5.38\n43.31, 5.36"


def test_a_zone_is_typed_corner_by_corner(world: World, police: TestAgent) -> None:
    drawn = {"shape": "zone", "commune": "", "lon": "", "lat": ""}
    ours = planned(world, police, outline=ESTATE, **drawn)
    client = world.client(police)
    assert "dans une zone" in text_of(client.get(ours))
    page = text_of(client.get(f"{ours}modifier/"))
    assert "43.31, 5.38" in page
    tangled = client.post(NEW, form(outline="43.29, 5.36\n43.31, 5.38\n43.29, 5.38\n43.31, 5.36", **drawn))
    assert tangled.status_code == 422
    assert "se croise" in errors_of(tangled)
    assert "43.31, 5.38" in text_of(tangled)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "controlled_delivery"}, "bureau central"),
        ({"commune": "", "lon": "", "lat": ""}, "Donnez un lieu"),
        ({"lat": ""}, "longitude et la latitude"),
        ({"lon": "nan"}, ""),
        ({"since": ""}, "obligatoire"),
        ({"since": "28/03/2027 02:30", "until": "28/03/2027 05:00"}, "commence dans la nuit"),
        ({"since": "99/99/9999 99:99"}, "Moment illisible"),
        ({"since": "01/01/0001 00:00"}, "vraisemblable"),
        ({"until": "31/12/9999 23:59", "commune": "97105", "lon": "", "lat": ""}, "vraisemblable"),
        ({"lon": "cinq"}, ""),
        ({"lon": "5,3698", "lat": "91"}, "sur la Terre"),
        ({"lon": "180", "lat": "0", "commune": ""}, "aucune commune"),
        ({"lon": "-180", "lat": "-89.9", "commune": ""}, "aucune commune"),
        ({"since": "25/10/2026 02:30", "until": "25/10/2026 02:30"}, ""),
        ({"until": "01/01/2037 00:00"}, "31 jours"),
        ({"shape": "corridor"}, "obligatoire"),
        ({"shape": "polygone"}, ""),
        ({"shape": "zone"}, "Donnez le contour"),
        ({"shape": "zone", "outline": "mairie"}, "La ligne 1"),
        ({"shape": "zone", "outline": "{"}, "GeoJSON"),
        ({"label": "\x00"}, ""),
        ({"label": "x" * 81}, "80"),
        ({"radius_m": "9" * 400}, ""),
    ],
)
def test_bad_input_is_a_sentence(world: World, police: TestAgent, changes: dict[str, str], words: str) -> None:
    answer = world.client(police).post(NEW, form(**changes))
    assert answer.status_code == 422
    assert words in errors_of(answer)
