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
from tests.dealpoints.builders import MARSEILLE, active, proposed
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
    entry = world.journal("consult")[-1]
    assert (entry[2], entry[3]["layer"], entry[3]["filters"]) == ([], "dealpoints", ["state"])
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


# -- the stock of a day ------------------------------------------------------------------------------------------------
STOCK = "/points/stock/"


def test_the_stock_of_a_day_stands_beside_todays(world: World) -> None:
    where = (-1.5536, 47.2184)
    who, head = world.agent(Role.INVESTIGATOR, "PJ44"), world.agent(Role.CROSS_HEAD, "CROSS44")
    old, _new = active(world, who, head, where), active(world, who, head, where)
    proposed(world, who, where)
    with psycopg.connect(world.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        earlier = "UPDATE dealpoints_statechange SET at = at - interval '30 days', since = since - interval '30 days'"
        admin.execute(f"{earlier} WHERE point_id = %s".encode(), [old])
        # Written behind its back: what the process keeps of the map is worth nothing any more.
        admin.execute("DELETE FROM dealpoints_tick")
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
    assert [(row[0], row[2]) for row in answer.context["causes"]] == [
        ("Définition", "+0"), ("Dénombrement", "+0"), ("Apparus ou repris", "+1"), ("Cessés ou partis", "+0"),
    ]  # fmt: skip
    assert "D'où vient l'écart" in text(answer)
    assert today.context["causes"] == []
    thick = {row.code: row.rate.count for row in today.context["densities"]}
    assert thick == {"44": 2}
    (row,) = client.get(STOCK, {"department": "44"}).context["densities"]
    assert (row.name, row.rate.count) == ("Nantes", 2)
    assert row.rate.low < row.rate.value < row.rate.high
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


@pytest.mark.parametrize("address", ["/points/stock/", "/suivi/"])
def test_a_day_that_is_filled_in_is_written_as_one_types_it(world: World, head: TestAgent, address: str) -> None:
    answer = world.client(head).get(address).content.decode()
    assert f'value="{timezone.localdate():%d/%m/%Y}"' in answer
    assert f'value="{timezone.localdate():%Y-%m-%d}"' not in answer


def test_where_trafficking_arrives_is_told_by_year_and_size(world: World) -> None:
    who, head = world.agent(Role.INVESTIGATOR, "PJ33"), world.agent(Role.CROSS_HEAD, "CROSS33")
    bordeaux, libourne = (-0.5792, 44.8378), (-0.2430, 44.9150)
    for where in (bordeaux, bordeaux, libourne):
        active(world, who, head, where)
    proposed(world, who, (-0.6330, 44.8060))
    answer = world.client(head).get("/points/arrivees/", {"department": "33"})
    year = timezone.localdate().year
    assert [(row.year, row.by_size, row.total) for row in answer.context["years"]] == [(year, (0, 0, 1, 0, 1), 2)]
    assert world.journal("consult")[-1][3] == {"what": "dealpoint_arrivals", "department": "33"}
    assert "200 000 habitants et plus" in text(answer).replace("\xa0", " ").replace("\u202f", " ")
    assert world.client(head).get("/points/arrivees/", {"department": "99"}).status_code == 422
    assert "Aucun point confirmé" in text(
        world.client(world.agent(Role.CROSS_HEAD, "CROSS2A")).get("/points/arrivees/")
    )


def test_a_merger_is_undone_on_its_page(world: World, police: TestAgent, head: TestAgent) -> None:
    kept, doubled = active(world, police, head), active(world, police, head)
    client, page = world.client(head), f"/points/{doubled}/"
    with world.acting(head) as agent:
        ref = queries.point(agent, kept).ref
    assert client.post(f"{page}doublon/", {"other": ref, "reason": "Même hall, deux fiches"}).status_code == 302
    assert client.post(f"{page}fusionner/", {"reason": "Même hall, deux fiches"}).status_code == 302
    assert "Défaire la fusion" in text(client.get(page))
    assert client.post(f"{page}separer/", {"reason": ""}).status_code == 422
    assert client.post(f"{page}separer/", {"reason": "Deux halls, deux cages d'escalier"}).status_code == 302
    shown = text(client.get(page))
    assert "défait ensuite" in shown
    assert "Défaire la fusion" not in shown
    assert client.post(f"{page}separer/", {"reason": "Deux halls, deux cages d'escalier"}).status_code == 409


def test_who_counts_the_stock_and_sees_the_way_to_the_plan(world: World, head: TestAgent) -> None:
    assert "/plan/#M5" in text(world.client(head).get(STOCK))
    duty = world.client(world.agent(Role.DUTY_OFFICER, "PJ13")).get(STOCK)
    assert duty.status_code == 200
    assert "/plan/#M5" not in text(duty)
    for role, unit in ((Role.DPO, "OFAST"), (Role.EXAMINING_JUDGE, "TJ13"), (Role.SYSADMIN, "OFAST")):
        assert world.client(world.agent(role, unit)).get(STOCK).status_code == 403
    assert STOCK in text(world.client(head).get("/points/"))


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
