"""Files of points by the pages: a census handed in, line by line, and points taken out with their marking."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recoupe.access.enums import Role
from recoupe.web.dealpoints import exports
from tests.dealpoints.builders import MARSEILLE, active, report_by
from tests.web.rooms import text
from tests.world import TestAgent, World

HEAD = "nom;longitude;latitude;commune;forme;produits;mineurs\n"
SOUND = HEAD + "Le Lavoir;5,3698;43,2965;Marseille (13);hall d'immeuble;crack;oui\nLa Halle;5,3750;43,3010;;rue;;\n"


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def stranger(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS59")


def census(world: World, who: TestAgent, **over: Any) -> str:
    """The report that supports a census."""
    with world.acting(who) as agent:
        return str(report_by(agent, **over).ref)


def handed(world: World, who: TestAgent, content: str | bytes, ref: str, **over: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return world.client(who).post(
        "/points/import/", {"file": SimpleUploadedFile("points.csv", raw), "report": ref, **over}
    )


def counted(world: World) -> int:
    return int(world.sql("SELECT count(*) FROM dealpoints_dealpoint")[0][0])


# -- handing in --------------------------------------------------------------------------------------------------------
def test_each_line_is_a_reported_point_once(world: World, police: TestAgent) -> None:
    ref, before = census(world, police), counted(world)
    answer = handed(world, police, SOUND, ref)
    assert answer.status_code == 200
    assert "2 points sont signalés" in text(answer)
    made = world.sql(
        "SELECT name, kind, state, products, minors_present FROM dealpoints_dealpoint ORDER BY created_at DESC LIMIT 2"
    )
    assert sorted(made) == [
        ("La Halle", "street", "REPORTED", [], False), ("Le Lavoir", "lobby", "REPORTED", ["crack"], True)
    ]  # fmt: skip
    again = handed(world, police, SOUND, ref)
    assert "2 lignes étaient déjà enregistrées" in text(again)
    assert counted(world) == before + 2


BAD = {
    "in the sea": ("En mer;3,5;42,9;;;;", "dans aucune commune connue"),
    "in another commune than it says": ("Ailleurs;5,3698;43,2965;Lille (59);;;", "Ce point est à Marseille"),
    "beyond the earth": ("Loin;181;43,3;;;;", "pas sur la Terre"),
    "turned round": ("Inverse;43,2965;5,3698;;;;", "semblent échangées"),
    "without a name": (";5,3698;43,2965;;;;", "obligatoire"),
    "a name that is a number": ("06 12 34 56 78;5,3698;43,2965;;;;", "ne contient ni numéro"),
    "of an unknown product": ("Un;5,3698;43,2965;;;sucre;", "Produit inconnu"),
    "nowhere": ("Nulle part;;;;;;", "ni coordonnées, ni commune"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_told_and_nothing_is_half_written(world: World, police: TestAgent, name: str) -> None:
    line, sentence = BAD[name]
    ref, before = census(world, police), counted(world)
    content = f"{HEAD}Le Bon;5,3698;43,2965;;;;\n{line}\n"
    answer = handed(world, police, content, ref)
    page = text(answer).replace("&#x27;", "'").replace("\u00a0", " ")
    assert answer.status_code == 422
    assert "Rien n'a été enregistré" in page
    assert sentence in page
    assert "Ligne 3" in page
    assert counted(world) == before
    assert handed(world, police, content, ref, accept_valid="on").status_code == 200
    assert counted(world) == before + 1


def test_a_file_that_cannot_be_read_is_told_at_its_field(world: World, police: TestAgent) -> None:
    ref = census(world, police)
    for content, sentence in (
        (b"", "vide"), (b"PK\x03\x04abc", "archive"), (b"nom;x;y\nA;892390;6247035\n", "système de coordonnées"),
        (b"x" * (21 * 1024 * 1024), "trop lourd"),
    ):  # fmt: skip
        answer = handed(world, police, content, ref)
        assert answer.status_code == 422
        assert sentence in text(answer)
    assert "2 points" in text(handed(world, police, SOUND.replace("Le", "Les"), ref))


def test_who_may_not_use_the_report_brings_no_file(world: World, police: TestAgent, stranger: TestAgent) -> None:
    ref, before = census(world, police), counted(world)
    assert "Aucune fiche de cette référence" in text(handed(world, stranger, SOUND, ref))
    reader = world.agent(Role.DUTY_OFFICER, "PJ13")
    assert world.client(reader).get("/points/import/").status_code == 403
    assert counted(world) == before


# -- taking out --------------------------------------------------------------------------------------------------------
def taken(world: World, who: TestAgent, form: str, query: str = "?department=13&state=ACTIVE") -> Any:
    return world.client(who).get(f"/points/export.{form}{query}")


def test_what_is_taken_out_says_who_when_and_why_and_the_journal_names_it(
    world: World, police: TestAgent, analyst: TestAgent
) -> None:
    point = active(world, police, analyst)
    answer = taken(world, police, "geojson")
    found = json.loads(answer.content)
    mine = next(f for f in found["features"] if f["geometry"]["coordinates"] == list(MARSEILLE))
    assert answer["Cache-Control"] == "no-store"
    said = mine["properties"]
    assert said["marquage"].startswith("DIFFUSION RESTREINTE · H1")
    assert (said["finalite"] != "", said["exemplaire"] == found["marquage"]["exemplaire"]) == (True, True)
    entry = world.journal("export")[-1]
    assert f"dealpoint:{point}" in entry[2]
    assert entry[3]["serial"] == said["exemplaire"]
    table = taken(world, police, "csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    assert {row["marquage"] for row in rows} == {said["marquage"]}
    assert len(rows) == len(found["features"])


def test_whoever_only_reads_takes_out_squares(world: World, police: TestAgent, analyst: TestAgent) -> None:
    active(world, police, analyst)
    reader = world.agent(Role.PROSECUTOR, "TJ13")
    found = json.loads(taken(world, reader, "geojson").content)["features"]
    assert found
    assert all(tuple(one["geometry"]["coordinates"]) != MARSEILLE for one in found)
    assert all(one["properties"]["incertitude_m"] > 300 for one in found)


def test_nobody_takes_out_what_he_does_not_read(world: World, police: TestAgent, stranger: TestAgent) -> None:
    assert json.loads(taken(world, stranger, "geojson").content)["features"] == []
    assert taken(world, stranger, "csv").status_code == 200
    assert taken(world, police, "csv", "?state=NONE").status_code == 422


def test_many_points_leave_by_two_persons(world: World, police: TestAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_TAKEN", 0)
    refused = taken(world, police, "csv")
    assert refused.status_code == 409
    assert "resserrez le filtre" in text(refused)


def test_a_name_that_begins_like_a_formula_stays_text(world: World, police: TestAgent) -> None:
    content = 'nom;longitude;latitude\n"=HYPERLINK(1)";5,3698;43,2965\n'
    assert handed(world, police, content, census(world, police)).status_code == 200
    table = taken(world, police, "csv", "?department=13&state=REPORTED").content.decode("utf-8-sig")
    assert ";'=HYPERLINK(1);" in table


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="gdal-bin (Debian) is not installed")
@pytest.mark.parametrize("form", ["geojson", "csv"])
def test_gdal_reads_what_is_taken_out(
    world: World, police: TestAgent, analyst: TestAgent, tmp_path: Path, form: str
) -> None:
    active(world, police, analyst)
    file = tmp_path / f"points.{form}"
    file.write_bytes(taken(world, police, form).content)
    asked = ["-oo", "X_POSSIBLE_NAMES=longitude", "-oo", "Y_POSSIBLE_NAMES=latitude"] if form == "csv" else []
    said = subprocess.run(
        ["ogrinfo", "-ro", "-al", *asked, str(file)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "POINT (5.3698 43.2965)" in said
    assert "DIFFUSION RESTREINTE" in said
