"""What each reader's screens get: one line a hit, reasons for whoever reads both records, nothing for the others."""

from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import queries
from recoupe.crosscheck.enums import ContactState
from recoupe.kernel.refusal import Absent
from recoupe.kernel.selectors import SelectorKind, Strength
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


@pytest.fixture
def analyst(scene: Scene) -> TestAgent:
    return scene.who(Role.CROSS_ANALYST, "CROSS13")


def meet(scene: Scene, holder: TestAgent, asker: TestAgent, phone: str = "") -> tuple[UUID, UUID]:
    number = phone or new_phone()
    held = scene.enter(holder, phone=number)
    asked = scene.enter(asker, phone=number)
    scene.pull()
    return held, asked


def test_the_cell_that_reads_both_has_one_line_with_its_twin_and_the_reasons(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    phone = new_phone()
    held, asked = meet(scene, customs, police, phone)
    with scene.world.acting(analyst) as agent:
        lines = [line for line in queries.hits(agent, limit=100) if line.side.record_id in (held, asked)]
        assert len(lines) == 1
        assert lines[0].twin is not None
        assert {lines[0].side.record_id, lines[0].twin.record_id} == {held, asked}
        page = queries.hit_side(agent, lines[0].side.id)
        assert [(r.kind, r.strength) for r in page.reasons] == [(SelectorKind.PHONE, Strength.CERTAIN)]
        assert page.reasons[0].first == phone
        assert (page.may_speak, page.may_hold) == (False, False)


def test_a_side_gets_no_reason_and_no_twin(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    _, asked = meet(scene, customs, police)
    with scene.world.acting(police) as agent:
        (line,) = queries.hits_of_record(agent, "report", asked)
        assert (line.twin, line.contact) == (None, ContactState.AVAILABLE)
        page = queries.hit_side(agent, line.side.id)
        assert (page.reasons, page.twin, page.may_speak, page.may_hold) == ([], None, True, True)


def test_reasons_are_for_who_reads_both_records_even_when_both_sides_are_seen(
    scene: Scene, police: TestAgent, analyst: TestAgent
) -> None:
    """A cell that answers for a unit sees its side; where it cannot read the record it gets no reason."""
    holder = scene.who(Role.INVESTIGATOR, "SP13")
    phone = new_phone()
    held = scene.enter(holder, phone=phone, handling="H3", h3_line="both", handling_conditions="à voir avec nous")
    asked = scene.enter(police, phone=phone)
    scene.pull()
    scene.as_superuser(
        f"UPDATE intelligence_report SET readers = '{{}}' WHERE id = '{held}'",
    )
    with scene.world.acting(analyst) as agent:
        (line,) = queries.hits_of_record(agent, "report", asked)
        assert line.twin is not None
        assert queries.hit_side(agent, line.side.id).reasons == []


def test_another_service_finds_nothing_under_the_identifier(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = meet(scene, customs, police)
    side = scene.side(police, asked)
    for stranger in (customs, scene.who(Role.INVESTIGATOR, "PJ69"), scene.who(Role.PROSECUTOR, "TJ13")):
        with scene.world.acting(stranger) as agent:
            with pytest.raises(Absent):
                queries.hit_side(agent, side.id)
            assert queries.hits_of_record(agent, "report", asked) == []
    assert scene.side(customs, held).id != side.id


def test_pages_of_hits_have_neither_gap_nor_double(scene: Scene, police: TestAgent) -> None:
    reader = scene.who(Role.DUTY_OFFICER, "SR84")
    holder = scene.who(Role.INVESTIGATOR, "SR84")
    asked = [meet(scene, holder, police)[0] for _ in range(5)]
    seen: list[UUID] = []
    with scene.world.acting(reader) as agent:
        page = queries.hits(agent, limit=2)
        while page:
            seen += [line.side.record_id for line in page]
            page = queries.hits(agent, before=page[-1].cursor, limit=2)
    assert seen == list(reversed(asked))
