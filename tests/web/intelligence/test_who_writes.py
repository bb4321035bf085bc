"""A blank form is for whoever may deposit it; a name is shown in the reader's words, and its absence is said."""

import pytest
from django.utils.translation import override

from recoupe.access.enums import Role
from recoupe.intelligence.fields import MASKED, PersonShown
from recoupe.intelligence.models import Person
from recoupe.web.intelligence import shown
from tests.world import World


@pytest.mark.parametrize("address", ["/renseignements/nouveau/", "/renseignements/ligne/"])
def test_a_role_of_a_cell_outside_a_cell_opens_no_form(world: World, address: str) -> None:
    """P-81: it gives reading alone; refused before a word is typed, where its page lists it among those who write."""
    assert world.client(world.agent(Role.INVESTIGATOR, "PJ13")).get(address).status_code == 200
    assert world.client(world.agent(Role.CROSS_ANALYST, "CROSS13")).get(address).status_code == 200
    assert world.client(world.agent(Role.CROSS_ANALYST, "PJ13")).get(address).status_code == 403


def person(masked: bool, **named: str) -> PersonShown:
    return PersonShown(Person(category="suspect", **named), masked)


def test_a_person_is_shown_by_name_masked_in_the_reader_s_language_or_without_one() -> None:
    assert shown.person(person(False, given="Maël", family="TESTARD")).name == "Maël TESTARD"
    assert shown.person(person(False)).name == "sans nom"
    assert shown.person(person(True, given="Maël", family="TESTARD")).name == MASKED
    with override("en"):
        masked = shown.person(person(True, given="Maël", family="TESTARD")).name
        assert masked != MASKED
        assert "TESTARD" not in masked
        assert shown.person(person(False)).name != "sans nom"
