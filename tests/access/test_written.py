"""A query that is written once answers each question anew, for whoever asks it."""

from uuid import UUID

import pytest
from django.db.models import QuerySet

from recoupe.access.enums import Role
from recoupe.access.models import listed
from recoupe.access.written import Written
from recoupe.intelligence.models import Report
from tests.crosscheck.scene import Scene
from tests.world import World

ONE = UUID(int=1)


def of_unit_and_state(unit: UUID, state: str) -> QuerySet[Report]:
    return Report.objects.filter(owner_unit_id=unit, state=state).only("ref").order_by("id")


def test_each_question_has_its_own_answer_under_its_own_policies(world: World) -> None:
    scene = Scene(world)
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    made = {who: [scene.enter(who) for _ in range(2)] for who in (police, customs)}
    both = [*made[police], *made[customs]]
    named = Written(lambda ids: Report.objects.filter(id__in=listed(ids)).only("ref"), [ONE])
    for who in (police, customs, police):
        with world.acting(who):
            found = {row.id: row.ref for row in named.rows(both)}
            assert found == dict(Report.objects.filter(id__in=both).values_list("id", "ref"))
        assert set(found) == set(made[who])
    with world.acting(police):
        assert [row.id for row in named.rows([made[police][0]])] == [made[police][0]]
        assert named.first([made[customs][0]]) is None


def test_values_go_where_their_samples_stood(world: World) -> None:
    scene = Scene(world)
    head = scene.who(Role.UNIT_HEAD, "SR13")
    scene.enter(scene.who(Role.INVESTIGATOR, "SR13"))
    asked = Written(of_unit_and_state, ONE, "a state")
    with world.acting(head) as agent:
        for state in ("SUBMITTED", "FILED"):
            assert asked.rows(agent.unit_id, state) == list(of_unit_and_state(agent.unit_id, state))
        assert asked.rows(agent.unit_id, "SUBMITTED")


def test_a_sample_that_the_query_does_not_hold_is_a_fault(world: World) -> None:
    with pytest.raises(ValueError, match="does not hold each of its samples"):
        Written(lambda _id: Report.objects.all(), ONE).rows(ONE)
