"""Files on the real base: checked whole, opened by the head, written in blocks, taken up again, never twice."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.intelligence import actions
from recoupe.intelligence import queries as reports
from recoupe.intelligence.enums import ImportState, Lane, ReportState
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.models import ImportFile
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from tests.intelligence.made import entry
from tests.intelligence.test_tables import workbook
from tests.world import TestAgent, World

HEADER = ["Réf", "Le", "Faits", "Commune", "Tél", "Nom", "Prénom", "Né le", "Lon", "Lat"]
PLAIN_MAPPING: dict[str, Any] = {
    "columns": {
        "Réf": "external_ref",
        "Le": "event_from",
        "Faits": "fact_text",
        "Commune": "commune",
        "Tél": "selector.phone",
        "Nom": "person.family",
        "Prénom": "person.given",
        "Né le": "person.birth",
        "Lon": "lon",
        "Lat": "lat",
    },
    "constants": {"source_kind": "officer_observation", "handling": "H0", "person.category": "suspect"},
}


def row(i: int, **changes: str) -> list[str]:
    """The i-th row of a made file."""
    cells = {
        "Réf": f"PM-{i}",
        "Le": f"{i % 28 + 1:02}/0{i % 9 + 1}/2025",
        "Faits": f"Vente constatée devant le hall n° {i}, à la tombée de la nuit.",
        "Commune": "13055" if i % 2 else "Aix-en-Provence",
        "Tél": f"06 39 98 {i // 100 % 100:02} {i % 100:02}",
        "Nom": f"Inventé{i}",
        "Prénom": "Zoé",
        "Né le": "12/05/1988",
        "Lon": "",
        "Lat": "",
    }
    return [{**cells, **changes}[name] for name in HEADER]


def csv_file(rows: list[list[str]], encoding: str = "cp1252") -> bytes:
    """Rows as a spreadsheet program writes them in France."""
    lines = [";".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in [HEADER, *rows]]
    return "\r\n".join(lines).encode(encoding)


class Opening:
    """Opens transactions in the name of one agent, as a command or a job would."""

    def __init__(self, world: World, who: TestAgent) -> None:
        self.world, self.who = world, who

    def __call__(self) -> AbstractContextManager[Agent]:
        return self.world.acting(self.who)


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SP13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "SP13")


def handed_in(world: World, who: TestAgent, content: bytes, mapping: dict[str, Any] | None = None) -> UUID:
    """A file handed in and checked."""
    with world.acting(who) as by:
        handed = actions.upload_import(by=by, name="fichier.csv", content=content, mapping=mapping or PLAIN_MAPPING)
    running.check(Opening(world, who), handed.id)
    return handed.id


def opened(world: World, head: TestAgent, import_id: UUID, accept_valid: bool = False) -> None:
    """The head of the unit opens the file."""
    with world.acting(head) as by:
        actions.open_import(by=by, import_file=queries.import_file(by, import_id), accept_valid=accept_valid)


def count(world: World, import_id: UUID) -> int:
    """How many reports a file brought."""
    return int(world.sql("SELECT count(*) FROM intelligence_report WHERE import_id = %s", [import_id])[0][0])


def stored(world: World, who: TestAgent, import_id: UUID) -> ImportFile:
    """The file as it stands."""
    with world.acting(who) as by:
        return queries.import_file(by, import_id)


@pytest.mark.parametrize("kind", ["cp1252", "utf-8-sig", "xlsx"])
def test_a_file_is_checked_opened_and_written(world: World, sender: TestAgent, head: TestAgent, kind: str) -> None:
    rows = [row(i, Réf=f"{kind}-{i}", Faits=f"Fait {kind} n° {i} à l'été.") for i in range(30)]
    content = workbook([HEADER, *rows]) if kind == "xlsx" else csv_file(rows, kind)
    import_id = handed_in(world, sender, content)
    checked = stored(world, sender, import_id)
    assert (checked.state, checked.rows_total, checked.rows_valid, checked.rows_refused) == ("CHECKED", 30, 30, 0)
    assert count(world, import_id) == 0
    with world.acting(head) as by:
        assert import_id in [line.record_id for line in notices.waiting(by) if line.kind == "import_to_open"]
    opened(world, head, import_id)
    seen: list[running.Progress] = []
    done = running.run(Opening(world, head), import_id, seen.append)
    assert (done.state, done.rows_written, done.rows_known) == (ImportState.DONE, 30, 0)
    assert seen[-1].done == seen[-1].total == 30
    with world.acting(head) as by:
        made = queries.brought(by, [import_id])[import_id]
        assert {r.state for r in made} == {ReportState.SUBMITTED}
        assert {r.author_id for r in made} == {sender.id}
        assert {tuple(r.departments) for r in made} == {("13",)}
        assert all(r.ref and "Fait" in r.fact_text and "été" in r.fact_text for r in made)
    lanes = world.sql(
        "SELECT DISTINCT o.lane FROM intelligence_outbox o JOIN intelligence_report r ON r.id = o.report_id"
        " WHERE r.import_id = %s",
        [import_id],
    )
    assert lanes == [(Lane.BULK,)]
    assert world.sql("SELECT content FROM intelligence_importfile WHERE id = %s", [import_id]) == [(None,)]


def test_the_cell_reads_what_a_file_brought_and_is_told_once(world: World, sender: TestAgent, head: TestAgent) -> None:
    analyst = world.agent(Role.CROSS_ANALYST, "CROSS13")
    import_id = handed_in(world, sender, csv_file([row(i, Réf=f"cell-{i}") for i in range(12)]))
    opened(world, head, import_id)
    running.run(Opening(world, head), import_id)
    with world.acting(analyst) as by:
        assert len(queries.brought(by, [import_id])[import_id]) == 12
        told = [line for line in notices.waiting(by, limit=100) if line.record_id == import_id]
    assert [line.kind for line in told] == ["report_to_triage"]
    with world.acting(world.agent(Role.INVESTIGATOR, "SR59")) as by:
        assert queries.brought(by, [import_id])[import_id] == []
    with world.acting(analyst) as by:
        newest, *others = queries.brought(by, [import_id])[import_id]
        actions.triage(by=by, report=newest)
        left = queries.brought(by, [import_id], states=[ReportState.SUBMITTED])[import_id]
        assert [report.id for report in left] == [report.id for report in others]
        assert queries.brought(by, [import_id], 1, [ReportState.SUBMITTED])[import_id] == others[:1]
        waits = queries.to_triage(by, [import_id])[import_id]
        assert (waits.number, waits.urgent) == (len(others), False)
        assert (waits.report_id, waits.ref) in [(report.id, report.ref) for report in others]
    with world.acting(world.agent(Role.INVESTIGATOR, "SR59")) as by:
        assert queries.to_triage(by, [import_id]) == {}
    # Ways by which the planner would read all that the reader may, or the whole table, for one file.
    ((settings,),) = world.sql("SELECT proconfig FROM pg_proc WHERE oid = 'intelligence.brought'::regproc")
    assert {"enable_bitmapscan=off", "enable_seqscan=off"} <= set(settings)


BAD = [
    ({"Le": "31/02/2025"}, "Le", "calendrier"),
    ({"Le": "12/12/2090"}, "Le", "futur"),
    ({"Le": "01/01/0001"}, "Le", "1900"),
    ({"Le": ""}, "Le", "quand"),
    ({"Faits": ""}, "Faits", "fait"),
    ({"Faits": "x" * 10_001}, "Faits", "trop long"),
    ({"Faits": "sonnerie \x07"}, "Faits", "caractère"),
    ({"Commune": "Atlantide"}, "Commune", "Atlantide"),
    ({"Commune": "", "Lon": "200", "Lat": "43,3"}, "Lon", "Terre"),
    ({"Tél": "néant"}, "Tél", "utilisable"),
    ({"Né le": "12/05/2020"}, "person.category", "13 ans"),
    ({"Né le": "demain"}, "Né le", "illisible"),
]


def test_each_bad_row_is_reported_with_its_line_its_column_and_its_reason(
    world: World, sender: TestAgent, head: TestAgent
) -> None:
    """Forty bad rows among two hundred; nothing is written unless it is asked."""
    rows, planted = [], {}
    for i in range(200):
        changes: dict[str, str] = {}
        if i % 5 == 0:
            changes, column, words = BAD[(i // 5) % len(BAD)]
            planted[i + 2] = (column, words)
        rows.append(row(i, Réf=f"bad-{i}", **changes))
    import_id = handed_in(world, sender, csv_file(rows))
    found = stored(world, sender, import_id)
    assert (found.rows_total, found.rows_valid, found.rows_refused) == (200, 160, 40)
    with world.acting(sender) as by:
        refused = {r.line: r for r in queries.refusals(by, found)}
    assert set(refused) == set(planted)
    for line, (column, words) in planted.items():
        told = refused[line].sentence % refused[line].params if refused[line].params else refused[line].sentence
        assert words.lower() in told.lower(), (line, told)
        assert refused[line].field in (column, column.removeprefix("person.")), (line, refused[line].field)
    with world.acting(head) as by, pytest.raises(Conflict, match="40 lignes"):
        actions.open_import(by=by, import_file=found)
    with world.acting(head) as by, pytest.raises(Conflict):
        actions.finish_import(by=by, import_file=found)
    assert count(world, import_id) == 0
    opened(world, head, import_id, accept_valid=True)
    done = running.run(Opening(world, head), import_id)
    assert (done.rows_written, done.rows_refused, count(world, import_id)) == (160, 40, 160)
    with world.acting(sender) as by:
        assert len(queries.refusals(by, done)) == len(refused)


def test_a_judicial_row_is_refused_with_its_line_as_no_mapping_names_its_procedure(
    world: World, sender: TestAgent
) -> None:
    """Otherwise it would be a judicial report whose magistrate nobody knows (S-6)."""
    mapping = {**PLAIN_MAPPING, "columns": {**PLAIN_MAPPING["columns"], "Prénom": "frame"}}
    rows = [row(i, Réf=f"jud-{i}", Nom="", Prénom="judicial" if i == 1 else "administrative") for i in range(3)]
    import_id = handed_in(world, sender, csv_file(rows), mapping)
    found = stored(world, sender, import_id)
    assert (found.rows_total, found.rows_valid, found.rows_refused) == (3, 2, 1)
    with world.acting(sender) as by:
        (refused,) = queries.refusals(by, found)
    assert refused.line == 3
    assert "nomme sa procédure" in refused.sentence


def test_the_same_rows_again_change_nothing(world: World, sender: TestAgent, head: TestAgent) -> None:
    rows = [row(i, Réf=f"again-{i}" if i % 2 else "") for i in range(40)]
    first = handed_in(world, sender, csv_file([*rows, rows[0]]))
    opened(world, head, first)
    done = running.run(Opening(world, head), first)
    assert (done.rows_written, done.rows_known) == (40, 1), "a row twice in one file is one report"
    before = world.sql("SELECT count(*), max(created_at) FROM intelligence_report")
    for content in (csv_file(rows), workbook([HEADER, *reversed(rows)])):
        again = handed_in(world, sender, content)
        opened(world, head, again)
        done = running.run(Opening(world, head), again)
        assert (done.state, done.rows_written, done.rows_known) == (ImportState.DONE, 0, 40)
    assert world.sql("SELECT count(*), max(created_at) FROM intelligence_report") == before
    elsewhere, other_head = world.agent(Role.INVESTIGATOR, "SP59"), world.agent(Role.UNIT_HEAD, "SP59")
    import_id = handed_in(world, elsewhere, csv_file(rows))
    opened(world, other_head, import_id)
    assert running.run(Opening(world, other_head), import_id).rows_written == 40, "another unit's rows are its own"


def test_one_reference_with_two_contents_is_refused(world: World, sender: TestAgent) -> None:
    rows = [row(1, Réf="double"), row(2, Réf="double")]
    import_id = handed_in(world, sender, csv_file(rows))
    with world.acting(sender) as by:
        (refused,) = queries.refusals(by, queries.import_file(by, import_id))
    assert (refused.line, refused.field, refused.params) == (3, "Réf", {"line": 2})


def test_only_the_head_of_that_unit_opens_and_reads_the_file(world: World, sender: TestAgent, head: TestAgent) -> None:
    import_id = handed_in(world, sender, csv_file([row(1, Réf="seul")]))
    colleague = world.agent(Role.INVESTIGATOR, "SP13")
    other_head = world.agent(Role.UNIT_HEAD, "PJ13")
    with world.acting(sender) as by, pytest.raises(Refused):
        actions.open_import(by=by, import_file=queries.import_file(by, import_id))
    for who in (colleague, other_head):
        with world.acting(who) as by, pytest.raises(Absent):
            queries.import_file(by, import_id)
    with pytest.raises(Conflict):
        running.run(Opening(world, sender), import_id)
    with world.acting(head) as by:
        refused = actions.refuse_import(by=by, import_file=queries.import_file(by, import_id), reason="doublon")
    assert refused.state == ImportState.REFUSED
    assert count(world, import_id) == 0


@pytest.mark.parametrize(
    ("content", "words"), [(b"a;b\n1;2\n", "colonne"), (b"PK\x03\x04x", "classeur"), (b'"Le;x\n', "guillemet")]
)
def test_a_file_that_cannot_be_read_is_refused_with_its_sentence(
    world: World, sender: TestAgent, content: bytes, words: str
) -> None:
    import_id = handed_in(world, sender, content)
    with world.acting(sender) as by:
        found = queries.import_file(by, import_id)
        (refusal,) = queries.refusals(by, found)
    assert found.state == ImportState.REFUSED
    assert words in refusal.sentence


def test_a_wrong_mapping_is_refused_at_the_door(world: World, sender: TestAgent) -> None:
    with world.acting(sender) as by, pytest.raises(Invalid):
        actions.upload_import(by=by, name="x", content=b"a", mapping={"columns": {"a": "author_id"}})


def test_a_block_that_another_task_wrote_is_refused(world: World, sender: TestAgent, head: TestAgent) -> None:
    import_id = handed_in(world, sender, csv_file([row(i, Réf=f"twice-{i}") for i in range(5)]))
    opened(world, head, import_id)
    stale = stored(world, head, import_id)
    running.run(Opening(world, head), import_id)
    with world.acting(head) as by, pytest.raises(Conflict):
        actions.import_block(by=by, import_file=stale, rows=[], position=0, passed=5)
    assert count(world, import_id) == 5


def test_a_file_dates_what_it_says_and_submits_today(world: World, sender: TestAgent, head: TestAgent) -> None:
    mapping = {**PLAIN_MAPPING, "columns": {**PLAIN_MAPPING["columns"], "Prénom": "collected_at"}}
    import_id = handed_in(world, sender, csv_file([row(1, Réf="date", Prénom="05/02/2025")]), mapping)
    opened(world, head, import_id)
    running.run(Opening(world, head), import_id)
    with world.acting(head) as by:
        (line,) = queries.brought(by, [import_id])[import_id]
        made = reports.report(by, line.id)
    assert made.collected_at.date() == date(2025, 2, 5)
    assert made.submitted_at is not None
    assert made.submitted_at.date() == made.created_at.date() > date(2026, 1, 1)


RESUMED = """
import sys
import django
django.setup()
from uuid import UUID
from recoupe.access import context
from recoupe.config.roles import connected_to
from recoupe.config.settings import database_from_url
from recoupe.intelligence.importing import queries, running
url, token, import_id = sys.argv[1:]
with connected_to(database_from_url(url, pooled=False)):
    running.run(lambda: context.acting(token), UUID(import_id), lambda p: print(p.done, flush=True))
"""


def test_a_kill_in_the_middle_loses_and_doubles_nothing(
    world: World, sender: TestAgent, head: TestAgent, tmp_path: Path
) -> None:
    """kill -9 of the writing process after a block; the next one takes up where the last commit stands."""
    import_id = handed_in(world, sender, csv_file([row(i, Réf=f"kill-{i}") for i in range(2_600)]))
    opened(world, head, import_id)
    script = tmp_path / "resume.py"
    script.write_text(RESUMED)
    killed = 0
    for _ in range(3):
        command = [sys.executable, str(script), world.url("recoupe_app"), head.token, str(import_id)]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "recoupe.config.settings", "PYTHONPATH": str(Path.cwd())}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
            assert child.stdout is not None
            child.stdout.readline()
            child.kill()
            killed += 1
        found = stored(world, head, import_id)
        assert found.rows_done % 500 == 0 or found.rows_done == 2_600
        assert count(world, import_id) == found.rows_written == found.rows_done
    done = running.run(Opening(world, head), import_id)
    assert killed == 3
    assert (done.state, done.rows_written, count(world, import_id)) == (ImportState.DONE, 2_600, 2_600)
    of_file = "JOIN intelligence_report r ON r.id = x.report_id WHERE r.import_id = %s"
    selectors = f"SELECT count(*) FROM intelligence_selector x {of_file}"
    assert world.sql(selectors, [import_id]) == [(2_600,)]
    queued = f"SELECT count(DISTINCT x.report_id), count(*) FROM intelligence_outbox x {of_file}"
    assert world.sql(queued, [import_id]) == [(2_600, 2_600)]
    journaled = {ref for row in world.journal("collect") for ref in row[2] if ref.startswith("report:")}
    made = {f"report:{i}" for (i,) in world.sql("SELECT id FROM intelligence_report WHERE import_id = %s", [import_id])}
    assert made <= journaled
    assert max(len(row[2]) for row in world.journal("collect")) <= 100


def test_a_typed_report_does_not_wait_for_a_file(world: World, sender: TestAgent, head: TestAgent) -> None:
    """While a block is still open, an agent of the same unit deposits, and the express lane holds only his report."""
    world.sql("DELETE FROM intelligence_outbox")
    import_id = handed_in(world, sender, csv_file([row(i, Réf=f"lane-{i}") for i in range(20)]))
    opened(world, head, import_id)
    running.run(Opening(world, head), import_id)
    with world.acting(sender) as by:
        typed = actions.deposit(by=by, entry=entry())
    with world.process("matcher"):
        from_express = world.sql("SELECT report_id FROM intelligence_outbox WHERE lane = 'express'")
    assert from_express == [(typed.id,)]


def test_the_stored_mapping_reads_as_it_was_written() -> None:
    assert FileMapping.from_json(PLAIN_MAPPING).columns["Tél"].selector
