"""The A63: police and customs follow the same vehicle; both are warned before the start (issue 6, acceptance).

On 14 September 2016 two services tailed one car on this motorway and did not know it. Here an investigator of the
judicial police and a customs officer, both of Bordeaux, enter what they plan; names, plates and hours are invented.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.deconfliction.actions import tell_soon
from recoupe.operations.actions import EventEntry
from recoupe.operations.placing import Stop
from recoupe.reference.models import Unit
from recoupe.reference.organisation import duty_contact
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import BAYONNE, BORDEAUX, DAX, LILLE, corridor, noon, point
from tests.web.intelligence.typed import text_of
from tests.world import TestAgent, World

POLICE, CUSTOMS = "PJ33", "DED33"
AT_LILLE = (Stop(LILLE, 3.06, 50.63),)
CAR, ANOTHER_CAR = "GB-014-SP", "GC-020-ED"
# What each writes for his own team, and what the other must never read.
POLICE_WORDS, CUSTOMS_WORDS = "Filature Grand Pin", "Contrôle Sauterelle"


class Story(Scene):
    """The two services, what each enters, what each then reads."""

    def __post_init__(self) -> None:
        self.police = self.world.agent(Role.INVESTIGATOR, POLICE)
        self.customs = self.world.agent(Role.INVESTIGATOR, CUSTOMS)

    def both_enter(self, ours: EventEntry, theirs: EventEntry) -> tuple[UUID, UUID]:
        """The police in the morning, customs at noon; the matcher compares."""
        events = self.enter(self.police, ours), self.enter(self.customs, theirs)
        self.compare()
        return events

    def page(self, who: TestAgent, event: UUID) -> str:
        return text_of(self.world.client(who).get(f"/evenements/{event}/"))

    def contact(self, unit: str) -> tuple[str, str]:
        """Whom the other services call for a unit: a name of a desk, and its number."""
        found = duty_contact(Unit.objects.get(code=unit), timezone.localdate())
        return found.name, found.phone


@pytest.fixture
def story(world: World) -> Iterator[Story]:
    emptied(world)
    yield Story(world)


def north(since: datetime, **changes: Any) -> EventEntry:
    """The police wait for the car at Bayonne and follow it to Bordeaux by Dax."""
    starts = since, since + timedelta(hours=1)
    return corridor((BAYONNE, DAX, BORDEAUX), starts, hours=2, **({"label": POLICE_WORDS} | changes))


def whole_way(since: datetime, **changes: Any) -> EventEntry:
    """Customs mean to stop it somewhere on the way."""
    known = {"label": CUSTOMS_WORDS, "kind": "control"}
    return corridor((BAYONNE, BORDEAUX), (since,), hours=3, **(known | changes))


def both_are_warned(story: Story, ours: UUID, theirs: UUID) -> None:
    """Each reads whom to call, and of the other's plan nothing; each is warned at home, hours before the start."""
    for who, event, other, words in (
        (story.police, ours, CUSTOMS, CUSTOMS_WORDS),
        (story.customs, theirs, POLICE, POLICE_WORDS),
    ):
        [side] = story.sides(who, event)
        name, phone = story.contact(other)
        page = story.page(who, event)
        assert name in page and phone in page
        assert side.at < story.world.sql("SELECT starts_at FROM operations_event WHERE id = %s", [event])[0][0]
        assert story.world.sql("SELECT count(*) > 0 FROM notices_notice WHERE record_id = %s", [side.id]) == [(True,)]
        hit = text_of(story.world.client(who).get(f"/recoupements/{side.id}/"))
        assert phone in hit
        for word in (words, "Bayonne", "Dax", CAR, CAR.replace("-", "")):
            assert word not in hit, word
    # The other's event is answered as one that does not exist.
    assert story.world.client(story.police).get(f"/evenements/{theirs}/").status_code == 404
    assert story.world.client(story.customs).get(f"/evenements/{ours}/").status_code == 404


def nobody_is_warned(story: Story, ours: UUID, theirs: UUID) -> None:
    for who, event in ((story.police, ours), (story.customs, theirs)):
        assert story.sides(who, event) == []
        assert "Aucun conflit à ce jour" in story.page(who, event)


def test_the_same_vehicle_on_the_same_road(story: Story) -> None:
    start = noon()
    ours, theirs = story.both_enter(
        north(start, plates=(CAR,)), whole_way(start + timedelta(minutes=45), plates=("gb 014 sp",))
    )
    both_are_warned(story, ours, theirs)
    # One conflict, not two: the road and the car make the same pair, and the car makes it certain.
    assert [side.strength for side in story.sides(story.police, ours)] == ["certain"]


def test_both_are_reminded_two_hours_before(story: Story) -> None:
    start = noon()
    ours, theirs = story.both_enter(north(start, plates=(CAR,)), whole_way(start, plates=(CAR,)))
    sides = [*story.sides(story.police, ours), *story.sides(story.customs, theirs)]
    with story.world.process("worker"), context.service("worker", "événements qui commencent bientôt"):
        tell_soon(timezone.make_aware(start) - timedelta(minutes=90))
    for side in sides:
        told = "SELECT count(*) > 0 FROM notices_notice WHERE kind = 'event_soon' AND record_id = %s"
        assert story.world.sql(told, [side.id]) == [(True,)]


def test_the_vehicle_alone_is_enough(story: Story) -> None:
    """Customs expect the same car the same day, at the other end of the country."""
    start = noon()
    theirs = point(start + timedelta(hours=7), stops=AT_LILLE, plates=(CAR,), label=CUSTOMS_WORDS)
    ours, other = story.both_enter(north(start, plates=(CAR,)), theirs)
    both_are_warned(story, ours, other)


def test_the_road_alone_is_enough(story: Story) -> None:
    """Neither knows the plate, or each believes in another car."""
    start = noon()
    both_are_warned(story, *story.both_enter(north(start), whole_way(start + timedelta(minutes=45))))
    later = start + timedelta(days=5)
    both_are_warned(story, *story.both_enter(north(later, plates=(CAR,)), whole_way(later, plates=(ANOTHER_CAR,))))


def test_far_apart_nobody_is_warned(story: Story) -> None:
    """Another car, and another road or another day; the same car a week later."""
    start = noon()
    elsewhere = point(start, stops=AT_LILLE, plates=(ANOTHER_CAR,), label=CUSTOMS_WORDS)
    nobody_is_warned(story, *story.both_enter(north(start, plates=(CAR,)), elsewhere))
    week = start + timedelta(days=7)
    nobody_is_warned(story, *story.both_enter(north(start, plates=(CAR,)), whole_way(week, plates=(CAR,))))


def test_whoever_changes_his_plan_is_compared_anew(story: Story) -> None:
    """Customs first expect another car on another day; the evening before they learn better, and both are warned."""
    start = noon()
    ours, theirs = story.both_enter(
        north(start, plates=(CAR,)), whole_way(start + timedelta(days=4), plates=(ANOTHER_CAR,))
    )
    nobody_is_warned(story, ours, theirs)
    story.change(story.customs, theirs, whole_way(start, plates=(CAR,)))
    story.compare()
    both_are_warned(story, ours, theirs)
