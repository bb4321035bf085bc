"""Each action on accounts, designations and keys refuses whoever may not, with a sentence, before it does anything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recoupe.access import actions, models
from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.desk import actions as desk
from recoupe.kernel.refusal import Refused
from recoupe.reference.models import Unit
from tests.world import TestAgent, World

WHY = "motif assez long pour être dit"


@pytest.fixture(scope="module")
def investigator(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def colleague(world: World) -> models.Agent:
    """As whoever holds the row already hands it to an action: reading it is not what is refused."""
    made = world.agent(Role.INVESTIGATOR, "PJ13")
    return models.Agent(id=made.id, unit_id=made.unit_id, login=made.login, active=True)


def key_wanted() -> desk.Wanted:
    today = timezone.localdate()
    return desk.Wanted("Tableau", "criminal_intelligence", today, today + timedelta(days=9), WHY)


def _given(subject: models.Agent) -> models.Habilitation:
    return models.Habilitation(agent_id=subject.id, agent=subject, role=Role.INVESTIGATOR.value, revoked_at=None)


ACTIONS: dict[str, Callable[[Agent, Any], object]] = {
    "designate": lambda by, of: actions.grant_habilitation(
        by=by, agent=of, role=Role.DUTY_OFFICER, valid_from=timezone.localdate(), valid_to=None, reason=WHY
    ),
    "end a designation": lambda by, of: actions.revoke_habilitation(by=by, habilitation=_given(of), reason=WHY),
    "transfer": lambda by, of: actions.transfer(by=by, agent=of, unit=Unit.objects.get(code="SR13"), reason=WHY),
    "take keys away": lambda by, of: actions.revoke_passkeys(by=by, agent=of, reason=WHY),
    "hand a code": lambda by, of: actions.enrol_code(by=by, agent=of, reason=WHY),
    "end an association": lambda by, of: actions.leave_cell(
        by=by, joined=models.CellService(service_id=of.unit_id, ended_at=None), reason=WHY
    ),
    "register": lambda by, of: desk.register(
        by=by, login="nouveau", name="Nouveau", unit=Unit.objects.get(id=of.unit_id)
    ),
    "depart": lambda by, of: desk.depart(by=by, agent=of, reason=WHY),
    "declare lost": lambda by, of: desk.declare_lost(by=by, agent=of, reason=WHY),
    "hand an agreed code": lambda by, of: desk.hand_code(by=by, agent=of, reason=WHY),
    "bind an identity": lambda by, of: desk.bind_identity(by=by, agent=of, issuer="https://un", subject="deux"),
    "keep": lambda by, of: desk.keep(by=by, habilitation=_given(of)),
    "ask for a tool's key": lambda by, of: desk.ask_key(by=by, wanted=key_wanted()),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_investigator_is_refused_in_words_and_nothing_is_entered(
    world: World, investigator: TestAgent, colleague: models.Agent, action: str
) -> None:
    before = len(world.journal("configure"))
    with pytest.raises(Refused, match="Seul"), world.acting(investigator) as by:
        ACTIONS[action](by, colleague)
    assert len(world.journal("configure")) == before


def test_a_mandate_without_a_purpose_is_refused_in_words(world: World) -> None:
    without = world.agent(Role.INVESTIGATOR, "PJ13", purpose=False)
    with pytest.raises(Refused, match="finalité"), world.acting(without) as by:
        actions.give_mandate(by=by, task="tests")
