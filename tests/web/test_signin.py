"""The sign-in process: one page, the same words for both faults, a session that only its token opens."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client, override_settings

from recoupe.access import actions, context
from recoupe.access.enums import Role
from recoupe.access.signin import FAILURES_ALLOWED
from recoupe.reference.models import Unit
from tests.world import World

PASSWORD = "démonstration fictive"


@pytest.fixture(scope="module")
def login(world: World) -> str:
    with world.process("migrate"), context.service("set-up", "tests"):
        wanted = actions.Designation(
            login="enqueteur",
            display_name="Enquêteur Fictif",
            unit=Unit.objects.get(code="PJ13"),
            roles=(Role.INVESTIGATOR,),
            designated_by="Autorité de test",
            password_hash=make_password(PASSWORD),
            valid_from=date(2020, 1, 1),
        )
        actions.designate(designations=[wanted])
    return "enqueteur"


@pytest.fixture
def signin(world: World) -> Iterator[Client]:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        yield Client()


def test_the_right_password_opens_a_session_that_the_staff_site_knows(world: World, login: str, signin: Client) -> None:
    answer = signin.post("/?suite=/journal/", {"login": login, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"].endswith("/journal/")
    cookie = answer.cookies[settings.SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    with world.process("web"), context.acting(cookie.value) as agent:
        assert agent.login == login


@pytest.mark.parametrize("suite", ["//exemple.invalid/", "https://exemple.invalid/", "/\\exemple.invalid", ""])
def test_sign_in_leads_nowhere_else(login: str, signin: Client, suite: str) -> None:
    answer = signin.post("/", {"login": login, "password": PASSWORD}, query_params={"suite": suite})
    assert answer.status_code == 302
    assert "exemple.invalid" not in answer["Location"]


def test_a_wrong_password_and_an_unknown_login_get_the_same_page(world: World, login: str, signin: Client) -> None:
    wrong = signin.post("/", {"login": login, "password": "faux"})
    unknown = signin.post("/", {"login": "personne", "password": "faux"})
    assert wrong.status_code == unknown.status_code == 403
    assert "inconnu" in wrong.content.decode()
    assert settings.SESSION_COOKIE not in wrong.cookies
    entries = world.journal("refused")
    assert len(entries) >= 2


def test_guessing_is_slowed_down(world: World, login: str, signin: Client) -> None:
    for _ in range(FAILURES_ALLOWED):
        signin.post("/", {"login": login, "password": "faux"})
    answer = signin.post("/", {"login": login, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Trop d" in answer.content.decode()


def test_a_hostile_login_is_a_sentence(signin: Client) -> None:
    for hostile in ("\x00", "x" * 5000, "\udcff", "\u202e" * 3):
        body = "password=x&login=" + quote(hostile.encode("utf-8", "surrogatepass"))
        answer = signin.post("/", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (403, 422)
