"""W3 is complete; what the registry takes; its terms."""

from datetime import date

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import SelectorKind
from recoupe.targets import rules
from recoupe.targets.enums import HELD, Doer, TargetState

S = TargetState


def test_each_table_names_each_state() -> None:
    for table in (rules.TRANSITIONS, rules.DECIDED_BY, rules.OPERATION, rules.TELLS):
        assert set(table) == set(S)


def test_every_state_is_reached_and_every_life_ends_erased() -> None:
    assert set().union(*rules.TRANSITIONS.values()) == set(S) - {S.REQUESTED}
    for start in S:
        reached, before = {start}, set[TargetState]()
        while reached != before:
            before, reached = reached, reached.union(*(rules.TRANSITIONS[s] for s in reached))
        assert S.ERASED in reached
    assert not rules.TRANSITIONS[S.ERASED]


def test_who_is_held_may_end_by_the_procedure_and_by_the_term() -> None:
    for state in HELD:
        assert {S.PROCEDURE_ENDED, S.EXPIRED} <= rules.TRANSITIONS[state]
    # Nobody but a machine erases, and no machine registers.
    assert rules.DECIDED_BY[S.ERASED] is Doer.RETENTION
    assert rules.DECIDED_BY[S.REGISTERED] is Doer.MANAGER


@pytest.mark.parametrize("typed", [(), ("CP 222-38",), ("CP 222-37", "CP 311-1")])
def test_another_article_opens_nothing(typed: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        rules.articles(typed)


def test_articles_stand_once_in_the_order_of_the_text() -> None:
    assert rules.articles(["CD 414", "CP 222-34", "CD 414"]) == ["CP 222-34", "CD 414"]


@pytest.mark.parametrize(
    ("born", "refused"),
    [
        (date(2013, 11, 23), False),  # thirteen today
        (date(2013, 11, 24), True),
        (date(2027, 1, 1), True),
        (date(1890, 1, 1), True),
        (None, False),
    ],
)
def test_nobody_below_thirteen_is_a_target(born: date | None, refused: bool) -> None:
    today = date(2026, 11, 23)
    if refused:
        with pytest.raises(Invalid):
            rules.check_birth(born, today, 13)
    else:
        rules.check_birth(born, today, 13)


def test_a_minor_turns_of_age_on_his_birthday() -> None:
    assert rules.is_minor(date(2008, 11, 24), date(2026, 11, 23))
    assert not rules.is_minor(date(2008, 11, 23), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("on", "ends"), [(date(2026, 11, 23), date(2028, 11, 23)), (date(2028, 2, 29), date(2030, 2, 28))]
)
def test_two_years_at_most(on: date, ends: date) -> None:
    assert rules.expiry(on, 2) == ends


def test_an_identifier_must_be_readable() -> None:
    assert rules.selectors(SelectorKind.PHONE, ["06 39 98 12 34", "", "06 39 98 12 34"], "phones") == ["06 39 98 12 34"]
    with pytest.raises(Invalid) as refusal:
        rules.selectors(SelectorKind.PHONE, ["???"], "phones")
    assert refusal.value.field == "phones"
    with pytest.raises(Invalid):
        rules.selectors(SelectorKind.PHONE, [f"06 39 98 {n:02d} 34" for n in range(21)], "phones")
