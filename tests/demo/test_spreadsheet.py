"""The test spreadsheet: its good rows are read without a fault, its bad ones fail as listed and nowhere else."""

from dataclasses import replace
from datetime import date

import pytest

from recoupe.demo import spreadsheet, territory
from recoupe.demo.records import Plan
from recoupe.demo.setting import Setting
from recoupe.demo.spreadsheet import COLUMNS, HEADERS, Row, Sheet
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.reading import Known, faults
from recoupe.kernel.text import name_key
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


class TablePlaces:
    """Communes of the setting, without a database."""

    def __init__(self, setting: Setting) -> None:
        self.today = TODAY
        self._setting = setting
        self._named: dict[str, list[tuple[str, str]]] = {}
        for c in setting.communes:
            self._named.setdefault(name_key(c.name), []).append((c.code, c.department))

    def commune(self, typed: str) -> tuple[str, str] | None:
        found = self._setting.by_code.get(typed.upper())
        if found:
            return found.code, found.department
        named = self._named.get(name_key(typed), [])
        return named[0] if len(named) == 1 else None

    def at(self, lon: float, lat: float) -> str:
        return ""


def _entry(row: Row) -> ReportEntry:
    """What an importer that follows COLUMNS makes of a row."""
    plain: dict[str, str] = {}
    person: dict[str, str] = {}
    selectors = []
    for header, field in COLUMNS.items():
        value = row[header]
        if field.startswith("selector:") and value:
            selectors.append(SelectorEntry(field.split(":")[1], value))
        elif field.startswith("person:"):
            person[field.split(":")[1]] = value
        elif ":" not in field:
            plain[field] = value
    lists = {name: tuple(w.strip() for w in plain.pop(name).split(",") if w.strip()) for name in ("products", "means")}
    named = any(person[n] for n in ("family", "given", "birth"))
    persons = (PersonEntry(**person),) if named else ()  # type: ignore[arg-type]
    return ReportEntry(**plain, **lists, persons=persons, selectors=tuple(selectors))  # type: ignore[arg-type]


def test_each_planted_error_is_found_and_no_other(sheet: Sheet, setting: Setting, world: World) -> None:
    known = Known(TODAY, TablePlaces(setting), {code: code for code in setting.products}, ("13",))
    found = {}
    with world.process("web"):
        for line, row in enumerate(sheet.rows, 2):
            wrong = faults(_entry(row), known, complete=True)
            if wrong:
                found[line] = {fault.field for fault in wrong}
    assert sorted(found) == [e.line for e in sheet.errors]
    for error in sheet.errors:
        assert error.field in found[error.line], (error, found[error.line])
