"""The whole thread by mouse and keyboard: two services meet, an objective is decided, the journal tells it all."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from recoupe.demo import seed
from recoupe.demo.records import Plan
from tests.browser import CHROMIUM, chromium, watched
from tests.crosscheck.process import matcher
from tests.thread.desk import ID, Album, Desk
from tests.web.live import serving
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="chromium is absent: apt install chromium"),
]
POLICE, CUSTOMS, ANALYST, HEAD = "pj13.enq1", "douane13", "cross13.analyste", "cross13.chef"
PROSECUTOR, OFFICER = "parquet13", "dpo"
# A neighbour on each side, one across a department, one at the other end of the country.
ELSEWHERE = ("cross84.analyste1", "cross83.analyste1", "cross30.analyste1", "cross59.analyste1")
EVERYBODY = (POLICE, CUSTOMS, ANALYST, HEAD, PROSECUTOR, OFFICER, *ELSEWHERE)
MOTIVE = "Parcours de démonstration"
TODAY = date.today()
# A tenth of the made world: enough for lists that look like lists.
PLAN = Plan(TODAY, scale=0.1)
PHONE, PLATE = "06 39 98 71 42", "ZZ-417-WX"
# All that a map of the south would ask for.
POINTS = "/carte/points.geojson?bbox=4.2,43.1,6.0,44.0"
POINT = "Hall des Cygnes noirs"
OBJECTIVE = "Réseau des Cygnes noirs"
LEAD = "Service de police judiciaire des Bouches-du-Rhône"


class Room:
    """The browsers of all who take part."""

    def __init__(self, browser: Browser, origin: str, tokens: dict[str, str], album: Album) -> None:
        self._browser, self._origin, self._tokens = browser, origin, tokens
        self.album = album
        self._open = ExitStack()
        self.desks: dict[str, Desk] = {}

    def __call__(self, login: str) -> Desk:
        """The agent's browser; at first he declares why he consults."""
        if login not in self.desks:
            watch = self._open.enter_context(watched(self._browser, self._origin))
            cookie = {"name": settings.SESSION_COOKIE, "value": self._tokens[login], "url": self._origin}
            watch.page.context.add_cookies([cookie])  # type: ignore[list-item]
            desk = self.desks[login] = Desk(login, watch, self.album)
            desk.open("/")
            assert "/finalite/" in desk.page.url, desk.page.url
            if login == CUSTOMS:
                desk.show("purpose")
            desk.field("motive").fill(MOTIVE)
            desk.follow(desk.page.get_by_role("button", name="Déclarer et continuer"))
        return self.desks[login]

    def faults(self) -> list[str]:
        """What any page complained of."""
        return [fault for desk in self.desks.values() for fault in (*desk.faults, *desk.watch.complaints())]

    def close(self) -> None:
        """Close every browser."""
        self._open.close()


@pytest.fixture(scope="module")
def tokens(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small made world, and a session of each who takes part."""
    seed.load(PLAN, tmp_path_factory.mktemp("seed"), world.process, lambda _line: None)
    tokens = {login: secrets.token_urlsafe(32) for login in EVERYBODY}
    for login, token in tokens.items():
        [(agent,)] = world.sql("SELECT id FROM access_agent WHERE login = %s", [login])
        world.open(agent, token)
    return tokens


@pytest.fixture
def room(world: World, tokens: dict[str, str], tmp_path: Path) -> Iterator[Room]:
    """The staff site as the demonstration shows it, a matcher, and a browser."""
    kept = os.environ.get("RECOUPE_PICTURES", "")
    album = Album(Path(kept or tmp_path / "pictures"), lasting=bool(kept))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DEMO", True)
        with matcher(world, tmp_path / "matcher"), serving(world) as origin, chromium() as browser:
            made = Room(browser, origin, tokens, album)
            yield made
            made.close()


def day(days_ago: int) -> str:
    """A day as the French write it."""
    return (TODAY - timedelta(days=days_ago)).strftime("%d/%m/%Y")


def write_report(desk: Desk, fact: str, days_ago: int, mentions: int) -> None:
    """Fill the form, confirm what is found in the text; the deposit is left to the caller."""
    page = desk.page
    desk.field("fact_text").fill(fact)
    chips = page.locator("#proposals input[type=checkbox]")
    chips.nth(mentions - 1).wait_for()
    assert chips.count() == mentions
    for rank in range(mentions):
        chips.nth(rank).press("Space")
    desk.field("event_from").fill(day(days_ago))
    desk.field("commune").fill("Marseille")
    desk.field("source_kind").select_option("officer_observation")
    page.get_by_label("Je l'ai constaté moi-même").check()
    desk.unfold("Coter la source et l'information")
    desk.field("source_grade").select_option("B")
    desk.field("info_grade").select_option("2")
    page.locator("[name=handling][value=H0]").check()


def customs_report(room: Room) -> str:
    """A customs officer reported the phone months ago."""
    customs = room(CUSTOMS)
    customs.follow(customs.page.locator(".nav").first.get_by_role("link", name="Nouveau renseignement"))
    write_report(customs, f"Colis retenu au dépôt : le destinataire donne le {PHONE} pour la remise.", 100, 1)
    customs.follow(customs.page.get_by_role("button", name="Déposer"))
    assert "Fiche déposée" in customs.text()
    return customs.path().split("?")[0]


def police_report(room: Room) -> str:
    """A police investigator reports the same phone and a plate, from the keyboard: the hit is on the next page."""
    police = room(POLICE)
    page = police.page
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("n")
    fact = (
        f"Vente observée pendant vingt minutes au pied de l'immeuble. Le vendeur prend ses commandes au {PHONE} ; "
        f"un véhicule {PLATE} le ravitaille vers 18 h. Deux guetteurs à l'entrée du parking."
    )
    write_report(police, fact, 1, 2)
    police.unfold("Préciser la période ou le lieu")
    for name, value in (("lon", "5,372"), ("lat", "43,317"), ("uncertainty_m", "300")):
        police.field(name).fill(value)
    police.show("report-form")
    police.follow(page.get_by_role("button", name="Déposer"))
    page.locator("#hits .line").first.wait_for(timeout=15_000)
    assert "Enquêtes douanières" in page.locator("#hits").inner_text()
    for written in (PHONE, PLATE):
        assert written in page.locator("main .chips").inner_text()
    police.show("report")
    return police.path().split("?")[0]


def customs_is_told(room: Room) -> str:
    """The customs officer finds the hit at home, with whom to call, and not what the others hold."""
    customs = room(CUSTOMS)
    customs.follow(customs.page.locator(".nav").first.get_by_role("link", name="Accueil"))
    customs.show("home-customs")
    customs.follow(customs.link(f"/recoupements/{ID}/"))
    assert "Service de police judiciaire" in customs.text()
    assert customs.page.locator('a[href^="tel:"]').count()
    for hidden in (PHONE, PLATE, "vingt minutes"):
        assert hidden not in customs.text()
    customs.show("hit")
    return customs.path()


def neither_reads_the_other(room: Room, customs_path: str, police_path: str) -> None:
    """By its address or by search, each finds only its own."""
    room(CUSTOMS).open(police_path, status=404)
    room(CUSTOMS).show("not-found")
    police = room(POLICE)
    police.open(customs_path, status=404)
    police.page.keyboard.press("/")
    police.page.keyboard.type(PHONE)
    with police.page.expect_navigation():
        police.page.keyboard.press("Enter")
    found = police.page.locator("main").inner_html()
    assert police_path in found
    assert customs_path not in found
    police.show("search")


def they_talk(room: Room, police_path: str) -> str:
    """The police opens the contact, the customs confirms it and answers."""
    police, customs = room(POLICE), room(CUSTOMS)
    police.open(police_path)
    police.follow(police.page.locator("#hits .line__title").first)
    if not re.search(rf"/recoupements/{ID}/$", police.path()):
        police.follow(police.link(f"/recoupements/{ID}/"))
    police.field("text").fill("Bonjour, le même numéro sert à une vente chez nous. On en parle ?")
    police.follow(police.page.get_by_role("button", name="Ouvrir le contact"))
    contact = police.path()
    assert re.search(rf"/contacts/{ID}/", contact), contact
    customs.open(contact)
    customs.step("Confirmer le contact")
    customs.field("text").fill("Bien reçu : un colis de cet été, je vous appelle à 14 h.")
    customs.follow(customs.page.get_by_role("button", name="Envoyer"))
    police.open(contact)
    assert "je vous appelle à 14 h" in police.text()
    return contact


def one_releases(room: Room, contact: str, customs_path: str, police_path: str) -> None:
    """The customs releases its record after confirming in the dialog; the police reads it, not the reverse."""
    customs, police = room(CUSTOMS), room(POLICE)
    customs.open(contact)
    fold = customs.unfold("Communiquer notre fiche")
    recipient = fold.locator("select[name=recipient]")
    if recipient.count():
        recipient.select_option(index=recipient.locator("option").count() - 1)
    fold.locator("[name=reason]").fill("Même vendeur, même numéro")
    fold.get_by_role("button", name="Communiquer notre fiche").click()
    dialog = customs.page.locator("dialog[open]")
    assert "On ne reprend pas" in dialog.inner_text()
    customs.follow(dialog.locator("button[value=yes]"))
    police.open(contact)
    police.show("contact")
    police.open(customs_path)
    assert "Colis retenu" in police.text()
    customs.open(police_path, status=404)


def point_is_confirmed(room: Room, police_path: str) -> str:
    """The police proposes a deal point from its report; the cell checks and confirms it, on its own map only."""
    police, analyst = room(POLICE), room(ANALYST)
    police.open(police_path)
    police.follow(police.page.get_by_role("link", name="Proposer un point de deal"))
    police.field("name").fill(POINT)
    products = police.unfold("Choisir les produits")
    products.get_by_label("Cocaïne (chlorhydrate)").check()
    police.show("point-form")
    police.follow(police.page.get_by_role("button", name="Signaler le point"))
    point = police.path()
    analyst.open(point)
    for verb in ("Prendre en vérification", "Confirmer"):
        if analyst.page.get_by_text(verb, exact=True).count():
            analyst.step(verb, "Observation directe")
    analyst.show("point")
    analyst.follow(analyst.page.locator(".nav").first.get_by_role("link", name="Carte"))
    analyst.show("map")
    assert POINT in analyst.page.locator(".map__list").inner_text()
    analyst.open("/points/")
    analyst.show("points")
    for login in ELSEWHERE:
        elsewhere = room(login)
        elsewhere.open(point, status=404)
        elsewhere.open("/points/")
        assert POINT not in elsewhere.text()
        answer = elsewhere.page.request.get(elsewhere.watch.origin + POINTS)
        assert answer.ok, (login, answer.status)
        assert point.split("/")[2] not in answer.text(), login
    answer = analyst.page.request.get(analyst.watch.origin + POINTS)
    assert point.split("/")[2] in answer.text()
    return point


def objective_is_decided(room: Room, contact: str) -> str:
    """The cell proposes it from the hit, the prosecutor's office validates it, one service receives it."""
    analyst, head, magistrate, police = room(ANALYST), room(HEAD), room(PROSECUTOR), room(POLICE)
    analyst.open(contact)
    analyst.follow(analyst.link(f"/recoupements/{ID}/"))
    analyst.follow(analyst.link("/objectifs/nouveau/"))
    analyst.field("title").fill(OBJECTIVE)
    analyst.field("summary").fill(
        "Deux services suivent le même vendeur et son ravitaillement ; travailler ensemble jusqu'aux fournisseurs."
    )
    place = analyst.field("commune")
    if place.count():
        place.fill("Marseille")
    analyst.follow(analyst.page.get_by_role("button", name="Proposer l'objectif"))
    objective = analyst.path()
    police.open(objective, status=404)
    head.open(objective)
    head.step("Marquer examiné")
    head.step("Transmettre au parquet")
    assert not head.page.get_by_text("Attribuer", exact=True).count()
    magistrate.open(objective)
    magistrate.show("objective-prosecutor")
    fold = magistrate.unfold("Valider")
    fold.locator("[name=reference]").fill("PR-2026-118")
    magistrate.follow(fold.get_by_role("button", name="Valider"))
    head.open(objective)
    fold = head.unfold("Attribuer")
    # Each service stands there with its load.
    wanted = fold.locator("[name=lead] option", has_text=LEAD).get_attribute("value")
    fold.locator("[name=lead]").select_option(wanted)
    fold.locator("[name=deadline]").fill((TODAY + timedelta(days=90)).isoformat())
    head.follow(fold.get_by_role("button", name="Attribuer"))
    police.open(objective)
    assert OBJECTIVE in police.text()
    head.open(objective)
    head.show("objective")
    return objective


def journal_tells(room: Room, customs_path: str) -> None:
    """The officer for data protection finds every operation on the customs report, and no content."""
    officer = room(OFFICER)
    officer.follow(officer.page.locator(".nav").first.get_by_role("link", name="Journal"))
    officer.field("ref").fill("report:" + customs_path.split("/")[2])
    officer.follow(officer.page.get_by_role("button", name="Filtrer"))
    # The rows alone: the filter above them names every operation that there is.
    rows = officer.page.locator("main tbody tr")
    told = [row.locator("td").all_inner_texts() for row in rows.all()]
    assert {cells[0].split("\n")[0].strip() for cells in told} >= {
        "Collecte", "Consultation", "Communication", "Recoupement",
    }  # fmt: skip
    readers = {cells[1] for cells in told if cells[0].startswith("Consultation") and MOTIVE in cells[2]}
    for unit in ("Enquêtes douanières", LEAD):
        assert any(unit in reader for reader in readers), (unit, readers)
    assert "Colis retenu" not in officer.text()
    officer.show("journal")
    room(POLICE).open("/journal/", status=403)
    room(POLICE).show("refused")


def test_the_thread_from_two_reports_to_the_journal(room: Room) -> None:
    customs_path = customs_report(room)
    police_path = police_report(room)
    customs_is_told(room)
    analyst = room(ANALYST)
    analyst.show("home")
    neither_reads_the_other(room, customs_path, police_path)
    contact = they_talk(room, police_path)
    one_releases(room, contact, customs_path, police_path)
    point_is_confirmed(room, police_path)
    objective_is_decided(room, contact)
    for path, name in (
        ("/renseignements/", "reports"), ("/recoupements/", "hits"), ("/contacts/", "contacts"),
        ("/objectifs/", "objectives"), ("/plan/", "plan"),
    ):  # fmt: skip
        analyst.open(path)
        analyst.show(name)
    journal_tells(room, customs_path)
    assert room.faults() == []
