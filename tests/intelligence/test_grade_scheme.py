"""A grade in the other scheme (S-10): said by the form or by the mapping, kept with the draft, never read upwards."""

from typing import Any

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence import actions, queries
from recoupe.intelligence.importing import running
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Invalid
from tests.intelligence.made import entry
from tests.intelligence.test_import import HEADER, PLAIN_MAPPING, Opening, csv_file, handed_in, opened, row
from tests.web.intelligence.typed import deposited, text_of
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SP13")


def stored(report: Report) -> tuple[str, str, str]:
    """The grade as kept."""
    return report.grading, report.grade_original, report.grade_scheme


@pytest.mark.parametrize(
    ("letter", "digit", "scheme", "kept"),
    [
        ("B", "3", "6x6", ("B4", "B3", "6x6")),
        ("B", "3", "4x4", ("B3", "B3", "4x4")),
        ("B", "3", "", ("B3", "B3", "")),
        ("D", "2", "4x4", ("C3", "D2", "4x4")),
        # Half a grade is one too.
        ("", "2", "", ("X2", "2", "")),
        ("", "2", "6x6", ("X3", "2", "6x6")),
        ("A", "", "", ("A4", "A", "")),
        ("", "", "6x6", ("X4", "", "")),
    ],
)
def test_a_draft_is_deposited_with_the_grade_that_was_typed(
    world: World, author: TestAgent, letter: str, digit: str, scheme: str, kept: tuple[str, str, str]
) -> None:
    with world.acting(author) as by:
        typed = entry(source_grade=letter, info_grade=digit, grade_scheme=scheme)
        draft = actions.create_draft(by=by, entry=typed)
        assert stored(draft) == kept
        assert stored(actions.submit(by=by, report=queries.report(by, draft.id))) == kept
        assert stored(queries.report(by, draft.id)) == kept


def test_the_form_offers_the_scheme(world: World, author: TestAgent) -> None:
    client = world.client(author)
    made = deposited(client, source_grade="B", info_grade="3", grade_scheme="6x6")
    with world.acting(author) as by:
        assert stored(queries.report(by, made)) == ("B4", "B3", "6x6")
    assert '<option value="6x6" selected>' in text_of(client.get(f"/renseignements/{made}/corriger/"))


def test_a_mapping_names_the_scheme_of_its_file(world: World, author: TestAgent) -> None:
    head = world.agent(Role.UNIT_HEAD, "SP13")
    columns = {**PLAIN_MAPPING["columns"], "Nom": "grade"}
    mapping: dict[str, Any] = {**PLAIN_MAPPING, "columns": columns, "scheme": "6x6"}
    del columns["Prénom"], columns["Né le"]
    rows = [row(i, Réf=f"echelle-{i}", Nom=grade) for i, grade in enumerate(["B3", "E5"])]
    import_id = handed_in(world, author, csv_file(rows), mapping)
    opened(world, head, import_id)
    running.run(Opening(world, head), import_id)
    with world.acting(author):
        found = Report.objects.filter(import_id=import_id).order_by("external_ref")
        assert [stored(report) for report in found] == [("B4", "B3", "6x6"), ("C4", "E5", "6x6")]
    with pytest.raises(Invalid):
        FileMapping.from_json({"columns": {HEADER[0]: "external_ref"}, "scheme": "5x5"})
