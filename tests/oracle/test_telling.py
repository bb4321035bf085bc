"""Who is told of which pair, and who judges it (P-26, P-52): the tables against the oracle, both ways."""

import pytest

from tests.oracle import telling
from tests.oracle.harness.building import House
from tests.oracle.harness.matched import Moment
from tests.oracle.harness.said import Tally


@pytest.mark.parametrize("when", ["first", "later"])
def test_the_sides_told_and_the_judges_asked_are_those_of_the_oracle(told: House, when: str) -> None:
    """A side that learned of a silent record, one that was left out, a question put to the wrong cell: each differs."""
    found, tally = told.moments[when], Tally(f"telling_{when}")
    due = found.due()
    both = due.must | due.may
    tally.note(len(found.told | both), len(both), "sides")
    tally.note(len(found.judged.keys() | due.judges.keys()), len(due.judges), "judges")
    for one in found.told - both:
        tally.differs(one.side, f"side {one} {found.records[one.other]}", "P-52", "told", "not")
    for one in due.must - found.told:
        tally.differs(one.side, f"side {one} {found.records[one.other]}", "P-52", "not told", "told")
    for pair in found.judged.keys() | due.judges.keys():
        wanted = due.judges.get(pair) or due.may_judge.get(pair)
        if found.judged.get(pair) != wanted:
            tally.differs("", f"judge {sorted(pair)}", "P-26", found.judged.get(pair), wanted)
    tally.close(10, "côtés avertis et questions posées, comparés à l'oracle dans les deux sens")


def test_services_that_only_a_common_selector_joins_are_told_once(told: House) -> None:
    found = told.moments["first"]
    heard = {(found.records[one.record].unit, found.records[one.other].unit) for one in found.told}
    heard |= {
        (found.records[a].unit, found.records[b].unit)
        for pair in found.judged for a, b in (sorted(pair), sorted(pair, reverse=True))
    }  # fmt: skip
    assert found.due().services - heard == set()


def test_what_could_be_told_wrongly_is_there(told: House) -> None:
    """Pairs with a silent record, a silent unit, each line of H3, a judge, a pair that no cell reads both of."""
    first, later = told.moments["first"], told.moments["later"]
    seen = {why for m in (first, later) for pair in _pairs(m) for one in pair for why in _why(m, m.records[one])}
    assert seen == {"marked", "silent unit", "both", "holder_only", "nobody", "open"}
    assert first.judged
    assert {one.side for one in later.told} == {"asker", "holder"}
    # An act of the last day lets the records of one purpose say that they exist, and no more.
    assert {one.content for one in first.told} == {True}
    assert False in {one.content for one in later.told}


def test_cells_of_places_and_the_mark_of_a_minor_are_those_of_the_oracle(told: House) -> None:
    """The cells of a point and of an objective are those of its departments on the day it is written (P-27, P-28)."""
    found = told.moments["placed"]
    of = found.organisation.cells
    wrong = [
        (what, departments, cells)
        for what, departments, cells in found.placed
        if cells != {of[code] for code in departments if code in of}
    ]
    assert wrong == []
    assert {what.partition(" ")[0] for what, _, cells in found.placed if cells} == {
        "dealpoints_dealpoint", "coordination_objective",
    }  # fmt: skip
    persons = told.moments["later"].persons
    assert [row for row in persons if telling.minor(row[0], row[1]) != row[2]] == []
    assert {mark for _, _, mark in persons} == {True, False}


def _pairs(found: Moment) -> set[frozenset[str]]:
    """The records of two units that share a selector, one of them new."""
    return {frozenset({one.id, two.id}) for one, two in telling.meeting(found.records, found.new)}


def _why(found: Moment, record: telling.Record) -> set[str]:
    of = found.organisation
    said = {telling.codes(record)[1]} - {""}
    if record.silent_until is not None:
        said.add("marked")
    if of.units[record.unit].silent:
        said.add("silent unit")
    return said or {"open"}
