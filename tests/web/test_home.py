"""What waits for me: by role, the most urgent first, every kind in words, and taken off the list when it is opened."""

import pytest

from recoupe.access.enums import Role
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.rules import TELLS
from recoupe.crosscheck.enums import NoticeKind as CrosscheckKind
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.rules import TELLS_CELLS
from recoupe.intelligence.enums import NoticeKind as IntelligenceKind
from recoupe.web.notices.home import GROUPS
from recoupe.web.notices.kinds import KINDS
from tests.world import World


def announced() -> set[str]:
    """Every kind that the rooms may announce, derived from their own tables."""
    points = {f"dealpoint_{state.value.lower()}" for state in DealPointState if TELLS_CELLS[state]}
    objectives = {f"objective_{state.value.lower()}" for state in ObjectiveState if TELLS[state]}
    return {*IntelligenceKind.values, *(kind.value for kind in CrosscheckKind), *points, *objectives}


def test_every_kind_of_notice_has_its_words_and_no_word_is_idle() -> None:
    assert set(KINDS) == announced()
    labels = [str(kind.label) for kind in KINDS.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_every_act_is_counted_by_one_tile() -> None:
    counted = [kind for group in GROUPS for kind in group.kinds if kind in KINDS]
    assert sorted(counted) == sorted(name for name, kind in KINDS.items() if kind.act)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_home(world: World, role: Role) -> None:
    units = {
        Role.CROSS_ANALYST: "CROSS13", Role.CROSS_HEAD: "CROSS13", Role.OFAST_ANALYST: "OFAST",
        Role.PROSECUTOR: "TJ13", Role.EXAMINING_JUDGE: "TJ13",
    }  # fmt: skip
    answer = world.client(world.agent(role, units.get(role, "PJ13"))).get("/")
    assert answer.status_code == 200, answer.content.decode()[:2000]
    assert "Bonjour" in answer.content.decode()
