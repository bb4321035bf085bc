"""The page that enters as an agent of the made world: declared, marked, on this machine; else there is none (R-61)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from recoupe.access import context
from recoupe.access.enums import Role
from tests.world import TestAgent, World

HERE: dict[str, Any] = {"HTTP_HOST": "localhost:8001", "REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture(scope="module")
def who(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13", purpose=False)


@pytest.fixture
def made(world: World) -> World:
    world.declare_made()
    return world


@pytest.fixture
def door(world: World) -> Iterator[None]:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with (
        override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept, DEMO=True),
        world.process("signin"),
    ):
        yield


def enter(who: TestAgent, **place: Any) -> Any:
    return Client(**(HERE | place)).post("/demonstration/", {"login": who.login})


def test_without_the_mark_of_the_made_world_there_is_no_page(world: World, who: TestAgent, door: None) -> None:
    world.sql("DROP TABLE IF EXISTS made_world")
    assert Client(**HERE).get("/demonstration/").status_code == 404
    answer = enter(who)
    assert answer.status_code == 403
    assert settings.SESSION_COOKIE not in answer.cookies
    assert world.sql("SELECT access.made_agents()", role="recoupe_signin") == []


@pytest.mark.usefixtures("door")
def test_each_made_agent_has_a_button_and_it_opens_his_session(made: World, who: TestAgent) -> None:
    page = Client(**HERE).get("/demonstration/").content.decode()
    assert f'name="login" value="{who.login}"' in page
    assert "Analyste CROSS" in page
    assert page.count("<button") == made.sql("SELECT count(*) FROM access_agent WHERE active")[0][0]
    answer = enter(who)
    assert answer.status_code == 302
    assert answer["Location"] == f"http://localhost:{settings.STAFF_PORT}/"
    with made.process("web"), context.acting(answer.cookies[settings.SESSION_COOKIE].value) as agent:
        assert agent.id == who.id
        assert agent.fresh
    assert made.journal("sign_in")[-1][3] == {"how": "made"}
    assert "entrer comme un agent inventé" in Client(**HERE).get("/").content.decode()


@pytest.mark.usefixtures("door", "made")
@pytest.mark.parametrize(
    "place",
    [
        {"HTTP_HOST": "recoupe.example"},
        {"REMOTE_ADDR": "192.0.2.10"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
    ids=["another name", "another machine", "a relay", "another relay"],
)
def test_from_anywhere_but_this_machine_there_is_no_page(who: TestAgent, place: dict[str, str]) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert Client(**(HERE | place)).get("/demonstration/").status_code == 404
        answer = enter(who, **place)
    assert answer.status_code == 404
    assert settings.SESSION_COOKIE not in answer.cookies


@pytest.mark.usefixtures("door", "made")
@pytest.mark.parametrize("changed", [{"DEMO": False}, {"TLS": True}])
def test_where_the_settings_do_not_say_so_there_is_no_page(who: TestAgent, changed: dict[str, bool]) -> None:
    with override_settings(**changed):
        assert enter(who).status_code == 404
        assert Client(**HERE).get("/demonstration/").status_code == 404
        assert "agent inventé" not in Client(**HERE).get("/").content.decode()


@pytest.mark.usefixtures("door")
def test_the_button_stands_for_the_key_of_a_made_agent_and_of_no_other(made: World, who: TestAgent) -> None:
    client = Client(**HERE)
    client.cookies[settings.SESSION_COOKIE] = enter(who).cookies[settings.SESSION_COOKIE].value
    made.sql("UPDATE access_session SET proven_at = NULL WHERE agent_id = %s", [who.id])
    origin: dict[str, Any] = {"HTTP_ORIGIN": settings.STAFF_ORIGIN}
    assert client.post("/confirmer/defi", **origin).json() == {"made": True}
    assert client.post("/confirmer", {"answer": "made"}, **origin).status_code == 200
    fresh = "SELECT count(*) FROM access_session WHERE agent_id = %s AND proven_at IS NOT NULL"
    assert made.sql(fresh, [who.id]) == [(1,)]
    # A session that a key opened is not proven by a button.
    client.cookies[settings.SESSION_COOKIE] = who.token
    assert "challenge" in client.post("/confirmer/defi", **origin).json()
    assert client.post("/confirmer", {"answer": "made"}, **origin).status_code == 403


@pytest.mark.usefixtures("door", "made")
def test_nobody_else_is_entered_as(who: TestAgent) -> None:
    for login in ("", "personne", "x" * 5_000, who.login.upper(), f"{who.login} "):
        answer = Client(**HERE).post("/demonstration/", {"login": login})
        assert answer.status_code == 403
        assert settings.SESSION_COOKIE not in answer.cookies
