"""A file of the ledger: entered whole, or not at all with a sentence for each line that is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.kernel.refusal import Invalid, Refused
from recoupe.operations.presence import lots, queries
from tests.world import TestAgent, World

HEADER = "patrouille;commune;point;jour;de;a;effectif;controles;afd;autres_faits;affectation"
DAY = (timezone.localdate() - timedelta(days=9)).strftime("%d/%m/%Y")


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def line(**changes: str) -> str:
    """A line of the file, of a patrol of its own."""
    known = {
        "patrouille": f"BAC {uuid4().hex[:8]}", "commune": "Marseille (13)", "point": "", "jour": DAY, "de": "22:00",
        "a": "02:00", "effectif": "2", "controles": "7", "afd": "1", "autres_faits": "", "affectation": "random",
    }  # fmt: skip
    return ";".join((known | changes).values())


def file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def lines_held(world: World) -> int:
    return int(world.sql("SELECT count(*) FROM operations_presence")[0][0])


def test_a_file_enters_whole(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        lot = lots.enter(by=agent, content=file(line(), "", line(commune="INSEE 13001", de="8h", a="12h", afd="")))
        assert lot.wrong == []
        assert [(made.commune_code, made.fines, made.hours) for made in lot.made] == [("13055", 1, 8), ("13001", 0, 8)]
        assert all(queries.line(agent, made.line) for made in lot.made)


def test_one_wrong_line_keeps_all_out_and_each_is_told_by_its_number(world: World, police: TestAgent) -> None:
    before, twice = lines_held(world), f"BAC {uuid4().hex[:8]}"
    content = file(
        line(), line(patrouille=twice), line(patrouille=twice, de="23:00", a="01:00"), line(a="25:00"),
        line(controles="-3"), line(jour="31/02/2026"), line(commune="Lille (59)"), line(commune="Nulleville"),
        line(affectation="flair"), line(effectif=""), line(jour="01/01/2099"), line(a="21:00"),
    )  # fmt: skip
    with world.acting(police) as agent:
        lot = lots.enter(by=agent, content=content)
    assert lot.made == []
    assert [(one.line, one.refusal.field) for one in lot.wrong] == [
        (4, "since"), (5, "until"), (6, "controls"), (7, "day"), (8, "commune"), (9, "commune"), (10, "allocation"),
        (11, "staff"), (12, "day"), (13, "until"),
    ]  # fmt: skip
    assert all(str(one.refusal) for one in lot.wrong)
    assert lines_held(world) == before


def test_the_same_file_twice_enters_nothing_twice(world: World, police: TestAgent) -> None:
    content = file(line(), line())
    with world.acting(police) as agent:
        assert len(lots.enter(by=agent, content=content).made) == 2
        assert [one.line for one in lots.enter(by=agent, content=content).wrong] == [2, 3]


@pytest.mark.parametrize(
    "content",
    [b"", HEADER.encode(), b"patrouille;commune\nBAC 3;Marseille\n", b"\x00\x01\x02", b"PK\x03\x04 no workbook",
     file(*["x"] * (lots.MOST + 1))],
)  # fmt: skip
def test_what_is_no_such_file_is_a_sentence(world: World, police: TestAgent, content: bytes) -> None:
    with world.acting(police) as agent, pytest.raises(Invalid) as refused:
        lots.enter(by=agent, content=content)
    assert refused.value.field == "file"


def test_whoever_keeps_no_ledger_hands_in_no_file(world: World) -> None:
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")) as agent, pytest.raises(Refused):
        lots.enter(by=agent, content=file(line()))
