"""The key of a service's own tool: two persons, told once, one unit, one purpose, two dates; nobody forges it."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.desk import actions, queries
from recoupe.desk.actions import Wanted
from recoupe.desk.permissions import TOO_LATE
from recoupe.kernel.refusal import Conflict, Invalid, Refused
from recoupe.web.desk import api
from tests.world import TestAgent, World

WHY = "export hebdomadaire de nos propres fiches"


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def authority(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def wanted(**changes: object) -> Wanted:
    today = timezone.localdate()
    first = {"name": "Tableau de bord", "purpose": "criminal_intelligence", "valid_from": today,
             "valid_to": today + timedelta(days=30), "reason": WHY}  # fmt: skip
    return Wanted(**(first | changes))  # type: ignore[arg-type]


def asked(world: World, head: TestAgent, **changes: object) -> UUID:
    with world.acting(head) as agent:
        return actions.ask_key(by=agent, wanted=wanted(**changes))


def answered(world: World, who: TestAgent, key: UUID, agreed: bool = True) -> None:
    with world.acting(who) as agent:
        actions.answer_key(by=agent, key=queries.tool_key(agent, key), agreed=agreed)


def fetched(world: World, who: TestAgent, key: UUID) -> str:
    with world.acting(who) as agent:
        return actions.fetch_key(by=agent, key=queries.tool_key(agent, key))


@pytest.fixture
def opened(world: World, head: TestAgent, authority: TestAgent) -> tuple[UUID, str]:
    key = asked(world, head)
    answered(world, authority, key)
    return key, fetched(world, head, key)


def me(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def test_two_persons_open_it_and_it_says_what_it_opens(world: World, head: TestAgent, opened: tuple[UUID, str]) -> None:
    key, token = opened
    answer = me(token).get("/api/moi")
    assert answer.status_code == 200
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    assert answer.json() == {
        "outil": "Tableau de bord", "unite": "PJ13", "nom_unite": answer.json()["nom_unite"],
        "finalite": "criminal_intelligence", "jusqu_au": until,
    }  # fmt: skip
    [kept] = world.sql("SELECT key_hash, technical_agent_id FROM desk_servicekey WHERE id = %s", [key])
    assert token.encode() not in bytes(kept[0])
    [(_, actor, refs, _)] = [e for e in world.journal("consult") if e[3].get("what") == "service_key"][-1:]
    assert (actor, refs) == (kept[1], [f"service_key:{key}"])
    said = [d["what"] for _, _, refs, d in world.journal("configure") if refs == [f"service_key:{key}"]]
    assert said == ["service_key_asked", "service_key_agreed", "service_key_opened"]
    with world.acting(head) as agent:
        assert (queries.tool_key(agent, key).uses_today, queries.tool_key(agent, key).uses_week) == (1, 1)


def test_a_session_is_told_of_itself(world: World, head: TestAgent) -> None:
    assert world.client(head).get("/api/moi").json()["unite"] == "PJ13"
    assert world.client().get("/api/moi").status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer ", "Basic cmNwOng=", "Bearer rcp_" + "a" * 43, "Bearer é", "rcp_x", "Bearer \x00"]
)
def test_an_unknown_key_is_a_problem_in_json(world: World, head: TestAgent, header: str) -> None:
    client, before = world.client(head), world.refused_at_the_door()["tool_key"]  # a session beside it does not help
    answer = client.get("/api/moi", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["status"] == 401
    assert world.refused_at_the_door()["tool_key"] == before + 1


def test_a_key_opens_no_other_page_and_no_row(world: World, opened: tuple[UUID, str]) -> None:
    for address in ("/", "/renseignements/", "/recherche/", "/habilitations/", "/outils/"):
        assert me(opened[1]).get(address).status_code == 302, address
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT desk.open_tool(%s)", [opened[1]])
        assert connection.execute("SELECT access.keys(), access.units()").fetchone() == ([], [])
        for table in ("intelligence_report", "access_agent", "access_habilitation", "notices_notice", "cases_case"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert connection.execute("SELECT count(*) FROM desk.keys()").fetchone() == (0,)


def test_taken_away_it_is_refused_at_the_next_request(world: World, head: TestAgent, opened: tuple[UUID, str]) -> None:
    key, token = opened
    with world.acting(head) as agent:
        actions.revoke_key(by=agent, key=queries.tool_key(agent, key), reason="outil abandonné")
    before = len(world.journal("refused"))
    assert me(token).get("/api/moi").status_code == 401
    assert [refs for _, _, refs, _ in world.journal("refused")[before:]] == [[f"service_key:{key}"]]


def test_a_refusal_of_a_tool_is_written(
    world: World, opened: tuple[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address that tools reach refuses one yet; the first that does leaves its line."""
    key, token = opened

    def refuse(_told: object) -> None:
        raise Refused("essai")

    monkeypatch.setattr(api, "JsonResponse", refuse)
    assert me(token).get("/api/moi").status_code == 403
    [(_, _, refs, details)] = world.journal("refused")[-1:]
    assert (refs, details) == ([f"service_key:{key}"], {"view": "api-me", "method": "GET"})
    assert world.sql("SELECT sum(uses)::int FROM desk_keyuse WHERE key_id = %s", [key]) == [(1,)]


@pytest.mark.parametrize(("first", "last"), [(-30, -1), (1, 30)])
def test_outside_its_days_it_opens_nothing_and_the_journal_says_so(
    world: World, opened: tuple[UUID, str], first: int, last: int
) -> None:
    key, token = opened
    today = timezone.localdate()
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        days = [today + timedelta(days=first), today + timedelta(days=last), key]
        direct.execute("UPDATE desk_servicekey SET valid_from = %s, valid_to = %s WHERE id = %s", days)
    before = len(world.journal("refused"))
    assert me(token).get("/api/moi").status_code == 401
    assert len(world.journal("refused")) == before + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "administration"},
        {"purpose": "duty"},
        {"purpose": "x"},
        {"valid_from": date(2020, 1, 1)},
        {"valid_to": date(2020, 1, 1)},
        {"valid_to": timezone.localdate() + timedelta(days=400)},
        {"reason": "court"},
        {"name": ""},
    ],
    ids=["administration", "duty", "unknown", "backdated", "ends before", "too long", "no reason", "no name"],
)
def test_what_may_not_be_asked(world: World, head: TestAgent, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        asked(world, head, **changes)
    assert world.sql("SELECT id FROM desk_servicekey WHERE name = ''") == []


def test_right_role_wrong_object(world: World, head: TestAgent, authority: TestAgent) -> None:
    """Another unit's head sees nothing; a second head of the unit does not fetch; who asks never answers."""
    key = asked(world, head)
    stranger, second = world.agent(Role.UNIT_HEAD, "DED13"), world.agent(Role.UNIT_HEAD, "PJ13")
    with world.acting(stranger) as agent:
        assert key not in {one.id for one in queries.tool_keys(agent)}
    both = world.agent([Role.DESIGNATING_AUTHORITY, Role.UNIT_HEAD], "PJ59")
    own = asked_by_both(world, both)
    with world.acting(both) as agent, pytest.raises(Refused):
        actions.answer_key(by=agent, key=queries.tool_key(agent, own), agreed=True)
    answered(world, authority, key)
    for who in (second, authority):
        with pytest.raises(Refused):
            fetched(world, who, key)
    fetched(world, head, key)
    with pytest.raises(Conflict, match=TOO_LATE[:20]):
        fetched(world, head, key)


def asked_by_both(world: World, both: TestAgent) -> UUID:
    """Somebody who is head and authority asks; his session declares a purpose of administration."""
    with world.acting(both) as agent:
        return actions.ask_key(by=agent, wanted=wanted())


# --- By the application's own role, whatever its pages ask -----------------------------------------------------
FORGED: list[tuple[str, Callable[[UUID, UUID], list[object]]]] = [
    ("SELECT desk.ask_key(gen_random_uuid(), 'x', 'coordination', 'un motif assez long', current_date, current_date)",
     lambda key, agent: []),
    ("SELECT desk.answer_key(%s, true)", lambda key, agent: [key]),
    ("SELECT desk.fetch_key(%s, sha256('x'))", lambda key, agent: [key]),
    ("SELECT desk.revoke_key(%s, 'un motif assez long')", lambda key, agent: [key]),
    ("UPDATE desk_servicekey SET key_hash = sha256('x')", lambda key, agent: []),
    ("INSERT INTO desk_servicekey SELECT * FROM desk_servicekey", lambda key, agent: []),
    ("SELECT key_hash FROM desk_servicekey", lambda key, agent: []),
    ("INSERT INTO desk_keyuse (uses, day, key_id) VALUES (1, current_date, %s)", lambda key, agent: [key]),
    ("INSERT INTO access_context (pid, xid, roles) VALUES (1, '1', '{}')", lambda key, agent: []),
    ("SELECT desk.ask_recovery(gen_random_uuid(), %s, 'un motif assez long')", lambda key, agent: [agent]),
    ("SELECT desk.review(gen_random_uuid(), %s)", lambda key, agent: [agent]),
    ("INSERT INTO access_enrolmentcode SELECT * FROM access_enrolmentcode", lambda key, agent: []),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_an_investigator_forges_nothing_by_sql(world: World, head: TestAgent, number: int) -> None:
    key, who = asked(world, head), world.agent(Role.INVESTIGATOR, "PJ13")
    statement, values = FORGED[number]
    before = world.sql("SELECT state, key_hash FROM desk_servicekey WHERE id = %s", [key])
    with psycopg.connect(world.url("recoupe_app")) as connection:
        connection.execute("SELECT access.open(%s)", [who.token])
        connection.execute("SELECT audit.record('configure', ARRAY['x:1'], '{}', '{}', NULL, NULL)")
        try:
            answer = connection.execute(statement.encode(), values(key, who.id)).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            answer = (False,)
        connection.commit() if connection.info.transaction_status == 2 else connection.rollback()
    assert answer == (False,)
    assert world.sql("SELECT state, key_hash FROM desk_servicekey WHERE id = %s", [key]) == before
    assert world.sql("SELECT count(*) FROM desk_servicekey WHERE name = 'x'") == [(0,)]


def test_the_account_of_a_tool_holds_no_right_and_signs_in_nowhere(
    world: World, authority: TestAgent, opened: tuple[UUID, str]
) -> None:
    [(tool,)] = world.sql("SELECT technical_agent_id FROM desk_servicekey WHERE id = %s", [opened[0]])
    address = f"/habilitations/{tool}/designer/"
    data = {"role": "investigator", "valid_from": timezone.localdate().strftime("%d/%m/%Y")}
    assert world.client(authority).post(address, data).status_code >= 400
    assert world.sql("SELECT count(*) FROM access_habilitation WHERE agent_id = %s", [tool]) == [(0,)]
    assert world.client(authority).post(f"/agents/{tool}/code/", {"reason": "un motif assez long"}).status_code >= 400
    assert world.sql("SELECT count(*) FROM access_enrolmentcode WHERE agent_id = %s", [tool]) == [(0,)]


# --- Pages -----------------------------------------------------------------------------------------------------
def test_the_whole_way_on_the_pages(world: World, head: TestAgent, authority: TestAgent) -> None:
    chief, desk = world.client(head), world.client(authority)
    today = timezone.localdate()
    data = {"name": "Cartographie", "purpose": "criminal_intelligence", "reason": WHY,
            "valid_from": today.strftime("%d/%m/%Y"), "valid_to": today.strftime("%d/%m/%Y")}  # fmt: skip
    assert chief.post("/outils/demander/", data | {"reason": "non"}).status_code == 422
    assert chief.post("/outils/demander/", data).status_code == 302
    [(key,)] = world.sql("SELECT id FROM desk_servicekey WHERE name = 'Cartographie'")
    assert "Accorder" in desk.get("/outils/").content.decode()
    assert chief.post(f"/outils/{key}/accorder/").status_code == 403
    assert desk.post(f"/outils/{key}/accorder/").status_code == 302
    shown = chief.post(f"/outils/{key}/prendre/").content.decode()
    token = shown.partition("rcp_")[2][:43]
    assert me("rcp_" + token).get("/api/moi").status_code == 200
    assert "rcp_" not in chief.get("/outils/").content.decode()
    assert desk.post(f"/outils/{key}/retirer/", {"reason": ""}).status_code == 422
    assert desk.post(f"/outils/{key}/retirer/", {"reason": "fin de la mission"}).status_code == 302
    assert me("rcp_" + token).get("/api/moi").status_code == 401
    assert desk.post(f"/outils/{key}/retirer/", {"reason": "fin de la mission"}).status_code == 409
    assert desk.post(f"/outils/{uuid4()}/retirer/", {"reason": "fin de la mission"}).status_code == 404
    assert desk.post(f"/outils/{key}/couronner/").status_code == 404
    for role in (Role.INVESTIGATOR, Role.SYSADMIN, Role.DPO):
        assert world.client(world.agent(role, "PJ13")).get("/outils/").status_code == 403
