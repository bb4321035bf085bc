"""Proposing a deal point by the page: from a report, by hand, beside a known one, and what is refused."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from recoupe.access.enums import Role
from recoupe.dealpoints import queries
from recoupe.intelligence.actions import mark_silent
from recoupe.intelligence.models import Report
from tests.dealpoints.builders import LILLE, active, proposed, report_by
from tests.web.rooms import same, text
from tests.web.test_dealpoints import page
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS59")


@pytest.fixture(scope="module")
def point(world: World, police: TestAgent, analyst: TestAgent) -> UUID:
    """A confirmed point of Marseille."""
    return active(world, police, analyst)


# -- proposing ---------------------------------------------------------------------------------------------------------
def form(**over: object) -> dict[str, object]:
    return {"name": "Le Lavoir", "kind": "lobby", "key": str(uuid4()), **over}


def submitted(world: World, who: TestAgent, **over: object) -> tuple[UUID, str]:
    with world.acting(who) as agent:
        made = report_by(agent, **over)  # type: ignore[arg-type]
        return made.id, str(made.ref)


def test_a_point_is_proposed_from_a_report_once(world: World, police: TestAgent) -> None:
    report, ref = submitted(world, police, where=(4.81, 43.95), products=["cannabis_resin"], violence=True)
    client = world.client(police)
    asked = client.get(f"/points/nouveau/?report={report}")
    shown = text(asked)
    assert asked.status_code == 200
    assert ref in shown
    assert 'value="4.81000"' in shown
    wanted = form(lon="4,81", lat="43,95", uncertainty_m="400", products=["cannabis_resin"], roles_seen=["lookout"])
    made = client.post(f"/points/nouveau/?report={report}", wanted)
    assert made.status_code == 302
    again = client.post(f"/points/nouveau/?report={report}", wanted)
    assert again["Location"] == made["Location"]
    with world.acting(police) as agent:
        point = queries.points_of_record(agent, report)
        assert [(p.name, p.uncertainty_m, p.roles_seen) for p in point] == [("Le Lavoir", 400, ["lookout"])]


def test_a_point_is_proposed_by_hand_on_a_whole_commune(world: World, police: TestAgent) -> None:
    _, ref = submitted(world, police)
    made = world.client(police).post("/points/nouveau/", form(report=ref.lower(), commune="Arles (13)"))
    assert made.status_code == 302
    with world.acting(police) as agent:
        point = queries.point(agent, UUID(made["Location"].split("/")[2]))
        assert (point.commune_code, point.uncertainty_m) == ("13004", 2000)


@pytest.mark.parametrize(
    ("code", "commune", "lon", "lat"),
    [("98735", "Papeete (987)", "-149,5667", "-17,5350"), ("85165", "L'Oie (85)", "-1,1300", "46,7990")],
)
def test_a_commune_without_known_centre_asks_for_the_point(
    world: World, police: TestAgent, code: str, commune: str, lon: str, lat: str
) -> None:
    report, _ = submitted(world, police, lon=None, lat=None, place_kind="commune", commune_code=code)
    client = world.client(police)
    address = f"/points/nouveau/?report={report}"
    assert f'value="{escape(commune)}"' in text(client.get(address))
    asked = client.post(address, form(commune=commune))
    assert asked.status_code == 422
    assert "donnez la longitude et la latitude du point" in text(asked)
    wrong = client.post(address, form(commune=commune, lon="5,3698", lat="43,2965"))
    assert wrong.status_code == 422
    made = client.post(address, form(commune=commune, lon=lon, lat=lat))
    assert made.status_code == 302
    with world.acting(police) as agent:
        assert [p.commune_code for p in queries.points_of_record(agent, report)] == [code]
    assert client.get(made["Location"]).status_code == 200


def test_a_point_known_nearby_is_shown_before_another_is_made(world: World, police: TestAgent) -> None:
    _, ref = submitted(world, police, where=LILLE)
    client = world.client(police)
    assert client.post("/points/nouveau/", form(report=ref)).status_code == 302
    _, other = submitted(world, police, where=LILLE)
    wanted = form(report=other, name="Encore lui")
    asked = client.post("/points/nouveau/", wanted)
    assert asked.status_code == 409
    assert "déjà connu tout près" in text(asked)
    assert "Le Lavoir" in text(asked)
    # The report typed by hand is still in the form that comes back.
    assert f'name="report" value="{other}"' in text(asked)
    assert client.post("/points/nouveau/", {**wanted, "distinct": "on"}).status_code == 302


def test_the_points_shown_nearby_stand_in_the_journal(world: World, police: TestAgent) -> None:
    brest = (-4.4861, 48.3904)
    known = proposed(world, police, brest)
    _, ref = submitted(world, police, where=brest)
    assert world.client(police).post("/points/nouveau/", form(report=ref)).status_code == 409
    near = [one[1:3] for one in world.journal("consult") if one[3].get("what") == "near"]
    assert [who for who, refs in near if f"dealpoint:{known}" in refs] == [police.id]


def test_a_report_that_may_found_no_point_opens_no_form(world: World, police: TestAgent) -> None:
    """P-70, before a word is typed: one that its head has made silent; its own author reads it all the same."""
    report, _ = submitted(world, police)
    address, head = f"/points/nouveau/?report={report}", world.agent(Role.UNIT_HEAD, "PJ13")
    assert world.client(police).get(address).status_code == 200
    with world.acting(head) as agent:
        until = timezone.localdate() + timedelta(days=30)
        mark_silent(by=agent, report=Report.objects.get(id=report), until=until, reason="opération en cours")
    assert world.client(police).get(f"/renseignements/{report}/").status_code == 200
    assert world.client(police).get(address).status_code == 409


def test_a_report_is_added_to_the_known_point_nearby_in_one_click(world: World, police: TestAgent) -> None:
    tours = (0.6848, 47.3941)
    known = proposed(world, police, tours)
    report, ref = submitted(world, police, where=tours)
    client = world.client(police)
    asked = text(client.post(f"/points/nouveau/?report={report}", form(name="Encore lui")))
    adds = reverse("dealpoint-evidence", args=[known])
    assert f'name="report" value="{ref}" formaction="{adds}"' in asked
    assert client.post(adds, form(name="Encore lui", report=ref)).status_code == 302
    with world.acting(police) as agent:
        assert [p.pk for p in queries.points_of_record(agent, report)] == [known]


def test_a_silent_report_is_offered_to_no_point(world: World, police: TestAgent) -> None:
    where = (0.6848, 47.4941)
    point = proposed(world, police, where)
    report, ref = submitted(world, police, where=where)
    with world.acting(world.agent(Role.UNIT_HEAD, "PJ13")) as agent:
        mark_silent(
            by=agent,
            report=Report.objects.get(pk=report),
            until=timezone.localdate() + timedelta(days=2),
            reason="Infiltration",
        )
    asked = text(world.client(police).post("/points/nouveau/", form(report=ref)))
    assert page(point) in asked
    assert reverse("dealpoint-evidence", args=[point]) not in asked


def test_a_report_of_another_service_proposes_nothing(world: World, stranger: TestAgent, police: TestAgent) -> None:
    report, ref = submitted(world, police)
    client = world.client(stranger)
    hidden, absent = (client.get(f"/points/nouveau/?report={i}") for i in (report, uuid4()))
    assert hidden.status_code == absent.status_code == 404
    assert same(hidden) == same(absent)
    assert client.get("/points/nouveau/?report=rien").status_code == 404
    by_hand, unknown = (client.post("/points/nouveau/", form(report=r)) for r in (ref, "PJ13-26-000000"))
    assert by_hand.status_code == unknown.status_code == 422
    assert "à votre portée" in text(by_hand)
    assert "à votre portée" in text(unknown)


@pytest.mark.parametrize(
    "over",
    [
        {"name": ""}, {"name": "x" * 500}, {"name": "a\x00b"}, {"name": "Chez 06 12 34 56 78"}, {"kind": "castle"},
        {"lon": "5.37"}, {"lon": "500", "lat": "43"}, {"lon": "nan", "lat": "43"}, {"lon": "x" * 300, "lat": "43"},
        {"lon": "0", "lat": "0"}, {"lon": "5.3698", "lat": "43.2965", "commune": "Arles (13)"},
        {"uncertainty_m": "-1"}, {"uncertainty_m": "99999"}, {"uncertainty_m": "1e3"}, {"products": ["gold"]},
        {"hours": "\x07"}, {"key": "1"}, {"commune": "Nullepart"}, {"report": ""}, {"report": "PJ13"},
        {"hours": "a" * 1000}, {"roles_seen": ["king"]},
    ],
)  # fmt: skip
def test_a_bad_proposal_is_a_sentence(world: World, police: TestAgent, over: dict[str, object]) -> None:
    _, ref = submitted(world, police, where=(4.5, 43.7))
    before = world.sql("SELECT count(*) FROM dealpoints_dealpoint")
    answer = world.client(police).post("/points/nouveau/", form(report=ref) | over)
    assert answer.status_code == 422, over
    assert "à corriger" in text(answer)
    assert world.sql("SELECT count(*) FROM dealpoints_dealpoint") == before


def test_html_in_a_name_stays_words(world: World, police: TestAgent) -> None:
    _, ref = submitted(world, police, where=(4.62, 43.67))
    made = world.client(police).post("/points/nouveau/", form(report=ref, name="<b>Tour\u202e</b>", distinct="on"))
    shown = text(world.client(police).get(made["Location"]))
    assert "&lt;b&gt;Tour&lt;/b&gt;" in shown


def test_a_report_is_added_to_a_point_once(world: World, police: TestAgent, stranger: TestAgent, point: UUID) -> None:
    report, ref = submitted(world, police)
    address = reverse("dealpoint-evidence", args=[point])
    assert world.client(police).post(address, {"report": ref}).status_code == 302
    again = world.client(police).post(address, {"report": ref})
    assert again.status_code == 409
    assert "déjà au dossier" in text(again)
    assert ref in text(world.client(police).get(page(point)))
    assert world.client(police).post(address, {"report": "\x00"}).status_code == 422
    assert world.client(stranger).post(address, {"report": ref}).status_code == 404
    assert f"report:{report}" in world.journal("modify")[-1][2]
