"""The test spreadsheet: its good rows are read without a fault, its bad ones fail as listed and nowhere else."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from recoupe.access.enums import Role
from recoupe.demo import spreadsheet, territory
from recoupe.demo.records import Plan
from recoupe.demo.sample import ROWS, sample_file
from recoupe.demo.setting import Setting
from recoupe.demo.spreadsheet import HEADERS, Sheet
from recoupe.intelligence.actions.common import known_for
from recoupe.intelligence.importing.checking import FileReader
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.places import PlaceTable
from recoupe.web.intelligence.import_forms import standard_mappings
from tests.world import World

TODAY = date(2026, 11, 22)
PLAN = Plan(TODAY)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return territory.setting(TODAY)


@pytest.fixture(scope="module")
def sheet(setting: Setting) -> Sheet:
    return spreadsheet.build_sheet(PLAN, setting)


def test_size_shape_and_determinism(sheet: Sheet, setting: Setting) -> None:
    assert len(sheet.rows) == 3_000
    assert len(sheet.errors) == 40
    assert len({(e.field, e.reason) for e in sheet.errors}) == 40
    assert len({row["N° de fiche"] for row in sheet.rows}) == 3_000
    assert all(tuple(row) == HEADERS for row in sheet.rows)
    small = [spreadsheet.build_sheet(PLAN, setting, rows=300) for _ in range(2)]
    assert small[0] == small[1]
    assert small[0] != spreadsheet.build_sheet(replace(PLAN, seed=3), setting, rows=300)


def test_windows_1252_holds_it_and_needs_it(sheet: Sheet) -> None:
    text = "\n".join(";".join(cells) for cells in sheet.table())
    assert len(text.encode("cp1252")) == len(text)
    assert {"œ", "€", "é", "–"} <= set(text)
    with pytest.raises(UnicodeEncodeError):
        text.encode("latin-1")


def _csv(sheet: Sheet) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(sheet.table())
    return stream.getvalue().encode("cp1252")


def test_each_planted_error_is_found_and_no_other(sheet: Sheet, world: World) -> None:
    sender = world.agent(Role.INVESTIGATOR, spreadsheet.UNIT)
    with world.acting(sender) as agent:
        known = known_for(agent, TODAY, PlaceTable(TODAY))
        reader = FileReader(_csv(sheet), FileMapping.from_json(spreadsheet.MAPPING), known, agent.unit_id)
        checked = reader.check()
    assert checked.total == 3_000
    found: dict[int, set[str]] = {}
    for refusal in checked.refusals:
        found.setdefault(refusal.line, set()).add(refusal.field)
    assert sorted(found) == [e.line for e in sheet.errors]
    for error in sheet.errors:
        assert error.column in found[error.line], (error, found[error.line])


def test_the_file_to_try_the_import_with_reads_by_the_mapping_that_we_bring(world: World, setting: Setting) -> None:
    content = sample_file(PLAN, setting).encode()
    with world.acting(world.agent(Role.UNIT_HEAD, "PJ13")) as agent:
        known = known_for(agent, TODAY, PlaceTable(TODAY))
        mapping = FileMapping.parse(standard_mappings()["tableau-unite"])
        checked = FileReader(content, mapping, known, agent.unit_id).check()
    assert checked.total == ROWS
    assert len({refusal.line for refusal in checked.refusals}) == spreadsheet.BAD
