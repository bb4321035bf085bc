"""Each permission of each room and its rows: it exists, and decides as the table says on real objects of every kind."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from recoupe.access import permissions as access
from recoupe.access.agent import Agent
from recoupe.coordination import permissions as coordination
from recoupe.coordination.enums import ObjectiveState
from recoupe.coordination.rules import TRANSITIONS as OBJECTIVE_STEPS
from recoupe.crosscheck.rules import CONTACT_STEPS, HIT_STEPS, RELEASE_STEPS
from recoupe.dealpoints import permissions as dealpoints
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.rules import TRANSITIONS as POINT_STEPS
from recoupe.deconfliction.settling.rules import DOERS as SETTLEMENT_STEPS
from recoupe.intelligence import permissions as intelligence
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.rules import TRANSITIONS as REPORT_STEPS
from recoupe.kernel.refusal import Refusal
from recoupe.targets import permissions as targets
from recoupe.targets.enums import TargetState
from recoupe.targets.rules import TRANSITIONS as TARGET_STEPS
from tests.policy.book import Row, of_object, rows, words
from tests.policy.cast import EVERYBODY, holds
from tests.policy.objects import MADE, objectives, points, report, reports, threads
from tests.policy.objects import targets as targets_made
from tests.policy.standings import roles, stands

PACKAGE = Path(intelligence.__file__).resolve().parents[1]
SETS = {"any": None, "everyone": None}
# What a unit's own members hold of it (section 2), where it is not `unit`.
OWN = {"cross": "cell", "office": "office"}
# Whether a unit is silent is asked of the reference.
pytestmark = pytest.mark.usefixtures("world")

CITABLE = report(ReportState.SUBMITTED, ["H0"], ["13"], EVERYBODY[0].unit_id)
# What else than (agent, object) a permission asks for.
CALLS: dict[str, Callable[[Agent, Any], None]] = {
    "dealpoints.check_propose": lambda who, it: dealpoints.check_propose(who, it),
    "dealpoints.check_add_evidence": lambda who, it: dealpoints.check_add_evidence(who, it, CITABLE),
}
# These leave the state to the action that calls them, or have no object.
STATELESS = frozenset(
    f"crosscheck.check_{name}" for name in ("hold", "speak", "judge", "agree", "arbitrate")
)  # fmt: skip


def checks() -> Iterator[str]:
    """Every permission of every room, as the sources define them."""
    for path in sorted(PACKAGE.glob("*/permissions.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("check_"):
                yield f"{path.parent.name}.{node.name}"


def test_every_permission_has_a_row_and_every_row_its_permission() -> None:
    assert {row["permission"] for row in rows("actions")} - {"-"} == set(checks())


def test_every_permission_has_a_twin_that_asks() -> None:
    lonely = [name for name in checks() if not hasattr(_room(name), name.partition(".")[2].replace("check_", "can_"))]
    # A mandate is signed on the way to a job: no screen asks beforehand.
    assert lonely == ["access.check_mandate"]


def _room(name: str) -> Any:
    return import_module(f"recoupe.{name.partition('.')[0]}.permissions")


def passes(call: Callable[..., None], *args: Any) -> bool:
    try:
        call(*args)
    except Refusal:
        return False
    return True


def called(name: str) -> Callable[[Agent, Any], None]:
    if name in CALLS:
        return CALLS[name]
    found: Callable[[Agent, Any], None] = getattr(_room(name), name.partition(".")[2])
    return found


def working_roles(who: Agent) -> set[str]:
    """P-81: outside a cell the roles of a cell give reading alone."""
    return roles(who) - (set() if who.unit_kind == "cross" else {"cross_analyst", "cross_head"})


def of_own_unit(who: Agent) -> bool:
    """P-86: he holds what his unit holds."""
    return holds(who, who.unit_id, OWN.get(who.unit_kind, "unit"))


def said(row: Row, who: Agent, it: Any) -> bool:
    """What the row says of this agent and this object, as far as role, standing and state decide."""
    mine = roles(who) if row["object"] == "figure" else working_roles(who)
    if row["roles"] not in SETS and not mine & set(words(row["roles"])):
        return False
    if "P-86" in words(row["clauses"]) and not of_own_unit(who):
        return False
    asks_state = row["state"] != "any" and row["permission"] not in STATELESS
    if row["action"] != "event.withdraw" and getattr(it, "kind", "") == "mark":
        return False  # P-112
    if row["action"] == "report.review" and who.id in (it.author_id, it.assessment_author_id):
        return False  # P-35
    return stands(row["who"], who, it) and (not asks_state or it.state in words(row["state"]))


def decidable(kind: str) -> list[Row]:
    """The rows on objects of one kind whose permission answers alone, once for each permission."""
    seen: dict[str, Row] = {}
    for row in of_object("actions", kind):
        if row["permission"] != "-" and row["who"] != "T-5":
            seen.setdefault(row["permission"], row)
    return list(seen.values())


DECIDABLE = [row for kind in MADE for row in decidable(kind)]


@pytest.mark.parametrize("row", DECIDABLE, ids=lambda row: row["action"])
def test_a_permission_decides_as_its_row_says(row: Row) -> None:
    check = called(row["permission"])
    wrong, passed = [], 0
    for it, who in product(_waiting(row), EVERYBODY):
        wanted = said(row, who, it)
        passed += wanted
        if passes(check, who, it) != wanted:
            wrong.append((who.login, who.unit_code, getattr(it, "state", ""), wanted))
    assert wrong == []
    assert passed > 0


def _waiting(row: Row) -> Iterator[Any]:
    """The objects of the row's kind; for the clauses that a table cannot say, those that satisfy them."""
    for it in MADE[row["object"]]():
        if row["action"] == "report.review":
            it.review_needed = True
        if row["action"] == "dealpoint.propose" and not _citable(it):
            continue
        yield it


def _citable(it: Any) -> bool:
    return bool(it.handling) and set(it.handling) <= {"H0", "H1"} and it.silent_until is None


@pytest.mark.parametrize("row", [r for r in rows("actions") if r["object"] == "page" and r["permission"] != "-"],
                         ids=lambda row: row["action"])  # fmt: skip
def test_a_page_opens_to_its_roles(row: Row) -> None:
    check = called(row["permission"])
    for who in EVERYBODY:
        args = (who, next(points((DealPointState.ACTIVE,)))) if row["action"] == "objective.propose" else (who,)
        assert passes(check, *args) is said(row, who, None), who.login


def test_the_board_and_the_accounts_open_to_their_roles() -> None:
    for row in rows("actions"):
        for who in EVERYBODY if row["permission"] in ("plan.check_read_board", "access.check_designate") else ():
            if row["object"] == "figure":
                assert passes(called(row["permission"]), who) is said(row, who, None), row
                continue
            for subject in (who.id, EVERYBODY[0].id, EVERYBODY[-1].id):
                assert passes(access.check_designate, who, subject) is said(row, who, subject), row


def test_a_mandate_and_the_board_want_a_purpose() -> None:
    for who in EVERYBODY:
        without = replace(who, purpose=None)
        assert not passes(access.check_mandate, without)
        assert not passes(called("plan.check_read_board"), without)


def test_who_arbitrates_follows_where_the_contact_was_carried() -> None:
    (row,) = (row for row in rows("actions") if row["action"] == "contact.settle")
    check = called(row["permission"])
    for thread, who in product(threads(), EVERYBODY):
        assert passes(check, who, thread) is stands(row["who"], who, thread)


def test_what_a_table_cannot_say_a_clause_does() -> None:
    """P-35 and P-70: the second reading, and what may found a point."""
    (reviewed,) = (row for row in rows("actions") if row["action"] == "report.review")
    for who in EVERYBODY:
        plain = report(ReportState.SUBMITTED, ["H0"], ["13"], EVERYBODY[0].unit_id)
        assert not passes(called(reviewed["permission"]), who, plain)
    for it, who in product(reports((ReportState.SUBMITTED,)), EVERYBODY):
        if not _citable(it):
            own = it.owner_unit_id == who.unit_id and it.silent_until is None
            contributors = {"investigator", "unit_head", "cross_analyst", "cross_head", "ofast_analyst"}
            contributes = bool(working_roles(who) & contributors) and of_own_unit(who)
            assert passes(called("dealpoints.check_propose"), who, it) is (own and contributes)


# --- Moves --------------------------------------------------------------------------------------------------------
STEPS = {
    "report": {(a.value, b.value) for a, b in REPORT_STEPS},
    "dealpoint": {(a.value, b.value) for a, to in POINT_STEPS.items() for b in to},
    "objective": {(a.value, b.value) for a, to in OBJECTIVE_STEPS.items() for b in to},
    "hit": {(a.value, b.value) for a, to in HIT_STEPS.items() for b in to},
    "contact": {(a.value, b.value) for a, to in CONTACT_STEPS.items() for b in to},
    "release": {(a.value, b.value) for a, to in RELEASE_STEPS.items() for b in to},
    "target": {(a.value, b.value) for a, to in TARGET_STEPS.items() for b in to},
    "settlement": {(a.value, b.value) for a, b in SETTLEMENT_STEPS},
}


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_the_moves_are_those_of_the_table(kind: str) -> None:
    assert {(row["from"], row["to"]) for row in of_object("moves", kind)} == STEPS[kind]


MOVED: dict[str, tuple[Any, Callable[..., None], Callable[..., Iterator[Any]]]] = {
    "report": (ReportState, intelligence.check_move, reports),
    "dealpoint": (DealPointState, dealpoints.check_move, points),
    "objective": (ObjectiveState, coordination.check_move, objectives),
    "target": (TargetState, targets.check_decide, targets_made),
}


@pytest.mark.parametrize("kind", sorted(MOVED))
def test_who_moves_is_who_the_table_says(kind: str) -> None:
    states, check, made = MOVED[kind]
    (submits,) = (row for row in rows("actions") if row["action"] == "report.submit")
    wrong = []
    for row in of_object("moves", kind):
        for it, who in product(made((states(row["from"]),)), EVERYBODY):
            wanted = stands(row["who"], who, it) and (row["to"] != "SUBMITTED" or said(submits, who, it))
            if passes(check, who, it, states(row["to"])) != wanted:
                wrong.append((row["from"], row["to"], who.login, who.unit_code))
    assert wrong == []
