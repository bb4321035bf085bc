"""Pages of deal points: who sees them, what they say, which decisions they offer, and what they refuse."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.dealpoints import actions, queries
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.actions import mark_silent
from recoupe.intelligence.models import Report
from tests.dealpoints.builders import LILLE, MARSEILLE, active, proposed, report_by
from tests.web.rooms import same, text
from tests.world import TestAgent, World

S = DealPointState
BBOX = "5.0,43.0,5.8,43.6"
WHY = "Constaté sur place par deux équipages"


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS59")


@pytest.fixture(scope="module")
def point(world: World, police: TestAgent, analyst: TestAgent) -> UUID:
    """A confirmed point of Marseille."""
    return active(world, police, analyst)


def page(of: UUID) -> str:
    return reverse("dealpoint-page", args=[of])


def state(world: World, who: TestAgent, of: UUID) -> str:
    with world.acting(who) as agent:
        return queries.point(agent, of).state


# -- reading -----------------------------------------------------------------------------------------------------------
def test_the_page_says_what_is_known_to_its_cell_and_journals_it(world: World, head: TestAgent, point: UUID) -> None:
    answer = world.client(head).get(page(point))
    shown = text(answer)
    assert answer.status_code == 200
    for words in ("Les Cygnes", "Marseille", "300 m", "Constatation d", "Signalé", "Actif"):
        assert words in shown, words
    last = world.journal("consult")[-1]
    assert last[1] == head.id
    assert f"dealpoint:{point}" in last[2]


def test_the_territory_reads_the_point_but_not_who_brought_its_evidence(world: World, point: UUID) -> None:
    neighbour = world.agent(Role.INVESTIGATOR, "SR13")
    shown = text(world.client(neighbour).get(page(point)))
    assert "Les Cygnes" in shown
    assert "réservés à sa CROSS" in shown
    assert "· PJ13" not in shown
    assert "Décider" not in shown


def test_a_point_out_of_reach_is_the_same_page_as_no_point(world: World, stranger: TestAgent, point: UUID) -> None:
    client = world.client(stranger)
    hidden, absent = client.get(page(point)), client.get(page(uuid4()))
    assert hidden.status_code == absent.status_code == 404
    assert same(hidden) == same(absent)
    place = [client.get(reverse("dealpoint-place", args=[i])) for i in (point, uuid4())]
    assert [answer.status_code for answer in place] == [404, 404]
    assert place[0].content == place[1].content
    acts = [client.post(reverse("dealpoint-act", args=[i, "cibler"]), {}) for i in (point, uuid4())]
    assert [answer.status_code for answer in acts] == [404, 404]


@pytest.mark.parametrize("role, unit", [(Role.EXAMINING_JUDGE, "TJ13"), (Role.DPO, "OFAST"), (Role.SYSADMIN, "OFAST")])
def test_the_wrong_role_is_refused(world: World, point: UUID, role: Role, unit: str) -> None:
    client = world.client(world.agent(role, unit))
    for address in (page(point), "/points/", "/carte/", f"/carte/points.geojson?bbox={BBOX}", "/points/nouveau/"):
        assert client.get(address).status_code == 403, address


def test_the_list_shows_what_is_readable_and_narrows(world: World, head: TestAgent, stranger: TestAgent) -> None:
    mine, theirs = world.client(head), world.client(stranger)
    assert "Les Cygnes" in text(mine.get("/points/"))
    assert "Les Cygnes" not in text(theirs.get("/points/"))
    assert "Les Cygnes" in text(mine.get("/points/?commune=Marseille+(13)&department=13"))
    narrowed = text(mine.get("/points/?commune=Aubagne"))
    assert "Les Cygnes" not in narrowed
    assert "Aucun point ne répond" in narrowed
    details = world.journal("consult")[-1][3]
    assert details["filters"] == ["commune"]
    assert "Aubagne" not in json.dumps(details)


def test_the_list_goes_on_by_key(world: World, head: TestAgent, police: TestAgent) -> None:
    for _ in range(26):
        proposed(world, police)
    client, seen, address = world.client(head), set[str](), "/points/"
    for _ in range(4):
        shown = text(client.get(address))
        refs = {part.split("<")[0] for part in shown.split('<span class="ref">')[1:]}
        assert refs.isdisjoint(seen)
        seen |= refs
        if 'rel="next"' not in shown:
            break
        address = "/points/" + shown.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    with world.acting(head) as agent:
        assert len(seen) == DealPoint.objects.count() > 26
        assert agent.departments == {"13"}


@pytest.mark.parametrize(
    "query",
    [
        "state=NOTHING", "department=999", "product=%00", "commune=%00", "commune=Nullepart", "commune=Saint-Denis",
        "before=now", "before=0001-01-01T00:00:00%2B00:00~" + str(UUID(int=1)), "before=" + "9" * 500,
        "commune=" + "a" * 300, "state=%E2%80%AE", "commune=%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)  # fmt: skip
def test_a_bad_filter_is_a_sentence(world: World, head: TestAgent, query: str) -> None:
    answer = world.client(head).get("/points/?" + query)
    assert answer.status_code == 422
    assert "error-summary" in text(answer)
    assert "<script>alert" not in text(answer)


# -- the map -----------------------------------------------------------------------------------------------------------
def test_the_map_gives_only_what_its_reader_sees_and_journals_the_window(
    world: World, head: TestAgent, stranger: TestAgent, point: UUID
) -> None:
    answer = world.client(head).get(f"/carte/points.geojson?bbox={BBOX}&state=ACTIVE")
    found = answer.json()["features"]
    assert answer["Content-Type"] == "application/geo+json"
    assert "no-store" in answer["Cache-Control"]
    assert [f["id"] for f in found] == [str(point)]
    assert found[0]["properties"]["url"] == page(point)
    assert found[0]["properties"]["tone"] == "bad"
    entry = world.journal("consult")[-1]
    assert entry[2] == [f"dealpoint:{point}"]
    assert (entry[3]["layer"], entry[3]["bounds"]) == ("dealpoints", [5.0, 43.0, 5.8, 43.6])
    assert world.client(stranger).get(f"/carte/points.geojson?bbox={BBOX}").json()["features"] == []


@pytest.mark.parametrize(
    "query",
    [
        "", "bbox=", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,nan,nan,nan", "bbox=5,43,4,42", "bbox=-181,0,0,1",
        "bbox=0,0,0,0", "bbox=1e400,1,2,3", "bbox=%00", f"bbox={BBOX}&state=X", f"bbox={BBOX}&product=%3Cb%3E",
        "bbox=" + "1," * 5000,
    ],
)  # fmt: skip
def test_a_bad_window_is_a_json_problem(world: World, head: TestAgent, query: str) -> None:
    answer = world.client(head).get("/carte/points.geojson?" + query)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_many_points_are_counted_and_none_is_named(world: World, police: TestAgent, head: TestAgent) -> None:
    for number in range(101):
        proposed(world, police, (5.38 + number / 5000, 43.31))
    found = world.client(head).get("/carte/points.geojson?bbox=5.0,43.0,5.8,43.6").json()
    assert found["aggregated"]
    # The department alone is said, so that a number has a name in the list beside the map.
    assert all(set(feature["properties"]) == {"count", "land"} for feature in found["features"])
    assert {feature["properties"]["land"] for feature in found["features"]} == {"Bouches-du-Rhône"}
    assert not [ref for ref in world.journal("consult")[-1][2] if ref.startswith("dealpoint:")]


def test_the_map_opens_on_the_agents_department(world: World, head: TestAgent) -> None:
    shown = text(world.client(head).get("/carte/?state=ACTIVE"))
    bounds = shown.split('data-bounds="')[1].split('"')[0]
    west, south, east, north = (float(edge) for edge in bounds.split(","))
    assert west < MARSEILLE[0] < east
    assert south < MARSEILLE[1] < north
    assert east - west < 2
    assert "state=ACTIVE" in shown.split('data-source="')[1].split('"')[0]
    base = shown.split('data-base="')[1].split('"')[0].split()
    assert len(base) == 2
    for address in base:
        outline = world.client(head).get(address)
        assert outline.status_code == 200
        assert "immutable" in outline["Cache-Control"]
        packed = world.client(head).get(address, headers={"accept-encoding": "gzip"})
        assert packed["Content-Encoding"] == "gzip"
        assert len(packed.content) < len(outline.content)
        assert json.loads(outline.content)["features"][0]["properties"]["name"]
    old = base[0].replace(base[0].split("/")[2], "older")
    assert world.client(head).get(old).status_code == 404
    assert world.client(head).get(base[1].replace("communes-13", "communes-999")).status_code == 404


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


# -- the stock of a day ------------------------------------------------------------------------------------------------
STOCK = "/points/stock/"


def test_the_stock_of_a_day_stands_beside_todays(world: World) -> None:
    where = (-1.5536, 47.2184)
    who, head = world.agent(Role.INVESTIGATOR, "PJ44"), world.agent(Role.CROSS_HEAD, "CROSS44")
    old, _new = active(world, who, head, where), active(world, who, head, where)
    proposed(world, who, where)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE dealpoints_statechange SET at = at - interval '30 days' WHERE point_id = %s", [old])
    on = timezone.localdate() - timedelta(days=20)
    client = world.client(head)
    answer = client.get(STOCK, {"on": on.isoformat(), "department": "44"})
    assert (answer.context["then"].total, answer.context["now"].total) == (1, 2)
    rows = {row.label: (row.then, row.now, row.counted) for row in answer.context["rows"]}
    assert rows == {"Actif": (1, 2, True), "Signalé": (0, 1, False)}
    assert "+1 depuis ce jour" in text(answer)
    entry = world.journal("consult")[-1]
    assert (entry[1], entry[2]) == (head.id, [])
    assert entry[3] == {"what": "dealpoint_stock", "on": on.isoformat(), "department": "44"}
    today = client.get(STOCK)
    assert today.context["then"].total == 2
    assert "depuis ce jour" not in text(today)
    # Elsewhere, and for whoever reads none of them, there is nothing.
    assert client.get(STOCK, {"department": "13"}).context["now"].total == 0
    assert world.client(world.agent(Role.CROSS_HEAD, "CROSS2A")).get(STOCK).context["now"].total == 0


@pytest.mark.parametrize(
    "query",
    [
        {"on": "x"},
        {"on": "2999-01-01"},
        {"on": "2026-02-31"},
        {"department": "99"},
        {"department": "1\x00"},
        {"on": "\x00"},
    ],
)
def test_a_day_that_has_not_come_has_no_stock(world: World, head: TestAgent, query: dict[str, str]) -> None:
    answer = world.client(head).get(STOCK, query)
    assert answer.status_code == 422
    assert "then" not in answer.context


def test_who_counts_the_stock_and_sees_the_way_to_the_plan(world: World, head: TestAgent) -> None:
    assert "/plan/#M5" in text(world.client(head).get(STOCK))
    duty = world.client(world.agent(Role.DUTY_OFFICER, "PJ13")).get(STOCK)
    assert duty.status_code == 200
    assert "/plan/#M5" not in text(duty)
    for role, unit in ((Role.DPO, "OFAST"), (Role.EXAMINING_JUDGE, "TJ13"), (Role.SYSADMIN, "OFAST")):
        assert world.client(world.agent(role, unit)).get(STOCK).status_code == 403
    assert STOCK in text(world.client(head).get("/points/"))


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


# -- deciding ----------------------------------------------------------------------------------------------------------
def test_the_page_offers_what_the_agent_may_decide_and_nothing_else(
    world: World, police: TestAgent, analyst: TestAgent, head: TestAgent, point: UUID
) -> None:
    offered = {who.login: text(world.client(who).get(page(point))) for who in (police, analyst, head)}
    assert "/cibler/" not in offered[police.login]
    assert "/cibler/" not in offered[analyst.login]
    assert "/doublon/" in offered[analyst.login]
    assert "/cibler/" in offered[head.login]
    assert "/demanteler/" not in offered[head.login]


def test_a_point_lives_through_its_forms(world: World, police: TestAgent, analyst: TestAgent, head: TestAgent) -> None:
    made = proposed(world, police, (4.99, 43.513))
    today = timezone.localdate()
    way: tuple[tuple[TestAgent, str, dict[str, str], DealPointState], ...] = (
        (analyst, "confirmer", {}, S.ACTIVE),
        (head, "cibler", {}, S.TARGETED),
        (head, "perturber", {"reason": WHY}, S.DISRUPTED),
        (head, "demanteler", {"reason": WHY, "operation": "OP-26-7", "on": today.isoformat()}, S.DISMANTLED),
        (head, "surveiller", {}, S.WATCH),
        (analyst, "reoccuper", {"reason": WHY}, S.REOCCUPIED),
    )
    for who, verb, data, then in way:
        answer = world.client(who).post(reverse("dealpoint-act", args=[made, verb]), {"reason": "", **data})
        assert answer.status_code == 302, (verb, text(answer))
        assert state(world, head, made) == then
        again = world.client(who).post(reverse("dealpoint-act", args=[made, verb]), {"reason": "", **data})
        assert again.status_code == 409, verb
        assert state(world, head, made) == then
    shown = text(world.client(head).get(page(made)))
    assert "OP-26-7" in shown
    assert "réoccupé une fois" in shown
    assert world.sql("SELECT count(*) FROM dealpoints_statechange WHERE point_id = %s", [made]) == [(8,)]


def test_a_decision_that_is_anothers_is_refused_and_journaled(world: World, analyst: TestAgent, point: UUID) -> None:
    # Refused before his words are read: no form says what a decision would have asked of him.
    for verb in ("ecarter", "cibler"):
        answer = world.client(analyst).post(reverse("dealpoint-act", args=[point, verb]), {"reason": ""})
        assert answer.status_code == 403, verb
    assert world.journal("refused")[-1][1] == analyst.id


@pytest.mark.parametrize(
    "verb, data, words",
    [
        ("ecarter", {"reason": ""}, "obligatoire"),
        ("ecarter", {"reason": "court"}, "Dites pourquoi"),
        ("ecarter", {"reason": "x" * 900}, "trop long"),
        ("ecarter", {"reason": "rien \x00 du tout ici"}, "à corriger"),
        ("doublon", {"reason": WHY, "other": "PD13-26-000000"}, "à votre portée"),
        ("doublon", {"reason": WHY, "other": "<b>"}, "Référence illisible"),
    ],
)
def test_a_bad_decision_comes_back_with_its_sentence(
    world: World, head: TestAgent, point: UUID, verb: str, data: dict[str, str], words: str
) -> None:
    answer = world.client(head).post(reverse("dealpoint-act", args=[point, verb]), data)
    assert answer.status_code == 422
    assert words in text(answer)
    assert state(world, head, point) == S.ACTIVE


def test_an_operation_to_come_dismantles_nothing(
    world: World, police: TestAgent, analyst: TestAgent, head: TestAgent
) -> None:
    made = active(world, police, analyst)
    with world.acting(head) as agent:
        actions.disrupt(by=agent, point=actions.target(by=agent, point=queries.point(agent, made)), reason=WHY)
    for on in ((timezone.localdate() + timedelta(days=1)).isoformat(), "0001-01-01", "hier", ""):
        data = {"reason": WHY, "operation": "OP-1", "on": on}
        answer = world.client(head).post(reverse("dealpoint-act", args=[made, "demanteler"]), data)
        assert answer.status_code == 422, on
    assert state(world, head, made) == S.DISRUPTED


def test_an_unknown_decision_is_absent(world: World, head: TestAgent, point: UUID) -> None:
    assert world.client(head).post(reverse("dealpoint-act", args=[point, "vendre"]), {}).status_code == 404
    assert world.client(head).get(reverse("dealpoint-act", args=[point, "cibler"])).status_code == 405


def test_a_point_that_nothing_confirms_says_what_is_missing(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    made = proposed(world, police, (5.44, 43.28), source_kind="anonymous")
    answer = world.client(analyst).post(reverse("dealpoint-act", args=[made, "confirmer"]), {"reason": ""})
    assert answer.status_code == 409
    assert "1 source(s)" in text(answer)
    assert state(world, analyst, made) == S.REPORTED


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


# -- communes while typing ---------------------------------------------------------------------------------------------
def test_communes_are_offered_while_typing(world: World, police: TestAgent) -> None:
    client = world.client(police)
    assert '<option value="Marseille (13)">' in text(client.get("/communes/?commune=marseil"))
    assert '<option value="Marseille (13)">' in text(client.get("/communes/?commune=13055"))
    assert text(client.get("/communes/?commune=")).strip() == ""
    assert client.get("/communes/?commune=%00").status_code == 400
    assert client.get("/communes/?commune=" + "a" * 2000).status_code == 400
    assert text(client.get("/communes/?commune=%3Cscript%3E")).strip() == ""


def test_who_only_reads_for_a_cell_is_refused_before_his_words(world: World) -> None:
    """An analyst of a joined service reads as the cell does and works as nobody (P-81)."""
    reader = world.client(world.agent(Role.CROSS_ANALYST, "PJ13"))
    assert reader.get("/points/nouveau/").status_code == 403
    assert reader.post("/points/nouveau/", {"report": "illisible"}).status_code == 403
