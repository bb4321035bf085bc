"""Which act applies: by files in either order, by purpose, by day; without one, nothing."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.reference import rules
from recoupe.reference.enums import ActEffect, File


@dataclass(frozen=True)
class Act:
    file_a: str
    file_b: str
    purpose: str
    effect: str
    valid_from: date | None = None
    valid_to: date | None = None


DAY = date(2026, 6, 1)
PAIR = frozenset(("reports", "registry"))
acts = st.lists(
    st.builds(
        Act,
        st.sampled_from(File.values),
        st.sampled_from(File.values),
        st.sampled_from(["", "duty", "coordination"]),
        st.sampled_from(ActEffect.values),
        st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 30)),
        st.none() | st.dates(date(2026, 7, 1), date(2026, 12, 31)),
    ),
    max_size=8,
)


def test_no_act_no_comparison() -> None:
    assert rules.effect_of([], PAIR, "duty", DAY) is None
    other = Act("reports", "events", "", "existence")
    assert rules.effect_of([other], PAIR, "duty", DAY) is None


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), ActEffect.EXISTENCE),
        (date(2026, 12, 31), ActEffect.EXISTENCE),
        (date(2027, 1, 1), None),
    ],
)
def test_an_act_holds_from_its_first_to_its_last_day(day: date, found: ActEffect | None) -> None:
    act = Act("registry", "reports", "", "existence", date(2026, 1, 1), date(2026, 12, 31))
    assert rules.effect_of([act], PAIR, "duty", day) == found


def test_an_act_for_the_purpose_wins_over_the_general_one() -> None:
    general = Act("reports", "registry", "", "content_on_release")
    special = Act("registry", "reports", "administration", "forbidden")
    assert rules.effect_of([general, special], PAIR, "administration", DAY) == ActEffect.FORBIDDEN
    assert rules.effect_of([general, special], PAIR, "duty", DAY) == ActEffect.CONTENT_ON_RELEASE


def test_a_file_compared_with_itself_needs_an_act_of_its_own() -> None:
    mixed = Act("reports", "registry", "", "existence")
    assert rules.effect_of([mixed], frozenset(("reports",)), "duty", DAY) is None
    own = Act("reports", "reports", "", "content_on_release")
    assert rules.effect_of([own], frozenset(("reports",)), "duty", DAY) == ActEffect.CONTENT_ON_RELEASE


@given(acts, st.sampled_from(["", "duty", "coordination"]), st.randoms())
def test_the_order_of_the_acts_never_matters(rows: list[Act], purpose: str, shuffler: object) -> None:
    mixed = list(rows)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    assert rules.effect_of(rows, PAIR, purpose, DAY) == rules.effect_of(mixed, PAIR, purpose, DAY)


@given(acts, st.sampled_from(["", "duty", "coordination"]))
def test_a_second_act_of_the_same_rank_never_loosens(rows: list[Act], purpose: str) -> None:
    order = {e: i for i, e in enumerate(rules.STRICTEST_FIRST)}
    before = rules.effect_of(rows, PAIR, purpose, DAY)
    stricter = Act("reports", "registry", purpose, "forbidden")
    after = rules.effect_of([*rows, stricter], PAIR, purpose, DAY)
    assert after == ActEffect.FORBIDDEN
    assert before is None or order[after] <= order[before]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("st denis", "saint denis"), ("ste foy", "sainte foy"), ("nogent", "nogent"), ("est", "est")],
)
def test_saint_may_be_shortened(typed: str, meant: str) -> None:
    assert rules.spelled_out(typed) == meant


def test_codes_are_told_apart_by_shape() -> None:
    assert rules.is_postal_code("13001") and rules.is_commune_code("13001")
    assert rules.is_commune_code("2A004") and rules.is_commune_code("2b033")
    assert not rules.is_postal_code("2A004") and not rules.is_commune_code("Lyon 3")
