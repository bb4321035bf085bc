"""An event that begins soon near a silent holder: the watch desk and he are told, the asker sees no hit (S-7)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.crosscheck.models import HitSide
from recoupe.deconfliction.actions import drain
from recoupe.deconfliction.models import Danger, DangerSide
from recoupe.intelligence.rules import Spent
from recoupe.notices.models import Notice
from recoupe.operations import actions, door, queries
from recoupe.operations.door import MarkEntry
from recoupe.operations.placing import Stop
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import noon, point
from tests.web.intelligence.typed import text_of
from tests.world import TestAgent, World

PLATE = "GF-063-SI"
# Of one agent: what he makes up, and what the dated parameter lets him deposit in a day.
MADE_UP, BUDGET = 200, 50


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def desk(world: World) -> TestAgent:
    return world.agent(Role.WATCH_DESK, "OFAST")


@pytest.fixture(scope="module")
def duty(world: World) -> TestAgent:
    return world.agent(Role.DUTY_OFFICER, "PJ13")


def soon(minutes: int) -> datetime:
    """So many minutes from now, on the wall."""
    return (timezone.localtime() + timedelta(minutes=minutes)).replace(tzinfo=None, second=0, microsecond=0)


def silent(scene: Scene, head: TestAgent, since: datetime, **changes: Any) -> UUID:
    event = scene.enter(scene.police, point(since, **changes))
    with scene.world.acting(head) as agent:
        until = timezone.localdate() + timedelta(days=30)
        actions.mark_silent(by=agent, event=queries.event(agent, event), until=until, reason="source à protéger")
    return event


def dangers(scene: Scene, desk: TestAgent) -> list[Danger]:
    """What stands on the watch desk."""
    with scene.world.acting(desk):
        return list(Danger.objects.exclude(state="CLOSED").order_by("opened_at", "id"))


def at(scene: Scene, moment: datetime) -> None:
    """One turn of the matcher at that moment."""
    with scene.world.process("matcher"):
        while drain(moment):
            pass


def test_within_two_hours_it_is_told_at_once(scene: Scene, head: TestAgent, desk: TestAgent, duty: TestAgent) -> None:
    kept = silent(scene, head, soon(60))
    asked = scene.enter(scene.customs, point(soon(70)))
    scene.compare()
    [danger] = dangers(scene, desk)
    assert danger.kind == "silent_imminent"
    with scene.world.acting(duty):
        [side] = DangerSide.objects.all()
    assert (side.event_id, side.other_code, side.hierarchy) == (kept, "DED13", True)
    assert side.other_phone
    # The duty officer is told; nobody of the service that comes is, nor its duty officer, nor its head.
    told = "SELECT count(*) > 0 FROM notices_notice WHERE record_id = %s AND kind = 'danger'"
    assert scene.world.sql(told, [side.id]) == [(True,)]
    page = text_of(scene.world.client(duty).get(f"/dangers/{side.id}/"))
    assert "hiérarchie" in page
    for role in (Role.INVESTIGATOR, Role.UNIT_HEAD, Role.DUTY_OFFICER):
        with scene.world.acting(scene.world.agent(role, "DED13")):
            assert not Danger.objects.exists() and not DangerSide.objects.exists()
    assert scene.sides(scene.customs, asked) == []


def test_a_later_one_is_told_two_hours_before_once(scene: Scene, head: TestAgent, desk: TestAgent) -> None:
    silent(scene, head, noon())
    scene.enter(scene.customs, point(noon()))
    scene.compare()
    assert dangers(scene, desk) == []
    start = timezone.make_aware(noon())
    at(scene, start - timedelta(minutes=121))
    assert dangers(scene, desk) == []
    at(scene, start - timedelta(minutes=119))
    at(scene, start - timedelta(minutes=100))
    [danger] = dangers(scene, desk)
    assert danger.times == 1


def test_the_bureau_s_mark_too(scene: Scene, desk: TestAgent) -> None:
    with scene.world.acting(scene.world.agent(Role.INVESTIGATOR, "BCS")) as agent:
        door.mark(by=agent, entry=MarkEntry(windows=((soon(30), soon(90)),), plates=(PLATE,)))
    asked = scene.enter(scene.customs, point(soon(40), plates=(PLATE,)))
    scene.compare()
    assert [d.kind for d in dangers(scene, desk)] == ["silent_imminent"]
    assert scene.sides(scene.customs, asked) == []


def test_whom_both_know_of_is_no_such_danger(scene: Scene, desk: TestAgent) -> None:
    scene.enter(scene.police, point(soon(60), armed=False))
    scene.enter(scene.customs, point(soon(60), armed=False))
    scene.compare()
    assert dangers(scene, desk) == []


def test_it_ends_when_they_part_and_is_told_anew_when_they_meet_again(
    scene: Scene, head: TestAgent, desk: TestAgent
) -> None:
    silent(scene, head, soon(60))
    asked = scene.enter(scene.customs, point(soon(60)))
    scene.compare()
    scene.change(scene.customs, asked, point(noon(days=5)))
    scene.compare()
    assert dangers(scene, desk) == []
    scene.change(scene.customs, asked, point(soon(80)))
    scene.compare()
    [danger] = dangers(scene, desk)
    assert danger.times == 2


def test_two_hundred_made_up_events_reveal_nothing(scene: Scene, head: TestAgent, desk: TestAgent) -> None:
    """One agent enters imminent events until his budget stops him; each of them stands on the watch desk."""
    silent(scene, head, soon(60), hours=3)
    prober = scene.world.agent(Role.INVESTIGATOR, "DED33")
    made: list[UUID] = []
    refused = 0
    for n in range(MADE_UP):
        try:
            made.append(scene.enter(prober, point(soon(60 + n % 30), radius_m=100 + n)))
        except Spent:
            refused += 1
    assert (len(made), refused) == (BUDGET, MADE_UP - BUDGET)
    scene.compare()
    assert len(dangers(scene, desk)) == BUDGET
    # The agent's own: no side of a hit, no notice, no word; the same bytes as of an event that meets nobody.
    with scene.world.acting(prober):
        assert list(HitSide.objects.filter(record_id__in=made)) == []
    assert _notices_of(scene, prober) == []
    assert {_page(scene, prober, event) for event in made[:20]} == {_page(scene, prober, _far(scene, prober))}


def _notices_of(scene: Scene, who: TestAgent) -> list[str]:
    """What waits for him at home."""
    with scene.world.acting(who):
        return list(Notice.objects.values_list("kind", flat=True))


def _far(scene: Scene, prober: TestAgent) -> UUID:
    """An event of the same unit that meets nobody."""
    colleague = scene.world.agent(Role.INVESTIGATOR, "DED33")
    event = scene.enter(colleague, point(soon(60), stops=(Stop("13055", 5.50, 43.40),)))
    scene.compare()
    return event


def _page(scene: Scene, who: TestAgent, event: UUID) -> str:
    page = text_of(scene.world.client(who).get(f"/evenements/{event}/conflits/"))
    return re.sub(r"[\w+/=.:-]*\d[\w+/=.:-]*", "", page)
