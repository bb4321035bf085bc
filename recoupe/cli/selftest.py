"""`recoupe selftest --url …`: walks the whole thread over HTTP as the accounts concerned, on a running demonstration.

Every step prints its name and its time; the first failure ends the walk with code 1.
"""

import json
import re
import secrets
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import httpx

from recoupe.access.authenticator import FILE, SoftwareKey, kept_keys
from recoupe.cli.obstacle import NO_KEY, Obstacle, need
from recoupe.cli.toolcaller import deposit_and_read_back
from recoupe.cli.visitor import Page, Visitor
from recoupe.config.paths import data_folder
from recoupe.kernel.refusal import gettext_noop

MOTIVE = "parcours de contrôle de la démonstration"
CUSTOMS, POLICE, ANALYST, HEAD = "douane13", "pj13.enq1", "cross13.analyste", "cross13.chef"
PROSECUTOR, OTHER_PROSECUTOR, JUDGE, OFFICER = "parquet13", "parquet.ailleurs", "juge", "dpo"
# A neighbour on each side, one across a department, one at the other end of the country.
ELSEWHERE = ("cross84.analyste1", "cross83.analyste1", "cross30.analyste1", "cross59.analyste1")
COMMUNE = "13055"
# The police unit of the walk: identifiers of units are the same in every installation.
LEAD = str(uuid5(NAMESPACE_URL, "recoupe:unit:PJ13"))
UNREACHED = gettext_noop(
    "%(url)s ne répond pas (%(reason)s) : démarrez la démonstration (make demo), ou donnez son adresse avec --url."
)
UNTOLD = gettext_noop("Le journal ne montre pas toutes les opérations sur la fiche.")
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass
class Walk:
    """What the steps hand on to each other."""

    url: str
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    phone: str = field(default_factory=lambda: f"06 39 98 {secrets.randbelow(100):02} {secrets.randbelow(100):02}")
    plate: str = field(default_factory=lambda: f"ZZ-{secrets.randbelow(900) + 100}-WX")
    lon: str = field(default_factory=lambda: f"5.{360 + secrets.randbelow(40)}")
    lat: str = field(default_factory=lambda: f"43.{300 + secrets.randbelow(30)}")
    visitors: dict[str, Visitor] = field(default_factory=dict)
    keys: dict[str, SoftwareKey] = field(default_factory=dict)
    customs_report: str = ""
    police_report: str = ""
    police_hit: str = ""
    contacts: list[str] = field(default_factory=list)
    contact: str = ""
    point: str = ""
    objective: str = ""

    def visitor(self, login: str) -> Visitor:
        """The agent at his desk, signed in once."""
        if login not in self.visitors:
            made = Visitor(self.url, login)
            # A site that is not there is said before a key that is not.
            made.get("")
            made.sign_in(MOTIVE, self.key_of(login))
            self.visitors[login] = made
        return self.visitors[login]

    def key_of(self, login: str) -> SoftwareKey:
        """The software key of a made agent, from the folder of the demonstration."""
        if not self.keys:
            self.keys = kept_keys()
        if login not in self.keys:
            raise Obstacle(NO_KEY, login=login, file=str(data_folder() / FILE))
        return self.keys[login]


def path_of(url: str) -> str:
    """The path of an address, without its first slash."""
    return urlsplit(url).path.lstrip("/")


def content(page: Page) -> str:
    """What a page says of its own: the menu and its foot are the same on all of them."""
    return page.text.partition("<main")[2].partition("</main>")[0]


def links(page: Page, start: str) -> list[str]:
    """The paths of the links to objects of a kind, in the order of the page."""
    return [address.lstrip("/") for address, _words in page.links if re.search(rf"/{start}/{ID}/$", address)]


def first_link(page: Page, start: str) -> str:
    """The path of the first link to one object of a kind."""
    found = links(page, start)
    if found:
        return found[0]
    raise Obstacle(gettext_noop("La page %(url)s ne mène à aucun objet (%(kind)s)."), url=page.url, kind=start)


def deposit(who: Visitor, fact: str, on: date, selectors: list[tuple[str, str]], **more: str) -> Page:
    """Type a report, confirm every identifier proposed from the text, deposit it."""
    page = who.get("renseignements/nouveau/")
    typed: dict[str, str | list[str]] = {
        "fact_text": fact, "event_from": on.strftime("%d/%m/%Y"), "commune": COMMUNE,
        "source_kind": "officer_observation", "seen_by_reporter": "on", "source_grade": "B", "info_grade": "2",
        "handling": "H0", **more,
    }  # fmt: skip
    for rank, (kind, raw) in enumerate(selectors):
        typed |= {f"selectors-{rank}-kind": kind, f"selectors-{rank}-raw": raw, "selectors-TOTAL_FORMS": str(rank + 1)}
    page = who.send(page, page.form(""), typed)
    if page.url.endswith("/nouveau/"):
        form = page.form("")
        page = who.send(page, form, {"selector": form.fields.get("offered", [])})
    need(bool(re.search(ID, page.url)), gettext_noop("Le dépôt n'a pas mené à la page de la fiche."))
    return page


def customs_report(walk: Walk) -> None:
    """A customs officer reports a phone of months ago."""
    on = date.today() - timedelta(days=100)
    fact = f"Parcours {walk.mark} : colis retenu, le destinataire donne le {walk.phone}."
    page = deposit(walk.visitor(CUSTOMS), fact, on, [("phone", walk.phone)])
    walk.customs_report = path_of(page.url)


def police_report(walk: Walk) -> None:
    """A police investigator reports the same phone and a plate; the hit is on the next page."""
    fact = f"Parcours {walk.mark} : vente observée, le vendeur au {walk.phone}, véhicule {walk.plate}."
    selectors = [("phone", walk.phone), ("plate", walk.plate)]
    more = {"lon": walk.lon, "lat": walk.lat, "uncertainty_m": "300"}
    page = deposit(walk.visitor(POLICE), fact, date.today() - timedelta(days=1), selectors, **more)
    walk.police_report = path_of(page.url)
    walk.contacts = links(page, "contacts")


def customs_notified(walk: Walk) -> None:
    """The customs officer finds the hit waiting, with whom to call."""
    home = walk.visitor(CUSTOMS).get("")
    # The made world may hold the same number elsewhere: our contact is the one that customs reads too.
    shared = [c for c in walk.contacts if walk.visitor(CUSTOMS).opens(c)]
    need(len(shared) > 0, gettext_noop("La douane ne lit pas le contact que la police a reçu."))
    walk.contact = shared[0]
    address = first_link(walk.visitor(CUSTOMS).get(walk.contact), "recoupements")
    need(f'href="/{address}"' in content(home), gettext_noop("L'accueil de la douane n'annonce pas ce recoupement."))
    hit = content(walk.visitor(CUSTOMS).get(address))
    need(walk.phone not in hit, gettext_noop("La page du recoupement montre l'identifiant."))
    # The number as a person reads it, not an address that a menu might hold.
    called = re.search(r'<a href="tel:\+?\d{10,}">\s*\+?\d[\d ]{9,}</a>', hit)
    need(called is not None, gettext_noop("La page du recoupement ne dit pas qui appeler."))


def neither_sees(walk: Walk) -> None:
    """Neither sees the other's text, by its address or by search."""
    walk.visitor(CUSTOMS).get(walk.police_report, expect=httpx.codes.NOT_FOUND)
    walk.visitor(POLICE).get(walk.customs_report, expect=httpx.codes.NOT_FOUND)
    found = search(walk.visitor(POLICE), walk.phone)
    need(walk.customs_report not in found.text, gettext_noop("La recherche de la police trouve la fiche de la douane."))
    need(walk.police_report in found.text, gettext_noop("La recherche de la police ne trouve pas sa propre fiche."))


def search(who: Visitor, words: str) -> Page:
    """The quick search, whose words travel in the body of the request."""
    page = who.get("")
    form = next(found for found in page.forms if "/recherche/" in found.action)
    return who.send(page, form, {"q": words})


def talk(walk: Walk) -> None:
    """The police asks for the contact and writes; the customs confirms and answers."""
    police, customs = walk.visitor(POLICE), walk.visitor(CUSTOMS)
    page = police.get(walk.contact)
    walk.police_hit = first_link(page, "recoupements")
    page = police.get(walk.police_hit)
    police.send(page, page.form("/contacter/"), {"text": f"Bonjour, parcours {walk.mark}."})
    page = customs.get(walk.contact)
    page = customs.send(page, page.form("/etablir/"), {})
    page = customs.send(page, page.form("/ecrire/"), {"text": f"Bien reçu {walk.mark}, appelons-nous."})
    heard = police.get(walk.contact)
    need(f"Bien reçu {walk.mark}" in heard.text, gettext_noop("Le message de la douane n'arrive pas à la police."))


def release(walk: Walk) -> None:
    """The customs releases its record: the police reads it, nobody else new does."""
    customs = walk.visitor(CUSTOMS)
    page = customs.get(walk.contact)
    form = page.form("/communiquer/")
    unit = recipient_of(page)
    customs.send(page, form, {"recipient": unit, "reason": f"Même vendeur, parcours {walk.mark}"})
    read = walk.visitor(POLICE).get(walk.customs_report)
    need(walk.mark in read.text, gettext_noop("La police ne lit pas la fiche communiquée."))
    walk.visitor(CUSTOMS).get(walk.police_report, expect=httpx.codes.NOT_FOUND)
    walk.visitor("gend13").get(walk.customs_report, expect=httpx.codes.NOT_FOUND)


def recipient_of(page: Page) -> str:
    """The one recipient offered by the form of release."""
    found = re.search(rf'<select name="recipient".*?<option value="({ID})"', page.text, re.DOTALL)
    if found is None:
        raise Obstacle(gettext_noop("Le formulaire de communication ne nomme aucun destinataire."))
    return found[1]


def propose_point(walk: Walk) -> None:
    """The police proposes a deal point from its observation; the cell confirms it."""
    police = walk.visitor(POLICE)
    page = police.get(f"points/nouveau/?report={walk.police_report.split('/')[1]}")
    page = police.send(
        page,
        page.form(""),
        {"name": f"Hall du parcours {walk.mark}", "products": "cocaine_hcl"},
        expect=(httpx.codes.OK, httpx.codes.CONFLICT),
    )
    if page.status == httpx.codes.CONFLICT:  # another point stands near: it is said to be another one
        page = police.send(page, page.form(""), {"distinct": "on"})
    walk.point = path_of(page.url)
    cell = walk.visitor(ANALYST)
    for verb in ("verifier", "confirmer"):
        page = cell.get(walk.point)
        if any(f"/{verb}/" in form.action for form in page.forms):
            cell.send(page, page.form(f"/{verb}/"), {"reason": f"Observation directe, parcours {walk.mark}"})


def point_on_map(walk: Walk) -> None:
    """The point stands on the map of the department, and on no other."""
    name = walk.point.split("/")[1]
    near = "carte/points.geojson?bbox=4.2,43.1,6.0,44.0"
    seen = json.dumps(walk.visitor(ANALYST).get_json(near))
    need(name in seen, gettext_noop("Le point n'est pas sur la carte du département."))
    for login in ELSEWHERE:
        elsewhere = json.dumps(walk.visitor(login).get_json(near))
        need(name not in elsewhere, gettext_noop("Le point est sur la carte d'un autre département."))
        walk.visitor(login).get(walk.point, expect=httpx.codes.NOT_FOUND)


def objective(walk: Walk) -> None:
    """The cell proposes an objective from the hit, examines it and sends it to the prosecutor's office."""
    analyst = walk.visitor(ANALYST)
    hit = first_link(analyst.get(walk.contact), "recoupements").split("/")[1]
    page = analyst.get(f"objectifs/nouveau/?hit={hit}")
    values: dict[str, str | list[str]] = {
        "title": f"Réseau du parcours {walk.mark}",
        "summary": "Deux services suivent le même vendeur ; proposer un travail commun.",
        "commune": COMMUNE,
    }
    page = analyst.send(page, page.form(""), values)
    walk.objective = path_of(page.url)
    head = walk.visitor(HEAD)
    for verb in ("examiner", "transmettre"):
        page = head.get(walk.objective)
        head.send(page, page.form(f"/{verb}/"), {"reason": f"Parcours {walk.mark}"})


def decide(walk: Walk) -> None:
    """The magistrate of the competent court validates; another court and an examining judge cannot."""
    walk.visitor(OTHER_PROSECUTOR).get(walk.objective, expect=httpx.codes.NOT_FOUND)
    judge = walk.visitor(JUDGE).http.get(f"{walk.url}/{walk.objective}")
    need("/valider/" not in judge.text, gettext_noop("Un juge d'instruction se voit proposer de valider."))
    page = walk.visitor(HEAD).get(walk.objective)
    need(not any("/attribuer/" in form.action for form in page.forms),
         gettext_noop("L'objectif peut être attribué sans validation."))  # fmt: skip
    magistrate = walk.visitor(PROSECUTOR)
    page = magistrate.get(walk.objective)
    magistrate.send(page, page.form("/valider/"), {"reference": f"PR-{walk.mark}", "reason": "Priorité du parquet"})


def allocate(walk: Walk) -> None:
    """The cell allocates it to one lead service, with a deadline; that service reads it from then on."""
    walk.visitor(POLICE).get(walk.objective, expect=httpx.codes.NOT_FOUND)
    head = walk.visitor(HEAD)
    page = head.get(walk.objective)
    values: dict[str, str | list[str]] = {
        "lead": LEAD,
        "deadline": (date.today() + timedelta(days=90)).strftime("%d/%m/%Y"),
        "financial": "opened",
        "reason": f"Parcours {walk.mark}",
    }
    head.send(page, page.form("/attribuer/"), values)
    read = walk.visitor(POLICE).get(walk.objective)
    need(walk.mark in read.text, gettext_noop("Le service chef de file ne lit pas l'objectif."))


def journal(walk: Walk) -> None:
    """The officer for data protection finds every consultation of the customs report."""
    ref = "report:" + walk.customs_report.split("/")[1]
    page = walk.visitor(OFFICER).get(f"journal/?ref={ref}")
    found = {operation for operation, _actor in rows_of(page)}
    need(found >= {"Collecte", "Consultation", "Communication", "Recoupement"}, UNTOLD)
    for login in (CUSTOMS, POLICE):
        own = rows_of(walk.visitor(OFFICER).get(f"journal/?ref={ref}&login={login}"))
        need(
            "Consultation" in {operation for operation, _actor in own} and len({actor for _, actor in own}) == 1, UNTOLD
        )
    for report in (walk.customs_report, walk.police_report):
        for login, who in walk.visitors.items():
            need(opened(walk, report.split("/")[1], login) == openings(who, report), UNTOLD)
    need(MOTIVE in table_of(page), gettext_noop("Le journal ne porte pas le motif."))
    need(f"Parcours {walk.mark}" not in page.text, gettext_noop("Le journal contient du texte de la fiche."))
    walk.visitor(POLICE).get("journal/", expect=httpx.codes.FORBIDDEN)


def openings(who: Visitor, report: str) -> int:
    """How often he opened a report: its own page, or the form that proposes a point from it."""
    return who.read[report] + who.read[f"points/nouveau/?report={report.split('/')[1]}"]


def opened(walk: Walk, report: str, login: str) -> int:
    """How often the journal says so, all its pages read; a list that names the report says which list it is."""
    found, address = 0, f"?ref=report:{report}&login={login}&operation=consult"
    while address:
        page = walk.visitor(OFFICER).get(f"journal/{address}")
        for row in table_of(page).split("<tr>")[1:]:
            first = re.search(r'href="\?ref=([^"]*)"', row)
            found += first is not None and first[1] == f"report:{report}" and "\u00a0:" not in row
        address = next((older for older, _words in page.links if "before=" in older), "")
    return found


def table_of(page: Page) -> str:
    """The rows of a page's table: the filter above it names every operation that there is."""
    return content(page).partition("<tbody>")[2].partition("</tbody>")[0]


def rows_of(page: Page) -> list[tuple[str, str]]:
    """Operation and agent of each row of the journal's table."""
    cells = [re.findall(r"<td[^>]*><span>([^<]*)", row) for row in table_of(page).split("<tr>")[1:]]
    return [(row[0].strip(), row[1].strip()) for row in cells]


def board(walk: Walk) -> None:
    """The plan board shows the 55 measures, computed or not measured."""
    page = walk.visitor(ANALYST).get("plan/")
    rows = re.findall(r'<li class="line" id="M(\d+)">(.*?)<div class="line__meta">(.*?)</div>', page.text, re.DOTALL)
    stated = [int(number) for number, _title, state in rows if re.sub(r"<[^>]*>", "", state).strip()]
    need(stated == list(range(1, 56)), gettext_noop("Le tableau du plan est incomplet."))


def tool(walk: Walk) -> None:
    """The police unit's own tool deposits a report with the same phone, and reads back whom to call."""
    deposit_and_read_back(walk.url, walk.mark, walk.phone, COMMUNE, "DED13")


# Each step, and what the reader of the walk is told of it.
STEPS: dict[Callable[[Walk], None], str] = {
    customs_report: gettext_noop("Une douanière dépose une fiche avec un téléphone d'il y a des mois."),
    police_report: gettext_noop("Un enquêteur de police dépose le même téléphone et apprend qui appeler."),
    customs_notified: gettext_noop("La douanière trouve le recoupement sur son accueil, et qui appeler."),
    neither_sees: gettext_noop("Aucun des deux ne lit la fiche de l'autre, ni par son adresse ni par la recherche."),
    talk: gettext_noop("La police demande le contact, la douane l'établit, tous deux s'écrivent."),
    release: gettext_noop("La douane communique sa fiche : la police la lit, personne d'autre."),
    propose_point: gettext_noop("La police propose un point de deal, la cellule le confirme."),
    point_on_map: gettext_noop("Le point est sur la carte de son département, et sur aucune autre."),
    objective: gettext_noop("La cellule propose un objectif, l'examine et le transmet au parquet."),
    decide: gettext_noop("Le magistrat du tribunal compétent valide ; aucun autre ne le peut."),
    allocate: gettext_noop("La cellule attribue l'objectif à un seul service, qui le lit dès lors."),
    journal: gettext_noop("La déléguée à la protection des données retrouve qui a consulté la fiche."),
    tool: gettext_noop("L'outil d'une unité dépose une fiche et relit qui appeler."),
    board: gettext_noop("Le tableau du plan montre les 55 mesures, calculées ou non mesurées."),
}


def run(arguments: Namespace) -> int:
    """Walk every step in order; 0 when all hold."""
    walk = Walk(arguments.url.rstrip("/"))
    for number, step in enumerate(STEPS, 1):
        started = time.monotonic()
        fault = ""
        try:
            step(walk)
        except Obstacle as error:
            fault = str(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = str(Obstacle(UNREACHED, url=walk.url, reason=str(error) or type(error).__name__))
        report(arguments.json, number, step, time.monotonic() - started, fault)
        if fault:
            return 1
    return 0


def report(as_json: bool, number: int, step: Callable[[Walk], None], seconds: float, fault: str) -> None:
    """One line a step."""
    words = STEPS[step]
    if as_json:
        line = {"step": number, "name": step.__name__, "what": words, "ok": not fault, "ms": round(seconds * 1000)}
        print(json.dumps(line | ({"fault": fault} if fault else {}), ensure_ascii=False), flush=True)
    else:
        print(
            f"{number:2} {'✓' if not fault else '✗'} {words} ({seconds:.2f} s){' : ' + fault if fault else ''}",
            flush=True,
        )
