"""A browser with a (virtual) key: enrolment, sign-in, a second key, and the key shown again before sharing (R-53)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page

from recoupe.access import actions
from recoupe.access.agent import Agent as ActingAgent
from recoupe.access.authenticator import kept_keys
from recoupe.access.enums import Role
from recoupe.access.models import Agent
from recoupe.cli.visitor import Visitor
from recoupe.desk import actions as recoveries
from recoupe.desk import queries
from tests.browser import Watched, chromium, follow, watched
from tests.faults.desk import KEYS, give_keys
from tests.fuzz.stand import Stand, standing
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@dataclass
class Desk:
    """One browser, its keys, the two sites."""

    world: World
    stand: Stand
    watch: Watched
    session: CDPSession
    keys: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.watch.page

    @property
    def signin(self) -> str:
        return f"http://localhost:{self.stand.addresses.signin_port}"

    @property
    def staff(self) -> str:
        return f"http://localhost:{self.stand.addresses.port}"

    def plug(self, *, synced: bool = False) -> None:
        """A key in the machine, and only that one; `synced`: its maker copies it elsewhere."""
        copied = {"defaultBackupEligibility": True, "defaultBackupState": True} if synced else {}
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | copied})
        self.keys.append(made["authenticatorId"])

    def unplug(self) -> list[dict[str, Any]]:
        """Take it away; what it holds."""
        gone = {"authenticatorId": self.keys.pop()}
        held: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", gone)["credentials"]
        self.session.send("WebAuthn.removeVirtualAuthenticator", gone)
        return held

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def enter(self) -> None:
        """The sign-in page and its button."""
        self.page.context.clear_cookies()
        self.page.goto(self.signin + "/?suite=/cellules/")
        self.press("Se connecter avec ma clé")

    def refused(self) -> str:
        """What the page says when it does not let one in."""
        fault = self.page.locator("[data-fault]")
        fault.wait_for(state="visible")
        return fault.inner_text()

    def inside(self) -> None:
        self.page.wait_for_url(self.staff + "/**")

    def clean(self) -> list[str]:
        wider = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        outside = [e for e in self.watch.complaints() if not e.startswith("outside: " + self.signin)]
        return outside + self.watch.axe() + (["wider than the screen"] if wider else [])


@pytest.fixture(scope="module")
def sites(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(world, tmp_path_factory.mktemp("keys") / "data", ("signin", "web")) as stand:
        yield stand


@pytest.fixture
def desk(world: World, sites: Stand, guard: TestAgent, who: TestAgent) -> Iterator[Desk]:
    with chromium() as browser, watched(browser, f"http://localhost:{sites.addresses.port}", "phone") as watch:
        session = watch.page.context.new_cdp_session(watch.page)
        session.send("WebAuthn.enable")
        made = Desk(world, sites, watch, session)
        made.plug()
        yield made


@pytest.fixture(scope="module")
def guard(world: World) -> TestAgent:
    """Who hands out codes."""
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


@pytest.fixture
def who(world: World) -> TestAgent:
    return world.agent(Role.DESIGNATING_AUTHORITY, "OFAST")


def by_guard(world: World, guard: TestAgent, who: TestAgent, act: Callable[..., Any]) -> Any:
    """An action of the desk, in a thread of its own: the browser's own loop runs in this one."""

    def run() -> Any:
        with world.process("web"), world.acting(guard) as by:
            return act(by=by, agent=Agent.objects.get(id=who.id), reason="Clé d'un agent de ces essais")

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def confirmed(by: ActingAgent, agent: Agent, reason: str) -> None:
    """The second person, whom an authority's own code needs."""
    asked = next(one for one in queries.recoveries(by) if one.agent_id == agent.id and one.state == "ASKED")
    recoveries.answer_recovery(by=by, lost=asked, agreed=bool(reason))


def handed(desk: Desk, guard: TestAgent, who: TestAgent) -> str:
    """A code of the desk, by two persons."""
    by_guard(desk.world, guard, who, recoveries.declare_lost)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(desk.world.agent, Role.DESIGNATING_AUTHORITY, "PJ59").result()
    by_guard(desk.world, second, who, confirmed)
    return str(by_guard(desk.world, guard, who, actions.enrol_code))


def offer(desk: Desk, code: str) -> None:
    """The page of a first key, filled in and sent."""
    desk.page.goto(desk.signin + "/enrolement/")
    assert desk.clean() == []
    desk.page.get_by_label("Code").fill(code.lower())
    desk.page.get_by_label("Nom de la clé").fill("Clé de bureau")
    desk.press("Enregistrer cette clé")


def enrolled(desk: Desk, guard: TestAgent, who: TestAgent) -> str:
    code = handed(desk, guard, who)
    offer(desk, code)
    desk.page.get_by_text("Votre clé est enregistrée").wait_for()
    assert desk.clean() == []
    return code


def test_a_first_key_a_second_one_and_one_taken_back(desk: Desk, guard: TestAgent, who: TestAgent) -> None:
    code = enrolled(desk, guard, who)
    desk.enter()
    desk.inside()
    desk.page.goto(desk.signin + "/cles/")
    assert desk.clean() == []
    first = desk.unplug()
    assert [one["isResidentCredential"] for one in first] == [True]
    desk.plug()
    desk.page.get_by_label("Nom de la clé").fill("Clé de secours")
    desk.press("Ajouter une clé")
    desk.page.locator(".line__title", has_text="Clé de secours").wait_for()
    desk.enter()
    desk.inside()
    desk.page.goto(desk.signin + "/cles/")
    desk.page.get_by_role("button", name="Retirer Clé de bureau").click()
    desk.page.locator(".line__title", has_text="Clé de bureau").wait_for(state="detached")
    assert desk.page.get_by_role("button", name="Retirer Clé de secours").count() == 0
    desk.unplug()
    desk.plug()
    desk.session.send("WebAuthn.addCredential", {"authenticatorId": desk.keys[-1], "credential": first[0]})
    desk.enter()
    assert "pas été acceptée" in desk.refused()
    # The code has served.
    desk.page.goto(desk.signin + "/enrolement/")
    desk.page.get_by_label("Code").fill(code)
    desk.page.get_by_label("Nom de la clé").fill("Encore une")
    desk.press("Enregistrer cette clé")
    assert "a déjà servi" in desk.refused()


def test_a_key_that_is_copied_elsewhere_is_sent_back_and_the_code_serves_another(
    desk: Desk, guard: TestAgent, who: TestAgent
) -> None:
    code = handed(desk, guard, who)
    desk.unplug()
    desk.plug(synced=True)
    offer(desk, code)
    desk.page.get_by_text("Cette clé se recopie chez son fabricant").wait_for()
    assert desk.clean() == []
    desk.unplug()
    desk.plug()
    offer(desk, code)
    desk.page.get_by_text("Votre clé est enregistrée").wait_for()
    desk.enter()
    desk.inside()


def test_without_verification_of_its_holder_a_key_opens_nothing(desk: Desk, guard: TestAgent, who: TestAgent) -> None:
    enrolled(desk, guard, who)
    desk.session.send("WebAuthn.setUserVerified", {"authenticatorId": desk.keys[-1], "isUserVerified": False})
    desk.enter()
    assert "vous reconnaître" in desk.refused()
    assert not [cookie for cookie in desk.page.context.cookies() if cookie["name"] == "recoupe_session"]
    desk.session.send("WebAuthn.setUserVerified", {"authenticatorId": desk.keys[-1], "isUserVerified": True})
    desk.enter()
    desk.inside()
    assert by_guard(desk.world, guard, who, actions.revoke_passkeys) == 1
    desk.page.goto(desk.staff + "/cellules/")
    assert desk.page.url.startswith(desk.signin)
    desk.enter()
    assert "pas été acceptée" in desk.refused()


def test_the_key_is_asked_again_and_what_was_typed_arrives(desk: Desk, guard: TestAgent, who: TestAgent) -> None:
    enrolled(desk, guard, who)
    desk.enter()
    desk.inside()
    desk.page.locator("[name=motive]").fill("Convention avec un service")
    follow(desk.page.locator("main [type=submit]").first)
    desk.page.wait_for_url(desk.staff + "/cellules/")
    desk.world.sql("UPDATE access_session SET proven_at = now() - interval '1 hour' WHERE agent_id = %s", [who.id])
    for name, typed in (("cell", "CROSS13"), ("service", "PJ13"), ("reason", "Convention « d'essai »")):
        desk.page.locator(f"[name={name}]").last.fill(typed)
    desk.page.locator("[name=valid_from]").last.fill(date.today().isoformat())
    desk.press("Associer")
    desk.page.get_by_role("heading", name="Montrez votre clé").wait_for()
    assert desk.clean() == []
    desk.press("Montrer ma clé et continuer")
    desk.page.get_by_role("heading", name="Montrez votre clé").wait_for(state="detached")
    kept = desk.world.sql("SELECT reason FROM access_cellservice WHERE decided_by = %s", [who.id])
    assert kept == [("Convention « d'essai »",)]


def test_a_software_key_enters_by_whichever_name_of_this_machine(world: World, sites: Stand) -> None:
    who = world.agent(Role.CROSS_ANALYST, "CROSS13")
    give_keys(world, who)
    for name in ("localhost", "127.0.0.1"):
        visitor = Visitor(f"http://{name}:{sites.addresses.port}/", who.login)
        home = visitor.sign_in("Essai sous un autre nom", kept_keys(KEYS)[who.login])
        assert (home.status, home.url) == (200, f"http://{name}:{sites.addresses.port}/")
        visitor.http.close()
