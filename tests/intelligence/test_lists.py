"""Lists: a filter reads on until enough pass, in order, and never past what the agent may read."""

from uuid import uuid4

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence import actions, queries
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.models import Report
from recoupe.intelligence.queries import Filters, Search
from tests.intelligence.made import entry, person
from tests.world import TestAgent, World


def deposited(world: World, who: TestAgent, **changes: object) -> Report:
    """One report of this agent."""
    with world.acting(who) as by:
        return actions.deposit(by=by, entry=entry(**changes))


@pytest.mark.parametrize(("first_step", "further"), [(1, 1), (2, 3), (100, 300)])
def test_a_filter_reads_on_until_enough_pass(
    world: World, monkeypatch: pytest.MonkeyPatch, first_step: int, further: int
) -> None:
    monkeypatch.setattr(queries, "MOST", first_step)
    monkeypatch.setattr(queries, "FURTHER", further)
    writer = world.agent(Role.INVESTIGATOR, "PJ13")
    made = [deposited(world, writer, urgency=urgent).id for urgent in (True, False, True, False, False, True)]
    urgent = [made[5], made[2], made[0]]
    unit = Filters(urgent=True, own_unit=True)
    with world.acting(writer) as by:
        first = queries.recent(by, limit=2, filters=unit)
        assert [report.id for report in first.reports] == urgent[:2]
        assert first.next
        second = queries.recent(by, first.next, limit=1, filters=unit)
        assert [report.id for report in second.reports] == urgent[2:]


def test_a_filter_that_reads_far_enough_says_where_to_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MOST", 1), ("FURTHER", 1), ("SCANNED", 2)):
        monkeypatch.setattr(queries, name, value)
    writer = world.agent(Role.INVESTIGATOR, "PJ13")
    wanted = deposited(world, writer, urgency=True).id
    for _ in range(2):
        deposited(world, writer, urgency=False)
    with world.acting(writer) as by:
        short = queries.recent(by, limit=2, filters=Filters(urgent=True))
        assert (short.reports, short.next is None) == ([], False)
        assert queries.recent(by, short.next, limit=2, filters=Filters(urgent=True)).reports[0].id == wanted


def test_reports_asked_for_by_id_are_those_that_the_agent_reads(world: World) -> None:
    writer, stranger = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.INVESTIGATOR, "DED59")
    ids = [deposited(world, writer).id for _ in range(2)]
    with world.acting(writer):
        assert set(Report.objects.by_id([*ids, uuid4()])) == set(ids)
        assert set(Report.objects.in_bulk(ids)) == set(ids)
    with world.acting(stranger):
        assert Report.objects.by_id(ids) == {}


def test_a_draft_is_found_by_no_search_and_no_hint_not_even_by_its_author(world: World) -> None:
    """What was not deposited meets nothing; a masked name is hinted at to nobody either."""
    writer, neighbour = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.OFAST_ANALYST, "OFAST")
    held = entry(selectors=(SelectorEntry("phone", "06 39 98 77 01"),), persons=(person(family="Brouillon-Test"),))
    with world.acting(writer) as by:
        draft = actions.create_draft(by=by, entry=held)
    pairs = [("phone", "+33639987701"), *(("person", key) for (key,) in world.sql(
        "SELECT key FROM intelligence_person WHERE report_id = %s", [draft.id]))]  # fmt: skip
    asked = [Search(ref=draft.ref or ""), Search(kind="phone", selector="0639987701"),
             Search(kind="person", selector="Brouillon-Test")]  # fmt: skip

    def told(who: TestAgent) -> tuple[list[list[str]], set[str]]:
        with world.acting(who) as by:
            hinted = {holding.kind for holding in queries.known(by, pairs)}
            return [[str(report.ref) for report in queries.search(by, one)] for one in asked], hinted

    assert told(writer) == ([[], [], []], set())
    shown = str(deposited(world, writer, selectors=held.selectors, persons=held.persons).ref)
    assert told(writer) == ([[], [shown], [shown]], {"phone", "person"})
    masked = (person(family="Brouillon-Test", category="witness"),)
    hidden = deposited(world, writer, commune="84007", selectors=(), persons=masked).ref
    assert told(neighbour)[0] == [[], [shown], [shown]]
    with world.acting(neighbour) as by:
        assert hidden not in {h.ref for h in queries.known(by, pairs)}


def test_nothing_is_asked_for_no_id(world: World) -> None:
    # No connection at all: an empty list is answered without one.
    assert Report.objects.by_id([]) == {}
