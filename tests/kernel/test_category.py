"""Categories of persons, and the rule on minors at each side of 13 and 18."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel import category as rules
from recoupe.kernel.category import (
    ALLOWED_FOR_A_CHILD,
    CATEGORY_LABELS,
    NAME_PROTECTED,
    Minority,
    SubjectCategory,
    age_on,
    category,
    check_minor,
    minority_on,
)
from recoupe.kernel.dates import PartialDate
from recoupe.kernel.refusal import Invalid

EVENT = date(2026, 6, 15)


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        (PartialDate(2013, 6, 15), 13),
        (PartialDate(2013, 6, 16), 12),
        (PartialDate(2008, 6, 15), 18),
        (PartialDate(2008, 6, 16), 17),
        (PartialDate(2008, 6), 17),  # born 30 June at the latest
        (PartialDate(2008, 5), 18),
        (PartialDate(2008), 17),  # born 31 December at the latest
        (PartialDate(2007), 18),
    ],
)
def test_age_takes_the_youngest_that_the_date_allows(birth: PartialDate, age: int) -> None:
    assert age_on(birth, EVENT) == age


def test_born_on_the_29th_of_february() -> None:
    birth = PartialDate(2008, 2, 29)
    assert age_on(birth, date(2026, 2, 28)) == 17
    assert age_on(birth, date(2026, 3, 1)) == 18


@pytest.mark.parametrize(
    ("birth", "mark"),
    [
        (PartialDate(2013, 6, 16), Minority.CHILD),
        (PartialDate(2013, 6, 15), Minority.MINOR),
        (PartialDate(2008, 6, 16), Minority.MINOR),
        (PartialDate(2008, 6, 15), Minority.ADULT),
        (None, Minority.UNKNOWN),
    ],
)
def test_the_mark(birth: PartialDate, mark: Minority) -> None:
    assert minority_on(birth, EVENT) is mark
    assert check_minor(SubjectCategory.VICTIM, birth, EVENT) is mark


@pytest.mark.parametrize("kind", SubjectCategory)
def test_a_child_is_a_victim_or_at_risk_or_nothing(kind: SubjectCategory) -> None:
    child = PartialDate(2014, 1, 2)
    if kind in (SubjectCategory.VICTIM, SubjectCategory.AT_RISK):
        assert check_minor(kind, child, EVENT) is Minority.CHILD
    else:
        with pytest.raises(Invalid) as refusal:
            check_minor(kind, child, EVENT)
        assert refusal.value.sentence == rules.SENTENCE_CHILD
    assert check_minor(kind, PartialDate(2013, 6, 15), EVENT) is Minority.MINOR


def test_nobody_acts_before_birth() -> None:
    with pytest.raises(Invalid) as refusal:
        check_minor(SubjectCategory.VICTIM, PartialDate(2026, 6, 16), EVENT)
    assert refusal.value.sentence == rules.SENTENCE_NOT_BORN
    assert check_minor(SubjectCategory.VICTIM, PartialDate(2026), EVENT) is Minority.CHILD


@given(st.dates(date(1930, 1, 1), EVENT), st.dates(EVENT, date(2060, 1, 1)))
def test_age_grows_by_one_on_each_birthday_only(born: date, day: date) -> None:
    birth = PartialDate.of(born)
    grown = age_on(birth, day) - age_on(birth, day - timedelta(1))
    assert grown in (0, 1)
    if grown:
        assert (day.month, day.day) == (born.month, born.day) or (born.month, born.day) == (2, 29)
    assert 0 <= day.year - born.year - age_on(birth, day) <= 1


def test_words() -> None:
    assert category(" Suspect ") is SubjectCategory.SUSPECT
    for word in ("", "informateur", "informant"):
        with pytest.raises(Invalid):
            category(word)
    assert set(CATEGORY_LABELS) == set(SubjectCategory) > ALLOWED_FOR_A_CHILD


def test_whose_name_is_protected_and_what_a_child_may_be_are_these() -> None:
    """R-CAT-1, P-44: doubt hides; one word less, and a name is told to a whole service."""
    assert {kind.value for kind in NAME_PROTECTED} == {"victim", "at_risk", "witness", "unknown"}
    assert {kind.value for kind in ALLOWED_FOR_A_CHILD} == {"victim", "at_risk"}
