"""What a file's refusals say: all of them are kept, each with its line, and none is counted twice."""

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence import actions
from recoupe.intelligence.actions.importing import REFUSALS_AT_ONCE
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.checking import Checked, RowRefusal
from recoupe.intelligence.importing.table import MAX_CELL, SENTENCE_CELL, SENTENCE_WIDE
from recoupe.intelligence.models import ImportFile
from recoupe.intelligence.reading import SENTENCE_FACT
from tests.intelligence.test_import import HEADER, PLAIN_MAPPING, Opening, csv_file, handed_in, opened, row, stored
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "SP13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "SP13")


def refused(world: World, who: TestAgent, content: bytes) -> list[tuple[int, str, str]]:
    """The refusals of a file."""
    import_id = handed_in(world, who, content)
    with world.acting(who) as by:
        return [(r.line, r.field, r.sentence) for r in queries.refusals(by, queries.import_file(by, import_id))]


def test_all_refusals_are_kept_and_counted_once(world: World, sender: TestAgent, head: TestAgent) -> None:
    refusals = [
        RowRefusal(line, field, SENTENCE_FACT, {})
        for line in range(2, REFUSALS_AT_ONCE + 4)
        for field in ("Faits", "Le")
    ]
    lines = len({one.line for one in refusals})
    with world.acting(sender) as by:
        handed = actions.upload_import(by=by, name="f.csv", content=csv_file([row(1)]), mapping=PLAIN_MAPPING)
        actions.check_import(by=by, import_file=handed, checked=Checked(lines + 1, refusals))
        kept = queries.refusals(by, handed)
    assert {(one.line, one.field) for one in kept} == {(one.line, one.field) for one in refusals}
    opened(world, head, handed.id, accept_valid=True)
    # Each block refuses its rows again, and now one more.
    again = [*refusals[-6:], RowRefusal(lines + 2, "Faits", SENTENCE_FACT, {})]
    with world.acting(head) as by:
        found = queries.import_file(by, handed.id)
        actions.import_block(by=by, import_file=found, rows=[], position=0, passed=3, refusals=again)
    assert stored(world, head, handed.id).rows_refused == lines + 1


@pytest.mark.parametrize("behind", ["", ";;"])
def test_a_row_wider_than_the_others_is_refused(world: World, sender: TestAgent, behind: str) -> None:
    texts = ["Vu.", "Revu.", "Vu ; revu.", "Vu de nuit."]
    rows = [";".join(row(i, Réf=f"large{len(behind)}-{i}", Faits=text)) + behind for i, text in enumerate(texts)]
    # The last columns are empty: shifted or not, nothing stands beyond the header.
    rows.append(";".join(row(4, Réf=f"large{len(behind)}-4", Faits="Un ; deux ; trois", Lon="5,3", Lat="43,3")))
    lines = [";".join(HEADER), *rows]
    assert refused(world, sender, "\r\n".join(lines).encode()) == [(4, "Lat", SENTENCE_WIDE), (6, "Lat", SENTENCE_WIDE)]


def test_a_cell_without_end_refuses_its_row_alone(world: World, sender: TestAgent) -> None:
    texts = ["Vu.", "x" * 140_000, "x" * (MAX_CELL + 1)]
    found = refused(world, sender, csv_file([row(i, Réf=f"long-{i}", Faits=text) for i, text in enumerate(texts)]))
    assert found == [(3, "Faits", SENTENCE_CELL), (4, "Faits", SENTENCE_CELL)]


def test_a_known_row_that_says_something_else_is_named(world: World, sender: TestAgent, head: TestAgent) -> None:
    def written(rows: list[list[str]]) -> ImportFile:
        import_id = handed_in(world, sender, csv_file(rows))
        opened(world, head, import_id)
        return running.run(Opening(world, head), import_id)

    rows = [row(i, Réf=f"autre-{i}" if i else "", Lon="5,37", Lat="43,296") for i in range(6)]
    assert written(rows).lines_differing == []
    assert written(rows).lines_differing == []
    changes = ({"Faits": "Vu autre chose."}, {"Tél": "06 39 98 55 44"}, {"Prénom": "Zoée"}, {"Lat": "43,297"})
    for i, change in enumerate(changes, 2):
        cells = dict(zip(HEADER, rows[i], strict=True))
        rows[i] = [{**cells, **change}[name] for name in HEADER]
    again = written(rows)
    assert (again.rows_written, again.rows_known, again.lines_differing) == (0, 6, [4, 5, 6, 7])
    shown = world.client(head).get(f"/imports/{again.id}/").content.decode()
    assert "(lignes 4, 5, 6, 7)" in shown
