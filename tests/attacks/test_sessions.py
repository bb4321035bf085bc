"""A session is the one that signing in made: not one that somebody chose, not one that was closed."""

from django.conf import settings
from django.db import transaction
from django.test import Client

from recoupe.access import context
from recoupe.access.authenticator import SoftwareKey
from recoupe.access.enums import Role
from tests.web.test_signin import enter, key, signin, who
from tests.world import World

__all__ = ["key", "signin", "who"]
CHOSEN = "jeton-choisi-par-un-autre-jeton-choisi-par-un-autre"


def test_a_token_chosen_beforehand_is_never_adopted(world: World, key: SoftwareKey, signin: Client) -> None:
    signin.cookies[settings.SESSION_COOKIE] = CHOSEN
    given = enter(signin, key).cookies[settings.SESSION_COOKIE].value
    assert given != CHOSEN
    assert len(given) >= 40
    again = enter(Client(), key).cookies[settings.SESSION_COOKIE].value
    assert again != given
    with world.process("web"), transaction.atomic():
        assert context.open_session(given) is not None
        assert context.open_session(CHOSEN) is None


def test_a_closed_session_opens_nothing_more(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    copy = world.client(who)
    assert copy.get("/").status_code == 200
    assert world.client(who).post("/deconnexion/").status_code == 302
    assert copy.get("/").status_code == 302
    assert copy.post("/renseignements/nouveau/", {}).status_code == 302


def test_no_identifier_that_a_page_shows_is_a_token(world: World) -> None:
    who = world.agent(Role.INVESTIGATOR, "PJ13")
    for shown in (str(who.id), who.login, str(who.unit_id), ""):
        client = Client()
        client.cookies[settings.SESSION_COOKIE] = shown
        assert client.get("/").status_code == 302
