"""Nothing moves past its table: while that knows no step, whoever would move a hit or a release is refused."""

from collections.abc import Callable
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import actions, rules
from recoupe.crosscheck.enums import Answer, HitState, ReleaseState
from recoupe.crosscheck.models import ContactThread, HitSide, Judgement
from recoupe.kernel.refusal import Conflict
from tests.crosscheck.scene import Scene, new_phone
from tests.crosscheck.test_judging import (
    judge,
    question,
    readable_by_nobody,
    readable_by_the_cell,
    with_a_phone,
)
from tests.crosscheck.test_release import asked_of, contact, give, judicial
from tests.crosscheck.test_withdrawal import erase, meet, withdrawn
from tests.world import TestAgent

_STATES = """SELECT 'hit', id::text, state FROM crosscheck_hit UNION ALL
SELECT 'side', id::text, state FROM crosscheck_hitside UNION ALL
SELECT 'release', id::text, state FROM crosscheck_release UNION ALL
SELECT 'agreement', id::text, state FROM crosscheck_agreement ORDER BY 1, 2"""
Act = Callable[[], object]
Refused = Callable[[Act], None]


@pytest.fixture
def refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Try something while neither table knows a step: a conflict, nothing moved; with their own steps it passes."""

    def tried(act: Act) -> None:
        before = scene.world.sql(_STATES)
        with monkeypatch.context() as patch:
            patch.setattr(rules, "HIT_STEPS", dict.fromkeys(HitState, frozenset()))
            patch.setattr(rules, "RELEASE_STEPS", dict.fromkeys(ReleaseState, frozenset()))
            with pytest.raises(Conflict):
                act()
        assert scene.world.sql(_STATES) == before
        act()
        assert scene.world.sql(_STATES) != before

    return tried


@pytest.fixture
def prosecutor(scene: Scene) -> TestAgent:
    return scene.who(Role.PROSECUTOR, "TJ13")


def test_a_new_hit(scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused) -> None:
    phone = new_phone()
    for who in (customs, police):
        scene.enter(who, phone=phone)
    refused(scene.pull)


def test_a_name_that_waits_for_its_judge_told_by_a_telephone(
    scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused
) -> None:
    held, asked = readable_by_the_cell(scene, police, customs)
    refused(lambda: with_a_phone(scene, held, asked))


def test_a_name_that_lost_its_judge(scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused) -> None:
    """The database takes the question from a cell that no longer reads one of the two; the sides are left to speak."""
    held, asked = readable_by_the_cell(scene, police, customs)
    scene.as_superuser(
        f"UPDATE crosscheck_judgement SET readers = '{{}}' WHERE '{asked}' IN (first_id, second_id)",
        f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{held}', 'express', now())",
    )
    refused(scene.pull)


def test_what_a_judge_said(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, refused: Refused
) -> None:
    _, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    with scene.world.acting(analyst) as agent:
        actions.judge(by=agent, judgement=put, answer=Answer.SAME, reason="comparaison des deux fiches")
    refused(scene.decide)


def test_what_a_side_said(scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused) -> None:
    _, asked = readable_by_nobody(scene, police, customs)
    with scene.world.acting(police) as agent:
        actions.answer_weak(by=agent, side=HitSide.objects.get(record_id=asked), answer=Answer.DIFFERENT)
    refused(scene.decide)


def test_a_judgement_taken_back(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, refused: Refused
) -> None:
    _, asked = readable_by_the_cell(scene, police, customs)
    put = question(scene, analyst, asked)
    judge(scene, analyst, asked, Answer.SAME)
    with scene.world.acting(analyst) as agent:
        actions.retract(by=agent, judgement=Judgement.objects.get(id=put.id), reason="une autre personne")
    refused(scene.decide)


def test_a_record_that_is_erased(scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused) -> None:
    held, _, _ = meet(scene, customs, police)
    erase(scene, held)
    refused(lambda: withdrawn(scene))


@pytest.mark.parametrize("end", ["granted", "refused", "withdrawn"])
def test_a_release(scene: Scene, police: TestAgent, customs: TestAgent, refused: Refused, end: str) -> None:
    side, thread = contact(scene, customs, police)
    with scene.world.acting(police) as agent:
        actions.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="utile")
    ends: dict[str, Act] = {
        "granted": lambda: give(scene, customs, side, police.unit_id),
        "refused": lambda: _refuse(scene, customs, side),
        "withdrawn": lambda: _withdraw(scene, police, thread),
    }
    refused(ends[end])


def test_a_release_that_waits_for_its_magistrate(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent, refused: Refused
) -> None:
    side, thread = judicial(scene, customs, police, prosecutor)
    with scene.world.acting(police) as agent:
        actions.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="utile")
    refused(lambda: give(scene, customs, side, police.unit_id))
    with scene.world.acting(prosecutor) as agent:
        actions.answer_agreement(by=agent, agreement=asked_of(scene, prosecutor, side), agreed=True)
    refused(lambda: give(scene, customs, side, police.unit_id))


def _refuse(scene: Scene, who: TestAgent, side: HitSide) -> None:
    with scene.world.acting(who) as agent:
        actions.refuse_release(by=agent, side=side, reason="enquête en cours")


def _withdraw(scene: Scene, who: TestAgent, thread: UUID) -> None:
    with scene.world.acting(who) as agent:
        actions.withdraw_release(by=agent, thread=ContactThread.objects.get(id=thread))
