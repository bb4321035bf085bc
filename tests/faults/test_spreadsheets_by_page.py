"""The same 3,000 rows by the page: its form takes each file, its refusals name the 40, the worker writes the others."""

import csv
import io

import pytest

from recoupe.access.enums import Role
from tests.faults.desk import MAPPING, SHEETS
from tests.faults.test_spreadsheets import PLANTED, WANTED
from tests.web.test_intelligence_imports import as_file, file_id, opened, run_job, text_of, written
from tests.world import World

pytestmark = pytest.mark.slow


# The workbook has a unit of its own, which holds nothing of it yet: its rows are written, not known again.
@pytest.mark.parametrize(("name", "unit"), [("fiches.csv", "SP13"), ("fiches.xlsx", "PJ13")])
def test_a_file_handed_in_by_the_form_is_refused_row_by_row_and_then_written(
    world: World, name: str, unit: str
) -> None:
    client, chief = world.client(world.agent(Role.INVESTIGATOR, unit)), world.client(world.agent(Role.UNIT_HEAD, unit))
    handed = {
        "file": as_file((SHEETS / name).read_bytes(), name),
        "mapping": "own",
        "mapping_file": as_file(MAPPING.read_bytes(), "mapping.json"),
    }
    file = file_id(client.post("/imports/nouveau/", handed))
    state = world.sql("SELECT state FROM intelligence_importfile WHERE id = %s", [file])
    # A file of more than a megabyte is checked by the worker, a smaller one at once.
    assert state == [("UPLOADED" if (SHEETS / name).stat().st_size > 1_000_000 else "CHECKED",)]
    if state == [("UPLOADED",)]:
        run_job(world, file)
    page = text_of(chief.get(f"/imports/{file}/")).replace("\u202f", " ").replace("\u00a0", " ")
    assert "2960 valables, 40 refusées" in page.replace("2 960", "2960"), page[:200]
    told = text_of(chief.get(f"/imports/{file}/refus.csv")).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(told), delimiter=";"))
    assert {(int(row["ligne"]), row["colonne"]) for row in rows} == WANTED
    assert len({row["ligne"] for row in rows}) == len(PLANTED) == 40
    assert all(row["motif"] for row in rows)
    shown = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert all(str(error["line"]) in shown for error in PLANTED), "the page shows them all"
    assert written(world, file) == 0
    assert opened(chief, file).status_code == 409, "with refused rows nothing is written unasked"
    assert opened(chief, file, accept_valid="on").status_code == 302
    run_job(world, file)
    assert written(world, file) == 2_960
    assert world.sql(
        "SELECT count(DISTINCT external_ref), count(*) FILTER (WHERE fact_text = '') FROM intelligence_report"
        " WHERE import_id = %s",
        [file],
    ) == [(2_960, 0)]
