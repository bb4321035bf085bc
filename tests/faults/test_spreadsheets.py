"""3,000 rows that LibreOffice wrote, in Windows-1252 and in XLSX: the 40 bad ones are found, and no other."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recoupe.access.authenticator import SoftwareKey, write_keys
from recoupe.access.enums import Role
from recoupe.demo import spreadsheet
from recoupe.intelligence import actions
from recoupe.intelligence.actions.common import known_for
from recoupe.intelligence.enums import ImportState
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.checking import FileReader, PreparedRow
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.places import PlaceTable
from recoupe.kernel.refusal import Conflict
from tests.faults.desk import SHEETS, give_keys, import_file, installation
from tests.world import TestAgent, World

pytestmark = pytest.mark.slow
FILES = ("fiches.csv", "fiches.xlsx")
PLANTED: list[dict[str, Any]] = json.loads((SHEETS / "planted.json").read_text())
WANTED = {(error["line"], error["column"]) for error in PLANTED}
REPORTS = "SELECT count(*) FROM intelligence_report"


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, spreadsheet.UNIT)


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, spreadsheet.UNIT)


@pytest.fixture(scope="module")
def data(world: World, head: TestAgent, sender: TestAgent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    give_keys(world, head, sender)
    return installation(world, tmp_path_factory.mktemp("desk") / "data")


def test_the_files_are_what_their_readme_says() -> None:
    raw = (SHEETS / "fiches.csv").read_bytes()
    text = raw.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert {"œ", "€", "é", "–"} <= set(text)
    assert text.split("\n", 1)[0].count(";") == len(spreadsheet.HEADERS) - 1
    assert (SHEETS / "fiches.xlsx").read_bytes().startswith(b"PK\x03\x04")
    assert json.loads((SHEETS / "mapping.json").read_text()) == spreadsheet.MAPPING
    assert len(PLANTED) == len({error["line"] for error in PLANTED}) == spreadsheet.BAD
    heavy = sum(path.stat().st_size for path in SHEETS.iterdir() if path.is_file())
    assert heavy < 1_500_000


@pytest.mark.parametrize("name", FILES)
def test_the_rooms_own_path_finds_each_planted_row_and_writes_nothing(
    world: World, sender: TestAgent, head: TestAgent, name: str
) -> None:
    before = world.sql(REPORTS)
    with world.acting(sender) as agent:
        content = (SHEETS / name).read_bytes()
        handed = actions.upload_import(by=agent, name=name, content=content, mapping=spreadsheet.MAPPING)
    found = running.check(lambda: world.acting(sender), handed.id)
    assert (found.rows_total, found.rows_valid, found.rows_refused) == (3_000, 2_960, 40)
    with world.acting(sender) as agent:
        assert {(r.line, r.field) for r in queries.refusals(agent, found)} == WANTED
    with world.acting(head) as agent, pytest.raises(Conflict, match="40"):
        actions.open_import(by=agent, import_file=found)
    assert world.sql(REPORTS) == before
    with world.acting(head) as agent:
        assert actions.refuse_import(by=agent, import_file=found, reason="à corriger").state == ImportState.REFUSED


@pytest.mark.parametrize(("name", "option"), [("fiches.csv", ""), ("fiches.xlsx", "--dry-run")])
def test_the_command_reports_them_and_writes_nothing_unasked(
    world: World, data: Path, head: TestAgent, name: str, option: str
) -> None:
    before = world.sql(REPORTS)
    code, lines, said = import_file(data, SHEETS / name, head.login, *filter(None, [option]))
    assert code == 1
    assert {(line["line"], line["field"]) for line in lines[:-1]} == WANTED
    assert all(line["reason"] for line in lines[:-1])
    assert (lines[-1]["total"], lines[-1]["refused"], lines[-1]["written"]) == (3_000, 40, 0)
    assert "Rien n'est écrit" in said
    assert world.sql(REPORTS) == before


def test_who_does_not_head_the_unit_hands_in_and_is_told_who_opens(world: World, data: Path, sender: TestAgent) -> None:
    before = world.sql(REPORTS)
    code, lines, said = import_file(data, SHEETS / "fiches.csv", sender.login, "--accept-partial")
    assert (code, lines[-1]["result"]) == (0, "handed_in")
    assert "Le chef de l'unité" in said
    assert world.sql(REPORTS) == before
    assert world.sql("SELECT state FROM intelligence_importfile ORDER BY created_at DESC LIMIT 1") == [("CHECKED",)]


def test_asked_it_writes_2960_and_again_nothing(world: World, data: Path, head: TestAgent, sender: TestAgent) -> None:
    code, lines, said = import_file(data, SHEETS / "fiches.csv", head.login, "--accept-partial")
    assert code == 0, said
    assert lines[-1] == {"result": "written", "total": 3_000, "refused": 40, "written": 2_960, "known": 0}
    assert "3000 / 3000" in said
    assert world.sql("SELECT DISTINCT author_id FROM intelligence_report") == [(sender.id,)], "the file handed in"
    written = world.sql("SELECT count(*), max(created_at), sum(version) FROM intelligence_report")
    assert written[0][0] == 2_960
    for name in FILES:
        code, lines, _ = import_file(data, SHEETS / name, head.login, "--accept-partial")
        assert code == 0
        assert (lines[-1]["written"], lines[-1]["known"]) == (0, 2_960)
    assert world.sql("SELECT count(*), max(created_at), sum(version) FROM intelligence_report") == written
    good = world.sql("SELECT fact_text FROM intelligence_report WHERE external_ref = 'SP13-00003'")
    assert "œil de la caméra" in good[0][0]


def test_both_files_say_the_same(world: World, sender: TestAgent) -> None:
    """Dates and decimals that the workbook holds as numbers read as the ones that the CSV spells in French."""
    today = date(2026, 11, 22)
    with world.acting(sender) as agent:
        known = known_for(agent, today, PlaceTable(today))
        mapping = FileMapping.from_json(spreadsheet.MAPPING)
        readers = [FileReader((SHEETS / name).read_bytes(), mapping, known, agent.unit_id) for name in FILES]
        one, other = ([row for row in r.rows(0, r.total) if isinstance(row, PreparedRow)] for r in readers)
    assert len(one) == len(other) == 2_960
    for row, twin in zip(one, other, strict=True):
        assert (row.line, row.fingerprint) == (twin.line, twin.fingerprint)
        assert row.reading == twin.reading
    assert sum(row.reading.columns["lon"] is not None for row in one) > 1_000


def test_a_key_that_nobody_enrolled_stops_it(data: Path, head: TestAgent, tmp_path: Path) -> None:
    stranger = SoftwareKey.new(head.id.bytes)
    write_keys(tmp_path / "keys.json", {head.login: stranger})
    code, lines, said = import_file(data, SHEETS / "fiches.csv", head.login, keys=tmp_path / "keys.json")
    assert (code, lines) == (1, [])
    assert "Cette clé n'a pas été acceptée" in said
    assert stranger.plain()["secret"] not in said


@pytest.mark.parametrize(
    ("file", "mapping", "sentence"),
    [
        ("absent.csv", "mapping.json", "il n'existe pas"),
        ("planted.json", "mapping.json", "colonne"),
        ("fiches.csv", "planted.json", "correspondance"),
        ("fiches.csv", "fiches.csv", "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(data: Path, head: TestAgent, file: str, mapping: str, sentence: str) -> None:
    code, _, said = import_file(data, SHEETS / file, head.login, mapping=SHEETS / mapping)
    assert code == 1
    assert sentence in said
