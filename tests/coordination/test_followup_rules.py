"""After an operation: the tables are complete, each rule at its bounds, and what the reoccupation rate counts."""

from datetime import date, timedelta

import pytest

from recoupe.coordination.followup import rules
from recoupe.coordination.followup.enums import OPEN, CheckState, Fate, Keeper, MeasureKind, MeasureState, Seen
from recoupe.coordination.followup.rules import Dismantling, Forces, Window
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.rules import TRANSITIONS as POINT_STEPS
from recoupe.kernel.refusal import Invalid

M, D = MeasureState, DealPointState
DAY = date(2026, 3, 1)
TERM = 180
OVER = DAY + timedelta(days=TERM + 1)


# -- tables ------------------------------------------------------------------------------------------------------------
def test_every_state_of_a_measure_stands_in_every_table() -> None:
    for table in (rules.TRANSITIONS, rules.KEPT_BY, rules.NEEDS_MOTIVE):
        assert set(table) == set(M)
    assert set(rules.KEPT_BY.values()) == set(Keeper)


def test_every_state_is_reached_from_the_first_and_what_is_open_can_end() -> None:
    reached = {M.TO_DO}
    for _ in M:
        reached |= {to for state in reached for to in rules.TRANSITIONS[state]}
    assert reached == set(M)
    assert {state for state in M if rules.TRANSITIONS[state]} == OPEN


def test_a_point_whose_checks_wait_can_still_be_found_reoccupied() -> None:
    ways = {state: POINT_STEPS[state] for state in rules.WATCHED}
    assert ways == {D.DISMANTLED: {D.WATCH}, D.WATCH: {D.CLOSED, D.REOCCUPIED, D.DISPLACED}}


# -- measures ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["M. Dupont", "Mme Durand, adjointe", "Monsieur le maire Martin", "06 12 34 56 78",
                                  "a.b@mairie.example", "", "  ", "x" * 121])  # fmt: skip
def test_a_partner_is_an_office_and_never_a_person(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_partner(name)
    assert refused.value.field == "partner"


@pytest.mark.parametrize("name", ["Mairie, direction de la voirie", "Bailleur, agence du nord", "Commune de Mé"])
def test_an_office_is_kept(name: str) -> None:
    assert rules.checked_partner(f" {name} ") == name


def test_nothing_is_due_before_the_operation_nor_after_two_years() -> None:
    assert rules.checked_due(DAY, DAY, DAY) == DAY
    with pytest.raises(Invalid, match="opération"):
        rules.checked_due(DAY - timedelta(days=1), DAY, DAY)
    assert rules.checked_due(DAY + timedelta(days=730), DAY, DAY)
    with pytest.raises(Invalid, match="deux ans"):
        rules.checked_due(DAY + timedelta(days=731), DAY, DAY)


FORCES = MeasureKind.FORCES


@pytest.mark.parametrize(
    ("kind", "told", "field"),
    [
        (MeasureKind.LIGHT, Forces(requested=3), "requested"),
        (MeasureKind.WORKS, Forces(used=1), "used"),
        (FORCES, Forces(), "requested"),
        (FORCES, Forces(-1), "requested"),
        (FORCES, Forces(100_001), "requested"),
        (FORCES, Forces(10, 100_001), "granted"),
        (FORCES, Forces(10, None, 1), "used"),
        (FORCES, Forces(10, 4, 5), "used"),
    ],
)
def test_forces_that_do_not_add_up_are_refused(kind: MeasureKind, told: Forces, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_forces(kind, told)
    assert refused.value.field == field


@pytest.mark.parametrize("told", [Forces(0), Forces(10, 12), Forces(10, 4, 4), Forces(100_000, 100_000, 100_000)])
def test_forces_that_do_are_kept(told: Forces) -> None:
    assert rules.checked_forces(FORCES, told) == told
    assert rules.checked_forces(MeasureKind.SOCIAL, Forces()) == Forces()


# -- checks ------------------------------------------------------------------------------------------------------------
def test_a_check_lasts_until_the_next_one() -> None:
    later = DAY + timedelta(days=30)
    made = rules.windows([(30, later, None), (7, DAY, Seen.CLEAN)])
    assert made == [Window(7, DAY, later, Seen.CLEAN), Window(30, later, None)]


@pytest.mark.parametrize(
    ("days", "answered", "moot", "state"),
    [
        (-1, False, False, CheckState.COMING),
        (0, False, False, CheckState.DUE),
        (7, False, False, CheckState.DUE),
        (8, False, False, CheckState.LATE),
        (8, False, True, CheckState.MOOT),
        (8, True, True, CheckState.ANSWERED),
    ],
)
def test_where_a_check_stands(days: int, answered: bool, moot: bool, state: CheckState) -> None:
    today = DAY + timedelta(days=days)
    assert rules.check_state(DAY, 7, today, answered=answered, moot=moot) is state


FIRST = Window(7, DAY, DAY + timedelta(days=23))


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (22, False), (23, True)])
def test_a_look_answers_the_check_of_its_own_days(days: int, refused: bool) -> None:
    today, on = DAY + timedelta(days=60), DAY + timedelta(days=days)
    if refused:
        with pytest.raises(Invalid):
            rules.checked_look(FIRST, Seen.CLEAN, on, today)
    else:
        assert rules.checked_look(FIRST, Seen.CLEAN, on, today) == on


def test_the_last_check_has_no_end_no_look_lies_ahead_and_each_has_its_day() -> None:
    last = Window(180, DAY, None)
    long_after = DAY + timedelta(days=400)
    assert rules.checked_look(last, Seen.RESOLD, long_after, long_after) == long_after
    for on, today in ((long_after, DAY), (None, DAY)):
        with pytest.raises(Invalid) as refused:
            rules.checked_look(last, Seen.CLEAN, on, today)
        assert refused.value.field == "seen_on"


def test_nobody_says_that_he_did_not_look_before_the_day() -> None:
    assert rules.checked_look(FIRST, Seen.NOT_LOOKED, DAY, DAY) is None
    with pytest.raises(Invalid):
        rules.checked_look(FIRST, Seen.NOT_LOOKED, None, DAY - timedelta(days=1))


CLEAN4 = [Seen.CLEAN] * 4


@pytest.mark.parametrize(
    ("state", "answers", "days", "proposed"),
    [
        (D.WATCH, CLEAN4, 180, True),
        (D.WATCH, CLEAN4, 179, False),
        (D.DISMANTLED, CLEAN4, 180, False),
        (D.REOCCUPIED, CLEAN4, 180, False),
        (D.WATCH, [*CLEAN4[:3], None], 180, False),
        (D.WATCH, [*CLEAN4[:3], Seen.NOT_LOOKED], 180, False),
        (D.WATCH, [*CLEAN4[:3], Seen.MOVED], 180, False),
        (D.WATCH, [], 180, False),
    ],
)
def test_a_closing_is_proposed_when_every_look_was_clean(
    state: DealPointState, answers: list[Seen | None], days: int, proposed: bool
) -> None:
    today = DAY + timedelta(days=days)
    assert rules.closing_proposed(state, DAY, answers, 180, today) is proposed
    assert not rules.closing_proposed(state, None, answers, 180, today)


# -- the rate, as a specification --------------------------------------------------------------------------------------
def dismantling(back: int | None, *answers: Seen | None, left: bool = False) -> Dismantling:
    return Dismantling(DAY, None if back is None else DAY + timedelta(days=back), left, answers or (None,) * 4)


# | reoccupied on day | its four checks found      | after 181 days |
SPECIFICATION = (
    (dismantling(1), Fate.REOCCUPIED),
    (dismantling(180, *CLEAN4), Fate.REOCCUPIED),
    (dismantling(181, *CLEAN4), Fate.CLEAN),
    (dismantling(None, *CLEAN4), Fate.CLEAN),
    (dismantling(None, *CLEAN4[:3], Seen.MOVED), Fate.MOVED),
    (dismantling(None, left=True), Fate.MOVED),
    (dismantling(None), Fate.UNKNOWN),
    (dismantling(None, *CLEAN4[:3], None), Fate.UNKNOWN),
    (dismantling(None, *CLEAN4[:3], Seen.NOT_LOOKED), Fate.UNKNOWN),
    # An officer saw it, the cell has not said so of the point: nobody may count that place as clean.
    (dismantling(None, *CLEAN4[:3], Seen.RESOLD), Fate.UNKNOWN),
    (Dismantling(DAY, None, False, ()), Fate.UNKNOWN),
)


@pytest.mark.parametrize(("one", "fate"), SPECIFICATION)
def test_what_became_of_a_place(one: Dismantling, fate: Fate) -> None:
    assert rules.fate(one, TERM, OVER) is fate
    # The last day of its term is not over: nothing is said of it, not even of a place that was reoccupied at once.
    assert rules.fate(one, TERM, OVER - timedelta(days=1)) is Fate.TOO_SOON


def test_the_rate_tells_what_is_known_and_what_is_not() -> None:
    young = Dismantling(OVER, OVER, False, ())
    found = rules.reoccupation([*(one for one, _ in SPECIFICATION), young], TERM, OVER)
    assert (found.dismantled, found.reoccupied, found.moved, found.clean, found.unknown, found.too_soon) == (
        11, 2, 2, 2, 5, 1,
    )  # fmt: skip
    assert found.rate is not None
    assert (found.rate.count, found.rate.of) == (2, 6)
    assert found.rate.low < 1 / 3 < found.rate.high
    assert (found.least, found.most) == (2 / 11, 7 / 11)


def test_of_nothing_no_rate() -> None:
    found = rules.reoccupation([], TERM, OVER)
    assert (found.rate, found.least, found.most, found.dismantled) == (None, None, None, 0)
