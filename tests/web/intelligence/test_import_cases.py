"""A judicial row by the page and by the worker: its procedure is read there too, and shown with the report."""

from datetime import date

import pytest

from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.web.intelligence import imports
from tests.web.test_intelligence_imports import as_file, file_id, handed, opened, run_job, text_of, written
from tests.world import World

MAPPING = """
[columns]
"Fait" = "fact_text"
"Date" = "event_from"
"Commune" = "commune"
"Procédure" = "case_number"
[constants]
source_kind = "officer_observation"
handling = "H0"
"""


@pytest.mark.parametrize("checked_by", ["page", "worker"])
def test_a_judicial_row_by_the_page_and_by_the_worker(
    world: World, monkeypatch: pytest.MonkeyPatch, checked_by: str
) -> None:
    sender, head = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.UNIT_HEAD, "PJ13")
    magistrate = world.agent(Role.PROSECUTOR, "TJ13")
    number = f"2026/{88 + len(checked_by)}"
    with world.acting(sender) as by:
        entry = CaseEntry(number, magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
        case = cases.open_case(by=by, entry=entry)
    if checked_by == "worker":
        monkeypatch.setattr(imports, "CHECKED_AT_ONCE", 0)
    client = world.client(sender)
    content = f"Fait;Date;Commune;Procédure\nSaisie {checked_by};12/03/2026;13055;{number}\n"
    file = file_id(handed(client, content, mapping="own", mapping_file=as_file(MAPPING.encode(), "m.toml")))
    if checked_by == "worker":
        run_job(world, file)
    assert "1 valables, 0 refusées" in text_of(client.get(f"/imports/{file}/"))
    assert opened(world.client(head), file).status_code == 302
    run_job(world, file)
    assert written(world, file) == 1
    ((report, named),) = world.sql("SELECT id, case_id FROM intelligence_report WHERE import_id = %s", [file])
    assert named == case.id
    assert number in text_of(client.get(f"/renseignements/{report}/"))
