"""A judicial row names a procedure of its own unit; of any other it learns nothing, not even that it exists."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.cases.models import Case
from recoupe.cases.naming import SENTENCE_NONE, OwnCases
from recoupe.cases.rules import SENTENCE_NUMBER
from recoupe.intelligence import actions
from recoupe.intelligence.enums import ImportState
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.procedures import SENTENCE_NOT_HERE, SENTENCE_NUMBERLESS, SENTENCE_TWO_FRAMES
from recoupe.intelligence.reading import SENTENCE_CASE, SENTENCE_FACT
from tests.intelligence.test_import import Opening, opened
from tests.world import TestAgent, World

HEADER = ["Fait", "Date", "Commune", "Cadre", "Procédure", "Juridiction"]
MAPPING: dict[str, Any] = {
    "columns": {
        "Fait": "fact_text",
        "Date": "event_from",
        "Commune": "commune",
        "Cadre": "frame",
        "Procédure": "case_number",
        "Juridiction": "case_court",
    },
    "constants": {"source_kind": "officer_observation", "handling": "H0"},
    "values": {"frame": {"judiciaire": "judicial", "administratif": "administrative"}},
}


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SP13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "SP13")


@pytest.fixture(scope="module")
def prosecutor(world: World) -> TestAgent:
    return world.agent(Role.PROSECUTOR, "TJ13")


def procedure(world: World, who: TestAgent, magistrate: TestAgent, number: str) -> Case:
    """An open procedure of this agent's unit."""
    entry = CaseEntry(number, magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
    with world.acting(who) as by:
        return cases.open_case(by=by, entry=entry)


@pytest.fixture(scope="module")
def own(world: World, sender: TestAgent, prosecutor: TestAgent) -> Case:
    return procedure(world, sender, prosecutor, "2026/7701")


@pytest.fixture(scope="module")
def court(world: World) -> str:
    return str(world.sql("SELECT name FROM reference_unit WHERE code = 'TJ13'")[0][0])


def handed_in(world: World, who: TestAgent, rows: list[list[str]], mapping: dict[str, Any] | None = None) -> UUID:
    """A file handed in and checked, as the page does it."""
    content = "\r\n".join(";".join(cells) for cells in [HEADER, *rows]).encode()
    with world.acting(who) as by:
        made = actions.upload_import(by=by, name="procédures.csv", content=content, mapping=mapping or MAPPING)
    running.check(Opening(world, who), made.id, naming=OwnCases)
    return made.id


def row(mark: str, frame: str, number: str, court: str = "") -> list[str]:
    return [f"Saisie de résine, {mark}.", "12/03/2026", "13055", frame, number, court]


def refused(world: World, who: TestAgent, import_id: UUID) -> list[tuple[int, str, str]]:
    """Line, column and sentence of each refused row."""
    with world.acting(who) as by:
        found = queries.refusals(by, queries.import_file(by, import_id))
    return [(r.line, r.field, r.sentence) for r in found]


def test_a_row_is_written_under_the_procedure_that_it_names(
    world: World, sender: TestAgent, head: TestAgent, own: Case, court: str
) -> None:
    rows = [
        row("par son numéro", "judiciaire", "2026/7701"),
        row("écrite autrement", "judiciaire", "PV n° 2026 / 7701", court.upper()),
        row("par le code", "", "2026/7701", "tj13"),
        row("sans procédure", "administratif", ""),
        row("sans rien", "", "", court),
    ]
    import_id = handed_in(world, sender, rows)
    assert refused(world, sender, import_id) == []
    opened(world, head, import_id)
    done = running.run(Opening(world, head), import_id, naming=OwnCases)
    assert (done.state, done.rows_written) == (ImportState.DONE, 5)
    found = dict(world.sql("SELECT fact_text, case_id FROM intelligence_report WHERE import_id = %s", [import_id]))
    judicial = {text for text, case in found.items() if case == own.id}
    assert judicial == {rows[0][0], rows[1][0], rows[2][0]}
    frames = world.sql(
        "SELECT frame, count(*) FROM intelligence_report WHERE import_id = %s GROUP BY 1 ORDER BY 1", [import_id]
    )
    assert frames == [("administrative", 2), ("judicial", 3)]


def test_what_cannot_be_told_is_refused_alike_for_hidden_closed_and_absent(
    world: World, sender: TestAgent, head: TestAgent, prosecutor: TestAgent, own: Case
) -> None:
    stranger = world.agent(Role.INVESTIGATOR, "PJ13")
    procedure(world, stranger, prosecutor, "2026/7702")
    closed = procedure(world, sender, prosecutor, "2026/7703")
    with world.acting(sender) as by:
        cases.close_case(by=by, case=closed, closed_on=date(2026, 4, 1))
    rows = [
        row("d'un autre service", "judiciaire", "2026/7702"),
        row("absente", "judiciaire", "2026/7799"),
        row("close", "judiciaire", "2026/7703"),
        row("ailleurs", "judiciaire", "2026/7701", "TJ59"),
        row("illisible", "judiciaire", "sept"),
        row("sans numéro", "judiciaire", ""),
        row("sans numéro, avec juridiction", "judiciaire", "", "TJ13"),
        row("deux cadres", "administratif", "2026/7701"),
        ["", "12/03/2026", "13055", "judiciaire", "2026/7799", ""],
    ]
    number = "Procédure"
    assert refused(world, sender, handed_in(world, sender, rows)) == [
        *((line, number, SENTENCE_NONE) for line in (2, 3, 4, 5)),
        (6, number, SENTENCE_NUMBER),
        (7, number, SENTENCE_CASE),
        (8, number, SENTENCE_NUMBERLESS),
        (9, "Cadre", SENTENCE_TWO_FRAMES),
        (10, "Fait", SENTENCE_FACT),
        (10, number, SENTENCE_NONE),
    ]


def test_a_procedure_closed_before_the_file_is_written_stops_its_rows(
    world: World, sender: TestAgent, head: TestAgent, prosecutor: TestAgent
) -> None:
    later = procedure(world, sender, prosecutor, "2026/7704")
    import_id = handed_in(world, sender, [row("close entre-temps", "judiciaire", "2026/7704"), row("autre", "", "")])
    opened(world, head, import_id)
    with world.acting(sender) as by:
        cases.close_case(by=by, case=later, closed_on=date(2026, 4, 1))
    done = running.run(Opening(world, head), import_id, naming=OwnCases)
    assert (done.rows_written, done.rows_refused) == (1, 1)
    assert refused(world, sender, import_id) == [(2, "Procédure", SENTENCE_NONE)]


def test_one_procedure_for_a_whole_file_and_none_where_nobody_hands_any_in(
    world: World, sender: TestAgent, own: Case
) -> None:
    constants = {**MAPPING["constants"], "case_number": "2026/7701", "case_court": "TJ13"}
    columns = {name: field for name, field in MAPPING["columns"].items() if not field.startswith("case_")}
    mapping = {**MAPPING, "columns": columns, "constants": constants}
    assert refused(world, sender, handed_in(world, sender, [row("toutes", "", "")], mapping)) == []
    with world.acting(sender) as by:
        content = ";".join(HEADER) + "\n" + ";".join(row("sans porte", "", "2026/7701"))
        made = actions.upload_import(by=by, name="procédures.csv", content=content.encode(), mapping=MAPPING)
    running.check(Opening(world, sender), made.id)
    assert refused(world, sender, made.id)[0] == (2, "Procédure", SENTENCE_NOT_HERE)
