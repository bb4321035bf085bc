"""The reports that an objective cites become LINKED (W1), by whoever may handle them, and no other report does."""

from uuid import UUID

import pytest

from recoupe.access import context
from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.coordination import actions, queries
from recoupe.coordination.models import Objective
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints.models import DealPoint, Evidence
from recoupe.intelligence.actions import settle
from recoupe.intelligence.enums import NoticeKind, ReportState
from recoupe.intelligence.models import ReportHistory
from recoupe.kernel.refusal import Conflict
from recoupe.notices import queries as notices
from tests.coordination.builders import Cast, draft, proposed, unit
from tests.crosscheck.scene import Scene, new_phone
from tests.dealpoints.builders import active
from tests.world import World

S = ReportState


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


def bring(scene: Scene, state: ReportState, *reports: UUID) -> None:
    """As the work of an analyst and of the matcher leaves them."""
    for report in reports:
        scene.as_superuser(f"UPDATE intelligence_report SET state = '{state}' WHERE id = '{report}'")


def state_of(world: World, report: UUID) -> str:
    return str(world.sql("SELECT state FROM intelligence_report WHERE id = %s", [report])[0][0])


def cited_by(world: World, cast: Cast, point: UUID) -> UUID:
    with world.acting(cast.analyst):
        row: Evidence = Evidence.objects.get(point=point)
        return row.record_id


def propose_on(who: Agent, origin: DealPoint | HitSide) -> Objective:
    return actions.propose(by=who, origin=origin, draft=draft(court_id=unit("TJ13").id, commune_code="13055"))


def test_the_report_of_a_deal_point_is_linked_when_its_objective_is_proposed(
    world: World, scene: Scene, cast: Cast
) -> None:
    point = active(world, cast.police, cast.analyst)
    report = cited_by(world, cast, point)
    bring(scene, S.NO_HIT, report)
    with world.acting(cast.analyst) as agent:
        objective = propose_on(agent, DealPoint.objects.get(pk=point))
    assert state_of(world, report) == S.LINKED
    with world.acting(cast.analyst) as agent:
        (line,) = ReportHistory.objects.filter(report=report, to_state=S.LINKED)
        assert (line.actor_id, line.from_state) == (agent.id, S.NO_HIT)
    refs = [refs for _, _, refs, _ in world.journal("combine") if f"objective:{objective.id}" in refs]
    assert refs == [[f"report:{report}", f"objective:{objective.id}"]]
    with world.acting(cast.police) as agent:
        told = {line.kind for line in notices.waiting(agent, limit=100) if line.record_id == report}
        assert NoticeKind.USED in told


def test_of_a_hit_the_record_of_its_own_side_is_linked_and_the_other_one_is_not(
    world: World, scene: Scene, cast: Cast
) -> None:
    phone = new_phone()
    held = scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), phone=phone)
    asked = scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), phone=phone)
    scene.pull()
    bring(scene, S.CROSS_CHECKED, held, asked)
    with world.process("matcher"):
        _settled(held, asked)
    assert state_of(world, asked) == S.HIT
    with world.acting(cast.analyst) as agent:
        propose_on(agent, HitSide.objects.get(record_id=asked))
    assert (state_of(world, asked), state_of(world, held)) == (S.LINKED, S.HIT)


def _settled(*reports: UUID) -> None:
    with context.service("matcher", "essai"):
        settle(report_ids=list(reports), hit=True)


def test_what_the_proposer_may_not_handle_is_linked_when_the_cell_takes_it_up(
    world: World, scene: Scene, cast: Cast
) -> None:
    head = world.agent(Role.UNIT_HEAD, "PJ13")
    point = active(world, cast.police, cast.analyst)
    report = cited_by(world, cast, point)
    bring(scene, S.DISSEMINATED, report)
    with world.acting(head) as agent:
        objective = propose_on(agent, DealPoint.objects.get(pk=point))
    assert state_of(world, report) == S.DISSEMINATED
    with world.acting(cast.head) as agent:
        actions.examine(by=agent, objective=queries.objective(agent, objective.id))
    assert state_of(world, report) == S.LINKED


@pytest.mark.parametrize("state", [S.SUBMITTED, S.GRADED, S.INDEXED, S.FILED, S.REVIEW_DUE])
def test_a_report_that_may_not_be_linked_yet_stays_where_it_is(
    world: World, scene: Scene, cast: Cast, state: ReportState
) -> None:
    point = active(world, cast.police, cast.analyst)
    report = cited_by(world, cast, point)
    bring(scene, state, report)
    with world.acting(cast.analyst) as agent:
        propose_on(agent, DealPoint.objects.get(pk=point))
    assert state_of(world, report) == state


def test_a_refused_proposal_links_nothing(world: World, scene: Scene, cast: Cast) -> None:
    point = active(world, cast.police, cast.analyst)
    report = cited_by(world, cast, point)
    with world.acting(cast.analyst) as agent:
        propose_on(agent, DealPoint.objects.get(pk=point))
    bring(scene, S.NO_HIT, report)
    with world.acting(cast.analyst) as agent, pytest.raises(Conflict):
        propose_on(agent, DealPoint.objects.get(pk=point))
    assert state_of(world, report) == S.NO_HIT


def test_an_objective_without_a_report_of_ours_is_proposed_all_the_same(world: World, cast: Cast) -> None:
    assert proposed(world, cast)
