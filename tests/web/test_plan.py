"""The board of the plan: all measures, computed or not measured, and what each figure says of itself."""

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.plan import actions as plan
from recoupe.plan import catalogue
from tests.plan.tables import clear
from tests.plan.test_figures import MANY, points
from tests.web.rooms import text
from tests.world import World


@pytest.fixture(scope="module")
def frozen(world: World) -> None:
    """Figures are frozen once a day by the service."""
    with world.process("migrate"):
        plan.freeze()


@pytest.mark.parametrize(
    "role, unit",
    [(Role.CROSS_ANALYST, "CROSS13"), (Role.INVESTIGATOR, "PJ13"), (Role.EXAMINING_JUDGE, "TJ13"), (Role.DPO, "OFAST")],
)
def test_the_board_shows_every_measure_with_its_anchor(world: World, frozen: None, role: Role, unit: str) -> None:
    answer = world.client(world.agent(role, unit)).get("/plan/")
    shown = text(answer)
    assert answer.status_code == 200
    assert [int(n) for n in re.findall(r'id="M(\d+)"', shown)] == sorted(
        range(1, 56), key=lambda n: shown.index(f'id="M{n}"')
    )
    assert len(set(re.findall(r'id="M(\d+)"', shown))) == 55
    assert "Non mesurée" in shown
    assert "fabriquée" not in shown
    entry = world.journal("consult")[-1]
    assert (entry[3]["what"], entry[2]) == ("plan", [])


def test_a_figure_says_what_it_counts(world: World, frozen: None) -> None:
    shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    for words in ("Définition", "Périmètre", "Numérateur", "Dénominateur", "Fiches déposées"):
        assert words in shown, words


def test_made_data_say_so(world: World, frozen: None) -> None:
    with override_settings(DEMO=True):
        shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    assert "Données fabriquées pour la démonstration" in shown
    assert "donnée fabriquée" in shown


def test_the_stock_is_told_by_department_above_the_threshold_alone(world: World) -> None:
    clear(world)
    points(world, MANY, "13", [("ACTIVE", 9)])
    points(world, MANY + 1, "59", [("ACTIVE", 9)])
    points(world, MANY - 1, "75", [("ACTIVE", 9)])
    with world.process("migrate"):
        plan.freeze()
    shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    told = re.findall(r"<dt>[^<]* \((\w+)\)</dt><dd>(\d+)</dd>", shown)
    assert told == [("59", str(MANY + 1)), ("13", str(MANY))]
    assert reverse("dealpoint-stock") in shown
    judge = text(world.client(world.agent(Role.EXAMINING_JUDGE, "TJ13")).get("/plan/"))
    assert "Par département" in judge
    assert reverse("dealpoint-stock") not in judge


@pytest.mark.parametrize("role, unit", [(Role.DUTY_OFFICER, "PJ13"), (Role.SYSADMIN, "OFAST")])
def test_the_wrong_role_is_refused(world: World, role: Role, unit: str) -> None:
    assert world.client(world.agent(role, unit)).get("/plan/").status_code == 403


# -- one measure, its owner, the committee -----------------------------------------------------------------------------
GOOD = "indicateur;du;au;valeur;source\nm4_on_time;01/01/2025;31/12/2025;100;OFAST\n"


def csv_file(content: str, name: str = "valeurs.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode(), "text/csv")


def test_the_page_of_a_measure_says_how_each_figure_is_made(world: World, frozen: None) -> None:
    shown = text(world.client(world.agent(Role.PROSECUTOR, "TJ13")).get("/plan/mesures/20/"))
    for words in ("Pôle opérationnel", "Protocole du 27 mars 2019", "Relevé en retard", "571 kg", "982 kg", "Presse"):
        assert words in shown, words
    assert "Ajouter une preuve" not in shown
    assert world.journal("consult")[-1][3] == {"what": "plan", "number": 20}
    assert world.client(world.agent(Role.PROSECUTOR, "TJ13")).get("/plan/mesures/56/").status_code == 404
    assert world.client(world.agent(Role.PROSECUTOR, "TJ13")).get("/plan/mesures/99999999999/").status_code == 404


def test_the_figures_around_the_plan_keep_both_sources(world: World, frozen: None) -> None:
    shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/chiffres/"))
    for words in ("Présentation du plan", "≈ 3 200 M€", "≈ 3 500 M€", "≈ 426 000 à 652 000 M€", "14,3 t", "9,4 t"):
        assert words in shown.replace("\xa0", " ").replace("\u202f", " "), words


def test_the_owner_shows_evidence_and_hands_in_a_file(world: World, frozen: None) -> None:
    clear(world)
    client = world.client(world.agent(Role.PLAN_MANAGER, "OFAST-PSTR"))
    assert "Ajouter une preuve" in text(client.get("/plan/mesures/4/"))
    said = {"label": "Rapport", "on": "01/06/2025", "milestone": "m4_first", "key": str(uuid4())}
    assert client.post("/plan/mesures/4/preuve/", said).status_code == 302
    assert client.post("/plan/mesures/4/preuve/", said).status_code == 302
    sent = {**said, "key": str(uuid4()), "file": csv_file(GOOD)}
    assert client.post("/plan/mesures/4/fichier/", sent).status_code == 302
    shown = text(client.get("/plan/mesures/4/"))
    assert shown.count("Rapport") >= 2
    assert "valeurs.csv" in shown
    (address,) = re.findall(r"/plan/preuves/[0-9a-f-]+/", shown)
    answer = client.get(address)
    assert (answer.content.decode(), answer["Content-Type"]) == (GOOD, "text/csv; charset=utf-8")
    assert "attachment" in answer["Content-Disposition"]
    assert client.get(f"/plan/preuves/{uuid4()}/").status_code == 404


def test_each_bad_line_of_a_file_is_answered_on_the_page(world: World, frozen: None) -> None:
    clear(world)
    client = world.client(world.agent(Role.PLAN_MANAGER, "OFAST-PSTR"))
    said = {"label": "Rapport", "on": "01/06/2025", "key": str(uuid4())}
    bad = GOOD + "m1_reports;01/01/2025;31/12/2025;1;X\n" + GOOD.split("\n")[1].replace("100", "cent")
    answer = client.post("/plan/mesures/4/fichier/", {**said, "file": csv_file(bad)})
    assert answer.status_code == 422
    shown = text(answer)
    for words in ("2 lignes à reprendre", "Ligne 3", "Ligne 4", "n&#x27;est pas un nombre"):
        assert words in shown, words
    for content in ("", "\x00", "a" * 400_000):
        answer = client.post("/plan/mesures/4/fichier/", {**said, "file": csv_file(content)})
        assert answer.status_code == 422
    for missing in ({}, {**said, "on": "31/02/2025"}, {**said, "milestone": "m1_installed"}):
        assert client.post("/plan/mesures/4/preuve/", missing).status_code == 422
    assert client.post("/plan/mesures/4/rien/", said).status_code == 404


@pytest.mark.parametrize(
    ("role", "unit"), [(Role.PLAN_MANAGER, "OFAST-PREN"), (Role.PLAN_MANAGER, "OFAST"), (Role.UNIT_HEAD, "PJ13")]
)
def test_the_wrong_owner_is_refused(world: World, role: Role, unit: str) -> None:
    said = {"label": "Rapport", "on": "01/06/2025", "key": str(uuid4())}
    assert world.client(world.agent(role, unit)).post("/plan/mesures/4/preuve/", said).status_code == 403


def test_a_meeting_decides_freezes_and_is_printed(world: World, frozen: None, tmp_path: Path) -> None:
    clear(world)
    with world.process("migrate"):
        plan.freeze()
    client = world.client(world.agent(Role.PLAN_MANAGER, "OFAST"))
    said = {"held_on": timezone.localdate().strftime("%d/%m/%Y"), "reference": "RD 1", "members": ["interior", "sea"]}
    made = client.post("/plan/comite/nouvelle/", said)
    assert made.status_code == 302
    page = made["Location"]
    assert client.post("/plan/comite/nouvelle/", said).status_code == 422
    decision = {"measure": "12", "verdict": "blocked", "reason": "Crédits suspendus"}
    assert client.post(f"{page}decider/", {**decision, "verdict": "painted"}).status_code == 422
    assert client.post(f"{page}decider/", decision).status_code == 302
    assert client.post(f"{page}decider/", decision).status_code == 409
    assert client.get(f"{page}imprimer/").status_code == 404
    assert client.post(f"{page}geler/").status_code == 302
    assert client.post(f"{page}decider/", {**decision, "measure": "13"}).status_code == 409
    shown = text(client.get(page))
    for words in ("Bloquée", "Crédits suspendus", 'id="m5_stock"', 'id="c_cocaine"', "Comment il est compté"):
        assert words in shown, words
    other = world.client(world.agent(Role.PLAN_MANAGER, "OFAST-PSTR"))
    assert "Écrire une décision" not in text(other.get(page))
    assert other.post(f"{page}decider/", decision).status_code == 403
    assert other.post("/plan/comite/nouvelle/", said).status_code == 403
    paper = client.get(f"{page}imprimer/")
    assert (paper.status_code, paper["Content-Type"]) == (200, "application/pdf")
    _read_paper(paper.content, page, tmp_path)
    assert world.journal("print")[-1][3]["what"] == "plan"


def _read_paper(content: bytes, page: str, folder: Path) -> None:
    """At most eight pages, every measure, and each figure tied to its anchor on the frozen page."""
    with pikepdf.open(BytesIO(content)) as document:
        assert 0 < len(document.pages) <= 8
        links = [
            str(note["/A"]["/URI"])
            for sheet in document.pages
            for note in sheet.get("/Annots", [])
            if "/A" in note and "/URI" in note["/A"]
        ]
    anchors = {link.rpartition("#")[2] for link in links}
    assert {link.partition("#")[0] for link in links} == {f"http://testserver{page}"}
    assert anchors == set(catalogue.indicators())
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on this machine: the words of the paper are not read")
    (folder / "paper.pdf").write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", folder / "paper.pdf", "-"], capture_output=True, check=True)
    words = done.stdout.decode()
    for number in range(1, 56):
        assert re.search(rf"\bM{number}\b", words), number
    for said in (
        "Tableau du plan national",
        "Intérieur, Secrétariat général de la mer",
        "Crédits suspendus",
        "DIFFUSION",
    ):
        assert said in words, said
