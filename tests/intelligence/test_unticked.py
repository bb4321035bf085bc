"""Identifiers that an analyst unticks: the author still reads them, the cross-check no more (S-2)."""

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence import actions, queries
from recoupe.intelligence.entry import SelectorEntry
from tests.intelligence.made import entry
from tests.intelligence.test_working import deposited, taken
from tests.world import TestAgent, World


@pytest.fixture(scope="module")
def author(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def analyst(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


def test_what_the_analyst_unticks_is_compared_no_more(world: World, author: TestAgent, analyst: TestAgent) -> None:
    def compared() -> set[str]:
        return {value for one in taken(world) if one.record_id == made.id for _, value, _ in one.selectors}

    both = (SelectorEntry("phone", "06 39 98 12 34"), SelectorEntry("plate", "AB-124-CD"))
    made = deposited(world, author, selectors=both)
    assert compared() == {"+33639981234", "AB124CD"}
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        actions.grade(by=by, report=made, source="B", info="3")
        plate = [s.id for s in queries.selectors(by, made) if s.kind == "plate"]
        actions.confirm_selectors(by=by, report=made, confirmed=plate)
    assert compared() == {"AB124CD"}
    with world.acting(author) as by:
        more = entry(selectors=(*both, SelectorEntry("imei", "490154203237518")))
        actions.correct(by=by, report=queries.report(by, made.id), entry=more, reason="un numéro de plus")
    assert compared() == {"AB124CD", "490154203237518"}, "what is new is compared, what was set aside stays so"
    with world.acting(analyst) as by:
        actions.grade(by=by, report=queries.report(by, made.id), source="B", info="3")
        actions.confirm_selectors(by=by, report=queries.report(by, made.id))
    assert compared() == {"+33639981234", "AB124CD", "490154203237518"}
