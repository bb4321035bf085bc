"""The ledger of presence: own lines alone, no silent change, sums for cells and the office, a hatch for everybody."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.operations import permissions
from recoupe.operations.presence import actions, queries
from recoupe.operations.presence.enums import Allocation, LineState
from recoupe.operations.presence.models import Presence
from tests.operations.made import LILLE, patrol
from tests.world import TestAgent, World

TODAY = timezone.localdate()
AIX = "13001"


@pytest.fixture
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


def name() -> str:
    """A patrol that no other test has written of."""
    return f"BAC {uuid4().hex[:8]}"


def test_a_line_is_read_by_its_unit_alone(world: World, police: TestAgent) -> None:
    colleague, others = world.agent(Role.UNIT_HEAD, "PJ13"), [
        world.agent(role, unit) for role, unit in (
            (Role.INVESTIGATOR, "DED13"), (Role.CROSS_ANALYST, "CROSS13"), (Role.OFAST_ANALYST, "OFAST"),
            (Role.PROSECUTOR, "TJ13"), (Role.DUTY_OFFICER, "PJ13"),
        )
    ]  # fmt: skip
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=name()))
    with world.acting(colleague) as agent:
        assert queries.line(agent, made.line) == [made]
        assert made in queries.page(agent).rows
        assert (made.hours, made.zone, made.department) == (8, "Europe/Paris", "13")
    for other in others:
        with world.acting(other) as agent:
            assert made not in queries.page(agent).rows
            with pytest.raises(Absent):
                queries.line(agent, made.line)


def test_who_writes_and_who_corrects(world: World, police: TestAgent) -> None:
    for role, unit in ((Role.CROSS_ANALYST, "CROSS13"), (Role.PROSECUTOR, "TJ13"), (Role.DUTY_OFFICER, "PJ13")):
        with world.acting(world.agent(role, unit)) as agent, pytest.raises(Refused):
            actions.enter(by=agent, entry=patrol())
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=name()))
    with world.acting(world.agent(Role.INVESTIGATOR, "DED13")) as agent, pytest.raises(Absent):
        actions.withdraw(by=agent, line=made.line, reason="erreur", step=1)


def test_the_rule_alone_refuses_who_has_the_row_in_hand(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=name()))
        assert permissions.can_correct(agent, made)
    for role, unit in ((Role.UNIT_HEAD, "DED13"), (Role.DUTY_OFFICER, "PJ13"), (Role.CROSS_HEAD, "CROSS13")):
        with world.acting(world.agent(role, unit)) as agent, pytest.raises(Refused):
            permissions.check_correct(agent, made)
    made.state = LineState.WITHDRAWN
    with world.acting(police) as agent, pytest.raises(Conflict):
        permissions.check_correct(agent, made)


def test_sent_twice_it_is_one_line(world: World, police: TestAgent) -> None:
    key, entry = uuid4(), patrol(patrol=name())
    with world.acting(police) as agent:
        assert actions.enter(by=agent, entry=entry, key=key) == actions.enter(by=agent, entry=entry, key=key)


def test_a_correction_keeps_what_was_said_and_says_why(world: World, police: TestAgent) -> None:
    who = name()
    with world.acting(police) as agent:
        line = actions.enter(by=agent, entry=patrol(patrol=who)).line
        better = actions.correct(by=agent, line=line, entry=patrol(patrol=who, fines=4), reason="une oubliée", step=1)
        assert (better.step, better.fines, better.reason) == (2, 4, "une oubliée")
        assert [step.fines for step in queries.line(agent, better.id)] == [3, 4]
        assert [row.fines for row in queries.standing(agent).filter(line=line)] == [4]
        # The same again changes nothing; without a motive, or of a step that is no more the last, it is refused.
        again = actions.correct(by=agent, line=line, entry=patrol(patrol=who, fines=4), reason="bis", step=2)
        assert again.step == 2
        with pytest.raises(Invalid) as blank:
            actions.correct(by=agent, line=line, entry=patrol(patrol=who, fines=5), reason=" ", step=2)
        assert blank.value.field == "reason"
        with pytest.raises(Conflict):
            actions.correct(by=agent, line=line, entry=patrol(patrol=who, fines=5), reason="trop tard", step=1)
        gone = actions.withdraw(by=agent, line=line, reason="autre patrouille", step=2)
        assert gone.state == LineState.WITHDRAWN
        assert not queries.standing(agent).filter(line=line).exists()
        with pytest.raises(Conflict):
            actions.withdraw(by=agent, line=line, reason="encore", step=3)
    assert world.sql("SELECT count(*) FROM operations_presence WHERE line = %s", [line]) == [(3,)]


def test_no_hand_changes_a_step(world: World, police: TestAgent) -> None:
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=name()))
        rows = Presence.objects.filter(id=made.id)
        for change in (lambda: rows.update(fines=0), rows.delete):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                change()
        # Nor is a step written out of turn, or after the end.
        made.pk, made.step, made.reason = uuid4(), 3, "x"
        with pytest.raises(Exception, match="goes on from its last step"), transaction.atomic():
            made.save(force_insert=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": TODAY + timedelta(days=1)}, "day"),
        ({"since": time(8), "until": time(8)}, "until"),
        ({"since": time(8), "until": time(7)}, "until"),
        ({"commune": LILLE}, "commune"),
        ({"commune": "00000"}, "commune"),
        ({"commune": ""}, "commune"),
        ({"point": "PJ13-26-ZZZZZZ"}, "point"),
        ({"controls": -1}, "controls"),
        ({"fines": -2}, "fines"),
        ({"staff": 0}, "staff"),
        ({"staff": 501}, "staff"),
        ({"allocation": "flair"}, "allocation"),
        ({"patrol": " "}, "patrol"),
    ],
)
def test_bad_input_is_a_sentence(world: World, police: TestAgent, changes: dict[str, Any], field: str) -> None:
    before = world.sql("SELECT count(*) FROM operations_presence")
    with world.acting(police) as agent, pytest.raises(Invalid) as refused:
        actions.enter(by=agent, entry=patrol(**({"patrol": name()} | changes)))
    assert refused.value.field == field
    assert world.sql("SELECT count(*) FROM operations_presence") == before


def test_a_patrol_is_at_one_place_at_a_time(world: World, police: TestAgent) -> None:
    who = name()
    with world.acting(police) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=who))
        for since, until in ((time(1), time(3)), (time(21), time(23)), (time(23), time(0, 30))):
            day = made.day + timedelta(days=since == time(1))
            with pytest.raises(Invalid) as refused:
                actions.enter(by=agent, entry=patrol(patrol=who.lower(), day=day, since=since, until=until))
            assert who in str(refused.value)
        # It goes on elsewhere when it leaves; another one is elsewhere meanwhile; a line does not stand in its own way.
        actions.enter(
            by=agent,
            entry=patrol(patrol=who, commune=AIX, since=time(2), until=time(4), day=made.day + timedelta(days=1)),
        )
        actions.enter(by=agent, entry=patrol(patrol=name()))
        actions.correct(by=agent, line=made.line, entry=patrol(patrol=who, since=time(21)), reason="relève", step=1)
    with world.acting(world.agent(Role.INVESTIGATOR, "DED13")) as agent:
        actions.enter(by=agent, entry=patrol(patrol=who))


def test_overseas_the_clock_is_that_of_the_place(world: World) -> None:
    with world.acting(world.agent(Role.INVESTIGATOR, "ANT973")) as agent:
        made = actions.enter(by=agent, entry=patrol(patrol=name(), commune="97302"))
        assert (made.zone, made.starts_at.hour) == ("America/Cayenne", 1)


def test_cells_and_the_office_read_sums_of_every_unit_and_no_line(world: World, police: TestAgent) -> None:
    month = (TODAY.replace(day=1) - timedelta(days=40)).replace(day=5)
    customs = world.agent(Role.INVESTIGATOR, "DED13")
    told = (world.agent(Role.CROSS_ANALYST, "CROSS13"), world.agent(Role.OFAST_ANALYST, "OFAST"))
    with world.acting(told[0]) as agent:
        before = queries.effort(agent, "13", month, month).get(AIX, queries.Effort())
    with world.acting(police) as agent:
        line = actions.enter(by=agent, entry=patrol(patrol="A" + name(), commune=AIX, day=month)).line
        actions.correct(
            by=agent, line=line, entry=patrol(patrol="B" + name(), commune=AIX, day=month, staff=3), reason="x", step=1
        )
        gone = actions.enter(by=agent, entry=patrol(patrol=name(), commune=AIX, day=month))
        actions.withdraw(by=agent, line=gone.line, reason="doublon", step=1)
    with world.acting(customs) as agent:
        actions.enter(by=agent, entry=patrol(patrol=name(), commune=AIX, day=month, allocation="report", fines=0))
    for who in told:
        with world.acting(who) as agent:
            found = queries.effort(agent, "13", month, month)[AIX]
            assert found.drawn - before.drawn == 12
            assert found.total - before.total == 20
            assert (found.fines - before.fines, found.controls - before.controls) == (3, 24)
            assert found.drawn_found - before.drawn_found == 4
            assert found.hours[Allocation.REPORT] >= 8
    for who in (police, world.agent(Role.PROSECUTOR, "TJ13")):
        with world.acting(who) as agent, pytest.raises(Refused):
            queries.effort(agent, "13", month, month)
    # A cell of elsewhere learns nothing of this department, whatever it asks.
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS69")) as agent:
        assert queries.effort(agent, "13", month, month) == {}


def test_sums_are_of_whole_months_whatever_days_are_asked(world: World, police: TestAgent) -> None:
    """Two questions that differ by a day must not tell what was done on that day."""
    month = (TODAY.replace(day=1) - timedelta(days=70)).replace(day=1)
    with world.acting(police) as agent:
        actions.enter(by=agent, entry=patrol(patrol=name(), commune=AIX, day=month.replace(day=14)))
    with world.acting(world.agent(Role.CROSS_ANALYST, "CROSS13")) as agent:
        asked = [queries.effort(agent, "13", month.replace(day=d), month.replace(day=e))
                 for d, e in ((1, 28), (14, 14), (15, 20))]  # fmt: skip
    assert asked[0] == asked[1] == asked[2]
    assert asked[0][AIX].total >= 8


def test_a_place_where_nobody_goes_is_not_calm(world: World, police: TestAgent) -> None:
    """No rate below the hours that would say something, and the map's question tells looked at or not, no more."""
    rousset = "13087"
    with world.acting(police) as agent:
        assert rousset not in queries.seen(agent, ["13"])
        actions.enter(by=agent, entry=patrol(patrol=name(), commune=rousset))
        assert rousset not in queries.seen(agent, ["13"])
    cell = world.agent(Role.CROSS_ANALYST, "CROSS13")
    with world.acting(cell) as agent:
        [line] = [one for one in queries.lines(agent, "13", TODAY, TODAY) if one.code == rousset]
        assert (line.looked_at, line.facts, line.points) == (False, None, None)
        assert line.effort.facts == 4
    with world.acting(police) as agent:
        actions.enter(by=agent, entry=patrol(patrol=name(), commune=rousset, staff=10))
    with world.acting(world.agent(Role.INVESTIGATOR, "DED13")) as agent:
        assert rousset in queries.seen(agent, ["13"])
        assert rousset not in queries.seen(agent, ["59"])
    with world.acting(cell) as agent:
        [line] = [one for one in queries.lines(agent, "13", TODAY, TODAY) if one.code == rousset]
        assert line.looked_at
        assert line.facts is not None
        assert line.facts.value == pytest.approx(100 * 8 / 48)
        assert line.facts.low < line.facts.value < line.facts.high
