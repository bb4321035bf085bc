"""Which commune is meant: one order, the same live and from the table, and refusals that name the candidates."""

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.reference.communes import CodeKind, Gazetteer, GazetteerTable, LiveGazetteer, meant, typed_as
from recoupe.web.reference.fields import read_commune

pytestmark = pytest.mark.usefixtures("world")

BOTH = pytest.mark.parametrize("gazetteer", [LiveGazetteer(), GazetteerTable()], ids=["live", "table"])


def said(error: Invalid) -> str:
    return error.sentence % error.params


@BOTH
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Marseille", "13055"),
        ("  marseille ", "13055"),
        ("Saint-Denis (93)", "93066"),
        ("st denis (974)", "97411"),
        ("13055", "13055"),
        ("INSEE 13001", "13001"),
        ("code INSEE : 13001", "13001"),
        ("CP 13001", "13055"),
        ("code postal 13001", "13055"),
        # An arrondissement is its commune; so is its postal code where no official code says otherwise.
        ("13201", "13055"),
        ("75001", "75056"),
        ("2A004", "2A004"),
        ("2a004", "2A004"),
    ],
)
def test_what_is_understood(gazetteer: Gazetteer, typed: str, code: str) -> None:
    found = meant(typed, gazetteer)
    assert found is not None
    assert found.code == code


@BOTH
@pytest.mark.parametrize("typed", ["Atlantide", "99999", "INSEE 99999", "CP 99999", "Marseille (59)", "", "()"])
def test_what_is_not(gazetteer: Gazetteer, typed: str) -> None:
    assert meant(typed, gazetteer) is None


@BOTH
def test_a_code_of_two_kinds_is_asked_with_both_communes(gazetteer: Gazetteer) -> None:
    with pytest.raises(Invalid) as refused:
        meant("13001", gazetteer)
    sentence = said(refused.value)
    for word in ("Aix-en-Provence 13001", "Marseille 13055", "INSEE 13001", "CP 13001", "Bouches-du-Rhône"):
        assert word in sentence
    # A code that our own form has chosen is an official one.
    found = meant("13001", gazetteer, codes_are_official=True)
    assert found is not None
    assert found.code == "13001"


@BOTH
def test_a_name_of_several_is_asked_with_their_departments(gazetteer: Gazetteer) -> None:
    with pytest.raises(Invalid) as refused:
        meant("Saint-Denis", gazetteer)
    sentence = said(refused.value)
    for word in ("Saint-Denis 93066 (Seine-Saint-Denis)", "Saint-Denis 97411 (La Réunion)", "INSEE "):
        assert word in sentence


@BOTH
def test_many_candidates_are_not_all_listed(gazetteer: Gazetteer) -> None:
    with pytest.raises(Invalid) as refused:
        meant("Sainte-Colombe", gazetteer)
    assert "…" in said(refused.value)
    assert len(said(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("13001", CodeKind.POSTAL, "CP 13001"),
        ("13001", CodeKind.INSEE, "INSEE 13001"),
        ("1001", CodeKind.POSTAL, "CP 01001"),
        ("2a004", CodeKind.INSEE, "INSEE 2A004"),
        ("Marseille", CodeKind.POSTAL, "Marseille"),
        ("", CodeKind.INSEE, ""),
    ],
)
def test_a_typed_column_says_what_its_codes_are(text: str, kind: CodeKind, written: str) -> None:
    assert typed_as(text, kind) == written


def test_a_form_also_takes_the_beginning_of_one_name_and_shows_the_choices_of_several() -> None:
    assert read_commune("Aix-en-Prov").code == "13001"
    with pytest.raises(Invalid) as refused:
        read_commune("Saint-Den")
    assert "(La Réunion)" in said(refused.value)
    with pytest.raises(Invalid, match="Aucune commune"):
        read_commune("Atlantide")
