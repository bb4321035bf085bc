"""Permissions as truth tables; the rows that matter are « right role, wrong object »."""

from uuid import UUID, uuid4

import pytest

from recoupe.access.agent import Agent
from recoupe.access.enums import Capacity, Role
from recoupe.crosscheck import permissions
from recoupe.crosscheck.enums import ContactState
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Judgement
from recoupe.kernel.refusal import Refused
from tests.crosscheck.made import agent

UNIT, OTHER, CELL, OTHER_CELL, OFFICE, COURT = (uuid4() for _ in range(6))
AUTHOR = agent((UNIT, Capacity.UNIT), unit_id=UNIT, roles=(Role.INVESTIGATOR,))
MOVED = agent((OTHER, Capacity.UNIT), unit_id=OTHER, roles=(Role.INVESTIGATOR,))
COLLEAGUE = agent((UNIT, Capacity.UNIT), unit_id=UNIT, roles=(Role.INVESTIGATOR,))
DUTY = agent((UNIT, Capacity.DUTY), unit_id=UNIT, roles=(Role.DUTY_OFFICER,))
HEAD = agent((UNIT, Capacity.UNIT), (UNIT, Capacity.HEAD), (UNIT, Capacity.DUTY), unit_id=UNIT, roles=(Role.UNIT_HEAD,))
OTHER_DUTY = agent((OTHER, Capacity.DUTY), unit_id=OTHER, roles=(Role.DUTY_OFFICER,))
ANALYST = agent((CELL, Capacity.CELL), (CELL, Capacity.DUTY), unit_id=CELL, roles=(Role.CROSS_ANALYST,))
OTHER_ANALYST = agent((OTHER_CELL, Capacity.CELL), (OTHER_CELL, Capacity.DUTY), roles=(Role.CROSS_ANALYST,))
CELL_HEAD = agent((CELL, Capacity.CELL), (CELL, Capacity.CELL_HEAD), (CELL, Capacity.DUTY), roles=(Role.CROSS_HEAD,))
NATIONAL = agent((OFFICE, Capacity.OFFICE), (OFFICE, Capacity.DUTY), roles=(Role.OFAST_ANALYST,))
PROSECUTOR = agent((COURT, Capacity.PROSECUTOR), unit_id=COURT, roles=(Role.PROSECUTOR,))
OTHER_PROSECUTOR = agent((COURT, Capacity.PROSECUTOR), unit_id=COURT, roles=(Role.PROSECUTOR,))
JUDGE = agent((COURT, Capacity.JUDGE), unit_id=COURT, roles=(Role.EXAMINING_JUDGE,))
OFFICER = agent(roles=(Role.DPO,))
ALL = [
    AUTHOR,
    MOVED,
    COLLEAGUE,
    DUTY,
    HEAD,
    OTHER_DUTY,
    ANALYST,
    OTHER_ANALYST,
    CELL_HEAD,
    NATIONAL,
    PROSECUTOR,
    OTHER_PROSECUTOR,
    JUDGE,
    OFFICER,
]


def names(agents: list[Agent]) -> set[int]:
    return {ALL.index(one) for one in agents}


def allowed(check: object, can: object, thing: object) -> set[int]:
    """The agents that pass; the twins are held to agree."""
    passed = set()
    for position, one in enumerate(ALL):
        try:
            check(one, thing)  # type: ignore[operator]
            passed.add(position)
        except Refused as refusal:
            assert refusal.sentence
        assert can(one, thing) is (position in passed)  # type: ignore[operator]
    return passed


def side(**changes: object) -> HitSide:
    return HitSide(**({"owner_unit_id": UNIT, "author_id": AUTHOR.id, "relay_id": None} | changes))


def test_who_holds_a_record() -> None:
    assert allowed(permissions.check_hold, permissions.can_hold, side()) == names([AUTHOR, DUTY, HEAD])


def test_the_author_who_moved_to_another_unit_holds_nothing() -> None:
    assert MOVED not in ALL[:1]
    assert allowed(permissions.check_hold, permissions.can_hold, side(author_id=MOVED.id)) == names([DUTY, HEAD])


def test_the_sender_of_a_file_does_not_hold_its_hits() -> None:
    assert allowed(permissions.check_hold, permissions.can_hold, side(author_id=None)) == names([DUTY, HEAD])


def test_a_relay_speaks_and_holds_nothing() -> None:
    relayed = side(relay_id=CELL)
    expected = names([AUTHOR, DUTY, HEAD, ANALYST, CELL_HEAD])
    assert allowed(permissions.check_speak, permissions.can_speak, relayed) == expected
    assert allowed(permissions.check_hold, permissions.can_hold, relayed) == names([AUTHOR, DUTY, HEAD])


def test_without_a_relay_no_cell_speaks() -> None:
    assert allowed(permissions.check_speak, permissions.can_speak, side()) == names([AUTHOR, DUTY, HEAD])


@pytest.mark.parametrize(
    ("judge", "expected"),
    [(CELL, [ANALYST, CELL_HEAD]), (OFFICE, [NATIONAL]), (OTHER_CELL, [OTHER_ANALYST]), (UNIT, [])],
)
def test_who_judges_a_weak_pair(judge: UUID, expected: list[Agent]) -> None:
    asked = Judgement(owner_unit_id=judge)
    assert allowed(permissions.check_judge, permissions.can_judge, asked) == names(expected)


@pytest.mark.parametrize(
    ("state", "arbiter", "expected"),
    [
        (ContactState.ESCALATED_CELL, CELL, [CELL_HEAD]),
        (ContactState.ESCALATED_CELL, OTHER_CELL, []),
        (ContactState.ESCALATED_OFFICE, OFFICE, [NATIONAL]),
        (ContactState.ESCALATED_PROSECUTOR, COURT, [PROSECUTOR, OTHER_PROSECUTOR]),
        (ContactState.ESCALATED_PROSECUTOR, CELL, []),
        (ContactState.REQUESTED, CELL, []),
        (ContactState.MADE, CELL, []),
        (ContactState.RESOLVED, CELL, []),
        (ContactState.ESCALATED_CELL, None, []),
    ],
)
def test_who_arbitrates(state: ContactState, arbiter: UUID | None, expected: list[Agent]) -> None:
    thread = ContactThread(state=state, arbiter_id=arbiter)
    assert allowed(permissions.check_arbitrate, permissions.can_arbitrate, thread) == names(expected)


def test_only_the_magistrate_in_charge_agrees_in_person() -> None:
    for magistrate in (PROSECUTOR, JUDGE):
        asked = Agreement(magistrate_id=magistrate.id)
        assert allowed(permissions.check_agree, permissions.can_agree, asked) == names([magistrate])


def test_whoever_bears_the_identifier_without_being_a_magistrate_does_not_agree() -> None:
    assert allowed(permissions.check_agree, permissions.can_agree, Agreement(magistrate_id=AUTHOR.id)) == set()
