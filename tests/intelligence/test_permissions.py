"""Truth tables: the right standing on this report passes, the same role on another one does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localdate

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.intelligence import permissions, rules
from recoupe.intelligence.enums import Doer, ImportState, ReportState
from recoupe.intelligence.models import ImportFile, Report
from recoupe.kernel.refusal import Conflict, Refused
from recoupe.reference.models.organisation import unit_id
from recoupe.reference.queries import unit
from recoupe.reference.snapshot import snapshot
from tests.intelligence.made import agent

pytestmark = pytest.mark.usefixtures("world")

S = ReportState
UNIT, OTHER_UNIT, OFFICE = (UUID(int=i) for i in range(11, 14))
# Whether a cell is at work is asked of the reference.
CELL13, CELL84 = unit_id("CROSS13"), unit_id("CROSS84")
AUTHOR_ID = UUID(int=99)

WHO: dict[str, Agent] = {
    "author": agent(AUTHOR_ID, UNIT, Role.INVESTIGATOR),
    "author, moved to another unit": agent(AUTHOR_ID, OTHER_UNIT, Role.INVESTIGATOR),
    "colleague": agent(uuid4(), UNIT, Role.INVESTIGATOR),
    "head of the unit": agent(uuid4(), UNIT, Role.UNIT_HEAD),
    "head of another unit": agent(uuid4(), OTHER_UNIT, Role.UNIT_HEAD),
    "duty officer": agent(uuid4(), UNIT, Role.DUTY_OFFICER),
    "analyst of the cell": agent(uuid4(), CELL13, Role.CROSS_ANALYST, kind="cross"),
    "analyst of another cell": agent(uuid4(), CELL84, Role.CROSS_ANALYST, kind="cross", departments=("84",)),
    "head of the cell": agent(uuid4(), CELL13, Role.CROSS_HEAD, kind="cross"),
    "head of another cell": agent(uuid4(), CELL84, Role.CROSS_HEAD, kind="cross", departments=("84",)),
    "an investigator with an analyst's role outside a cell": agent(uuid4(), UNIT, Role.CROSS_ANALYST),
    "analyst of the office": agent(uuid4(), OFFICE, Role.OFAST_ANALYST, kind="office", departments=()),
    "officer for data protection": agent(uuid4(), UNIT, Role.DPO),
    "administrator": agent(uuid4(), UNIT, Role.SYSADMIN),
    "prosecutor": agent(uuid4(), uuid4(), Role.PROSECUTOR, kind="court"),
}


def report(state: ReportState = S.SUBMITTED, **changes: Any) -> Report:
    """A report of UNIT in department 13, written by the author."""
    facts: dict[str, object] = {
        "state": state,
        "author_id": AUTHOR_ID,
        "owner_unit_id": UNIT,
        "departments": ["13"],
        "handling": ["H0"],
    }
    return Report(**{**facts, **changes})


CELL = {"analyst of the cell", "head of the cell"}
OWNERS = {"author", "head of the unit"}


@pytest.mark.parametrize(
    ("check", "state", "allowed"),
    [
        (permissions.check_edit_draft, S.DRAFT, {"author"}),
        (permissions.check_submit, S.DRAFT, {"author"}),
        (lambda who, it: permissions.check_move(who, it, S.TRIAGED), S.SUBMITTED, CELL),
        (lambda who, it: permissions.check_move(who, it, S.REJECTED), S.SUBMITTED, CELL),
        (permissions.check_grade, S.TRIAGED, CELL),
        (permissions.check_grade, S.DISSEMINATED, CELL),
        (lambda who, it: permissions.check_move(who, it, S.INDEXED), S.GRADED, CELL),
        (lambda who, it: permissions.check_move(who, it, S.DISSEMINATED), S.HIT, {"head of the cell"}),
        (lambda who, it: permissions.check_move(who, it, S.LINKED), S.DISSEMINATED, CELL),
        (lambda who, it: permissions.check_move(who, it, S.FILED), S.GRADED, CELL),
        (lambda who, it: permissions.check_move(who, it, S.CROSS_CHECKED), S.INDEXED, set()),
        (lambda who, it: permissions.check_move(who, it, S.ERASED), S.REVIEW_DUE, set()),
        (permissions.check_correct, S.SUBMITTED, OWNERS),
        (permissions.check_correct, S.DISSEMINATED, OWNERS),
        (permissions.check_silence, S.SUBMITTED, {"head of the unit"}),
        (permissions.check_attach, S.SUBMITTED, OWNERS),
    ],
)
def test_who_may(check: Callable[[Agent, Report], None], state: ReportState, allowed: set[str]) -> None:
    passed = set()
    for name, who in WHO.items():
        try:
            check(who, report(state))
        except Refused as refused:
            assert str(refused)
        else:
            passed.add(name)
    assert passed == allowed


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"departments": ["84"]}, {"analyst of another cell", "head of another cell"}),
        ({"departments": ["13", "84"]}, CELL | {"analyst of another cell", "head of another cell"}),
        ({"departments": []}, {"analyst of the office"}),
        ({"departments": [], "handling": ["H2"]}, {"head of the unit"}),
        ({"handling": ["H2"]}, CELL),
        ({"handling": ["H3"], "h3_line": "both", "handling_conditions": "x"}, CELL),
        ({"handling": ["H3"], "h3_line": "nobody", "handling_conditions": "x"}, {"head of the unit"}),
        ({"silent_until": "2026-12-01"}, {"head of the unit"}),
        ({"handling": []}, {"head of the unit"}),
    ],
)
def test_who_works_on_a_report_follows_its_place_and_its_codes(changes: dict[str, Any], allowed: set[str]) -> None:
    passed = {name for name, who in WHO.items() if permissions.can_move(who, report(**changes), S.TRIAGED)}
    assert passed == allowed


def test_the_head_of_a_silent_unit_works_on_what_it_alone_reads() -> None:
    inspection = unit("IGPN")
    head = agent(uuid4(), inspection.id, Role.UNIT_HEAD, kind="inspection", departments=())
    own = report(owner_unit_id=inspection.id)
    assert permissions.standing(head, own) == {Doer.OWNER_HEAD, Doer.HANDLER, Doer.VALIDATOR}
    assert permissions.standing(WHO["head of the cell"], own) == frozenset()


def test_nobody_works_on_what_he_wrote() -> None:
    for name in ("analyst of the cell", "head of the cell"):
        who = WHO[name]
        own = report(author_id=who.id, owner_unit_id=CELL13)
        assert Doer.HANDLER not in permissions.standing(who, own)
        with pytest.raises(Refused):
            permissions.check_move(who, own, S.TRIAGED)


def test_a_second_reader_is_never_the_author() -> None:
    sensitive = report(S.SUBMITTED, review_needed=True)
    allowed = {name for name, who in WHO.items() if permissions.can_review(who, sensitive)}
    assert allowed == {"head of the unit", "head of the cell"}
    by_the_head = report(S.SUBMITTED, review_needed=True, author_id=WHO["head of the unit"].id)
    assert not permissions.can_review(WHO["head of the unit"], by_the_head)
    with pytest.raises(Conflict):
        permissions.check_review(WHO["head of the cell"], report(review_needed=False))


def test_sensitive_words_hold_dissemination_until_they_are_read() -> None:
    head = WHO["head of the cell"]
    with pytest.raises(Conflict, match="sensibles"):
        permissions.check_move(head, report(S.HIT, review_needed=True), S.DISSEMINATED)
    permissions.check_move(head, report(S.HIT, review_needed=True, reviewed_by=uuid4()), S.DISSEMINATED)


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("to", list(S))
def test_a_move_that_the_table_lacks_is_refused_by_its_person_then_by_its_state(
    state: ReportState, to: ReportState
) -> None:
    """P-3: 409 for who could lead a report there from another state, 403 for everybody else."""
    if (state, to) in rules.TRANSITIONS:
        return
    leading = [move.doers for (_, target), move in rules.TRANSITIONS.items() if target is to]
    for who in WHO.values():
        could = any(permissions.standing(who, report(state)) & doers for doers in leading)
        with pytest.raises(Conflict if could else Refused):
            permissions.check_move(who, report(state), to)


def test_who_wrote_the_assessment_neither_handles_nor_signs() -> None:
    """P-84: as who wrote the fact."""
    for name in ("analyst of the cell", "head of the cell"):
        own = report(S.HIT, assessment_author_id=WHO[name].id, review_needed=True)
        assert Doer.HANDLER not in permissions.standing(WHO[name], own)
        assert Doer.VALIDATOR not in permissions.standing(WHO[name], own)
        assert not permissions.can_review(WHO[name], own)
    assert permissions.can_review(WHO["head of the cell"], report(S.HIT, review_needed=True))


def test_who_writes_reports() -> None:
    passed = {name for name, who in WHO.items() if permissions.can_create(who)}
    refused = {"duty officer", "analyst of the office", "officer for data protection", "administrator", "prosecutor",
               "an investigator with an analyst's role outside a cell"}  # fmt: skip
    assert passed == set(WHO) - refused


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (ImportState.CHECKED, {"head of the unit"}),
        (ImportState.UPLOADED, set()),
        (ImportState.OPENED, set()),
        (ImportState.DONE, set()),
    ],
)
def test_the_head_of_the_unit_alone_opens_a_checked_file(state: ImportState, allowed: set[str]) -> None:
    handed = ImportFile(state=state, owner_unit_id=UNIT, uploaded_by=AUTHOR_ID)
    assert {name for name, who in WHO.items() if permissions.can_open_import(who, handed)} == allowed


def test_a_file_is_written_by_its_unit_once_opened() -> None:
    handed = ImportFile(state=ImportState.OPENED, owner_unit_id=UNIT, uploaded_by=AUTHOR_ID)
    assert permissions.can_run_import(WHO["author"], handed)
    assert not permissions.can_run_import(WHO["head of another unit"], handed)
    handed.state = ImportState.CHECKED
    assert not permissions.can_run_import(WHO["author"], handed)
    permissions.demand_member(WHO["author"], handed)
    for stranger in ("head of another unit", "duty officer", "an investigator with an analyst's role outside a cell"):
        with pytest.raises(Refused):
            permissions.demand_member(WHO[stranger], handed)


def test_a_cell_that_has_shut_handles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-33: its people still read, and work on no report of the territory any more."""
    analyst, head = WHO["analyst of the cell"], WHO["head of the cell"]
    assert permissions.can_grade(analyst, report(S.TRIAGED))
    assert permissions.can_review(head, report(S.HIT, review_needed=True))
    monkeypatch.setattr(snapshot().unit_by_id[CELL13], "valid_to", localdate() - timedelta(days=1))
    assert not permissions.can_grade(analyst, report(S.TRIAGED))
    assert not permissions.can_review(head, report(S.HIT, review_needed=True))
    monkeypatch.setattr(snapshot().unit_by_id[CELL13], "valid_to", localdate())
    assert permissions.can_grade(analyst, report(S.TRIAGED))
