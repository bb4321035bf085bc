"""The ledger of presence by the screens: entered at night, corrected with a motive, a file; figures and proposals."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from recoupe.access.enums import Role
from tests.operations.test_lots import file, line
from tests.web.intelligence.typed import text_of
from tests.world import TestAgent, World

NEW, IMPORT = "/presence/saisir/", "/presence/importer/"
DAY = timezone.localdate() - timedelta(days=4)


def form(**changes: Any) -> dict[str, Any]:
    """Two people for four hours in Marseille, over midnight."""
    known = {
        "patrol": f"BAC {uuid4().hex[:8]}", "staff": "2", "commune": "Marseille (13)", "point": "",
        "day": DAY.strftime("%d/%m/%Y"), "since": "22h", "until": "2:00", "allocation": "random",
        "controls": "9", "fines": "2", "found": "0",
    }  # fmt: skip
    return known | changes


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def entered(world: World, who: TestAgent, **changes: Any) -> str:
    """The address of the line."""
    answer = world.client(who).post(NEW, form(**changes))
    assert answer.status_code == 302, answer.context["form"].errors
    found = re.fullmatch(r"/presence/[0-9a-f-]{36}/", answer["Location"])
    assert found
    return found[0]


def test_a_line_is_entered_shown_listed_and_offered_again(world: World, police: TestAgent) -> None:
    client = world.client(police)
    address = entered(world, police, patrol="Brigade de nuit 7")
    page = text_of(client.get(address))
    assert "8,0 heures de présence, effectif 2" in page
    assert "lieu tiré au sort" in page
    listed = client.get("/presence/")
    assert address in listed.content.decode()
    # The next one starts from it: the same patrol, people and commune; its hours and numbers are its own.
    again = client.get(NEW).context["form"].initial
    assert (again["patrol"], again["staff"], again["commune"]) == ("Brigade de nuit 7", 2, "Marseille (13)")
    assert "since" not in again
    assert "controls" not in again


def test_sent_twice_it_is_one_line(world: World, police: TestAgent) -> None:
    typed = form(key=str(uuid4()))
    client = world.client(police)
    assert client.post(NEW, typed)["Location"] == client.post(NEW, typed)["Location"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": "25:00"}, "until"), ({"since": "minuit"}, "since"), ({"since": "24:00"}, "since"),
        ({"day": "31/02/2026"}, "day"), ({"day": "01/01/2099"}, "day"), ({"commune": "Lille (59)"}, "commune"),
        ({"commune": "Saint-Denis"}, "commune"), ({"commune": ""}, "commune"), ({"controls": "-1"}, "controls"),
        ({"fines": "1,5"}, "fines"), ({"staff": "0"}, "staff"), ({"patrol": ""}, "patrol"),
        ({"allocation": "flair"}, "allocation"), ({"point": "PJ13-26-ZZZZZZ"}, "point"), ({"until": "21:00"}, "until"),
        ({"patrol": "B\x00C"}, "patrol"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_at_its_field(
    world: World, police: TestAgent, changes: dict[str, str], field: str
) -> None:
    answer = world.client(police).post(NEW, form(**changes))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_an_hour_that_does_not_exist_is_a_sentence(world: World, police: TestAgent) -> None:
    answer = world.client(police).post(NEW, form(day="29/03/2026", since="02:30", until="06:00"))
    assert answer.status_code == 422
    assert "l'heure d'été commence" in answer.context["form"].errors["since"][0]


def test_a_correction_and_a_withdrawal_say_why_and_leave_what_was_said(world: World, police: TestAgent) -> None:
    client, who = world.client(police), f"BAC {uuid4().hex[:8]}"
    address = entered(world, police, patrol=who)
    typed = form(patrol=who, fines="3", step="1")
    assert client.post(f"{address}corriger/", typed).status_code == 422
    assert client.post(f"{address}corriger/", typed | {"reason": "une AFD oubliée"}).status_code == 302
    page = text_of(client.get(address))
    assert "une AFD oubliée" in page
    assert "2 AFD" in page
    assert "3 AFD" in page
    # Somebody corrected it meanwhile: said so, and nothing is written over.
    assert client.post(f"{address}corriger/", typed | {"reason": "autre"}).status_code == 409
    assert client.post(f"{address}retirer/", {"step": "2", "reason": ""}).status_code == 422
    assert client.post(f"{address}retirer/", {"step": "2", "reason": "autre patrouille"}).status_code == 302
    assert "autre patrouille" in text_of(client.get(address))
    assert client.get(f"{address}corriger/").status_code == 409


def test_another_unit_sees_nothing_of_it(world: World, police: TestAgent) -> None:
    address = entered(world, police)
    customs = world.client(world.agent(Role.INVESTIGATOR, "DED13"))
    assert address not in customs.get("/presence/").content.decode()
    for asked in (address, f"{address}corriger/"):
        assert customs.get(asked).status_code == 404
    assert customs.post(f"{address}retirer/", {"step": "1", "reason": "x"}).status_code == 404
    for role, unit in ((Role.CROSS_ANALYST, "CROSS13"), (Role.PROSECUTOR, "TJ13"), (Role.SYSADMIN, "OFAST")):
        assert world.client(world.agent(role, unit)).get(address).status_code == 403


def test_a_file_comes_back_with_a_sentence_a_line_or_enters(world: World, police: TestAgent) -> None:
    client = world.client(police)
    held = "SELECT count(*) FROM operations_presence"
    before = world.sql(held)
    wrong = client.post(
        IMPORT, {"file": SimpleUploadedFile("p.csv", file(line(), line(a="25:00"), line(controles="-3")))}
    )
    assert wrong.status_code == 422
    assert [number for number, _ in wrong.context["wrong"]] == [3, 4]
    assert world.sql(held) == before
    assert client.post(IMPORT, {"file": SimpleUploadedFile("p.csv", b"rien")}).status_code == 422
    assert client.post(IMPORT, {}).status_code == 422
    done = client.post(IMPORT, {"file": SimpleUploadedFile("p.csv", file(line(), line()))})
    assert done.status_code == 302
    assert world.sql(held)[0][0] == before[0][0] + 2


def test_figures_are_by_commune_and_say_what_may_not_be_concluded(world: World, police: TestAgent) -> None:
    entered(world, police, commune="Gémenos (13)", staff="1")
    entered(world, police, commune="Ensuès-la-Redonne (13)", staff="30")
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    answer = client.get("/presence/chiffres/")
    page = text_of(answer)
    assert "n'est pas calme" in page
    assert "peu regardé" in page
    found = {row.name: row for row in answer.context["lines"]}
    assert found["Gémenos"].facts is None
    assert found["Ensuès-la-Redonne"].facts is not None
    assert "BAC" not in page
    entry = world.sql("SELECT details, result_count FROM audit_entry ORDER BY id DESC LIMIT 1")[0]
    assert entry == ({"what": "presence_figures", "department": "13"}, len(found))


@pytest.mark.parametrize(
    "query", ["department=59", "department=99", "since=hier", "since=05/03/2026&until=05/02/2026", "until=99/99/9999"]
)
def test_figures_of_elsewhere_or_of_no_time_are_a_sentence(world: World, query: str) -> None:
    client = world.client(world.agent(Role.CROSS_ANALYST, "CROSS13"))
    assert client.get(f"/presence/chiffres/?{query}").status_code == 422
    assert client.get("/presence/parts/?department=59").status_code == 422
    for hours in ("0", "-8", "x", "999999"):
        assert client.get(f"/presence/parts/?hours={hours}").status_code == 422


def test_a_proposal_is_of_places_and_the_same_however_often_it_is_asked(world: World, police: TestAgent) -> None:
    client = world.client(world.agent(Role.CROSS_HEAD, "CROSS13"))
    first, again = (client.get("/presence/parts/?hours=400").context for _ in range(2))
    assert first["drawn"] == again["drawn"]
    assert len(first["drawn"]) == 5
    given = sum(row.hours for row in first["directed"]) + first["others_hours"] + first["slot"] * len(first["drawn"])
    assert given == pytest.approx(400)
    # Directed hours that found a lot change nothing: only what the lot found does.
    entered(world, police, commune="Gémenos (13)", allocation="discovery", fines="900", controls="900")
    assert client.get("/presence/parts/?hours=400").context["directed"] == first["directed"]


def test_the_office_reads_every_department(world: World) -> None:
    client = world.client(world.agent(Role.OFAST_ANALYST, "OFAST"))
    for department in ("59", "973", "2A"):
        assert client.get(f"/presence/chiffres/?department={department}").status_code == 200
        assert client.get(f"/presence/parts/?department={department}").status_code == 200
