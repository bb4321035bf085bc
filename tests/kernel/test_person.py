"""The weak key: the same for every way to write one name, absent when the date is not a date."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.dates import PartialDate
from recoupe.kernel.person import PersonName, person_key

BIRTH = PartialDate(1985, 3, 12)


def test_the_key_is_blind_to_case_accents_hyphens_and_apostrophes() -> None:
    keys = {
        person_key("Jean-Éric", "D'Hœux", BIRTH),
        person_key("JEAN ERIC", "d’hoeux", BIRTH),
        person_key(" jean  éric ", "D HOEUX", BIRTH),
    }
    assert keys == {"d hoeux|jean eric|1985-03-12"}


@pytest.mark.parametrize("birth", [None, PartialDate(1985), PartialDate(1985, 3), PartialDate(1985, 1, 1)])
def test_no_full_birth_date_no_key(birth: PartialDate) -> None:
    assert person_key("Jean", "Martin", birth) is None


def test_first_of_january_counts_as_a_date_only_for_a_proof() -> None:
    birth = PartialDate(1985, 1, 1)
    assert person_key("Jean", "Martin", birth, first_january_is_year=False) == "martin|jean|1985-01-01"
    assert PersonName("Jean", "Martin").key(birth) is None
    assert PersonName("Jean", "Martin").key(birth, first_january_is_year=False) == "martin|jean|1985-01-01"


@pytest.mark.parametrize(("given_name", "family"), [("", "Martin"), ("Jean", ""), ("-", "Martin"), ("Jean", " '. ")])
def test_half_a_name_has_no_key(given_name: str, family: str) -> None:
    assert person_key(given_name, family, BIRTH) is None


def test_given_and_family_are_not_interchangeable() -> None:
    assert person_key("Martin", "Jean", BIRTH) != person_key("Jean", "Martin", BIRTH)
    assert person_key("Jean Paul", "Martin", BIRTH) != person_key("Jean", "Paul Martin", BIRTH)


@given(st.text(max_size=20), st.text(max_size=20), st.dates(date(1900, 1, 1), date(2026, 1, 1)))
def test_a_key_always_has_three_parts(given_name: str, family: str, day: date) -> None:
    key = person_key(given_name, family, PartialDate.of(day))
    if key is not None:
        assert key.count("|") == 2 and key.endswith(day.isoformat()) and (day.month, day.day) != (1, 1)


@pytest.mark.parametrize(
    ("text", "given_name", "family"),
    [
        ("DUPONT Jean-Paul", "Jean-Paul", "DUPONT"),
        ("Jean-Paul DUPONT", "Jean-Paul", "DUPONT"),
        ("DE LA TOUR Marie", "Marie", "DE LA TOUR"),
        ("Dupont, Jean Paul", "Jean Paul", "Dupont"),
        ("Jean Paul Dupont", "Jean Paul", "Dupont"),
        ("DUPONT", "", "DUPONT"),
        ("", "", ""),
    ],
)
def test_a_name_on_one_line(text: str, given_name: str, family: str) -> None:
    assert PersonName.parse(text) == PersonName(given_name, family)


def test_a_name_is_shown_given_name_first() -> None:
    assert str(PersonName("Jean", "Dupont")) == "Jean Dupont"
    assert str(PersonName("", "Dupont")) == "Dupont"
