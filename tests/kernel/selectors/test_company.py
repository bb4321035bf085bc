"""Companies: SIREN, SIRET, La Poste's exception, VAT numbers; a name is a hint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import siren, siret, tva

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.company import WARNING_CHECK, WARNING_LENGTH


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("404833048", "404833048"),
        ("404 833 048", "404833048"),
        ("SIREN : 404 833 048", "404833048"),
        ("404 833 048 00022", "404833048"),
        ("SIRET 40483304800022", "404833048"),
        ("RCS Paris B 404 833 048", "404833048"),
        ("SARL Untel, 404 833 048", "404833048"),
        ("FR83404833048", "404833048"),
        ("FR 83 404 833 048", "404833048"),
        ("356000000", "356000000"),
        ("356 000 000 00048", "356000000"),  # Luhn
        ("356 000 000 49837", "356000000"),  # La Poste: sum of digits a multiple of five
    ],
)
def test_numbers(raw: str, value: str) -> None:
    found = normalise("company", raw)
    assert (found.value, found.valid, found.warning) == (value, True, "")
    assert strength(found) is Strength.CERTAIN


@pytest.mark.parametrize(
    ("raw", "value", "warning"),
    [
        ("404833049", "404833049", WARNING_CHECK),
        ("404 833 048 00023", "404833048", WARNING_CHECK),
        ("356 000 000 49838", "356000000", WARNING_CHECK),
        ("404 833 048 49837", "404833048", WARNING_CHECK),  # the exception is La Poste's alone
        ("FR84404833048", "404833048", WARNING_CHECK),
        ("40483304", "40483304", WARNING_LENGTH),
        ("4048330480", "4048330480", WARNING_LENGTH),
    ],
)
def test_a_wrong_number_warns_and_is_kept(raw: str, value: str, warning: str) -> None:
    found = normalise("company", raw)
    assert (found.value, found.valid, found.warning) == (value, False, warning)
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("SARL Léa & Fils", "sarl lea fils"),
        ("L'Épicerie du Coin", "l epicerie du coin"),
        ("Garage 2000", "garage 2000"),
    ],
)
def test_a_name_is_a_hint(raw: str, value: str) -> None:
    found = normalise("company", raw)
    assert (found.value, found.valid) == (value, None)
    assert strength(found) is Strength.WEAK


@given(st.from_regex(r"[1-9][0-9]{8}", fullmatch=True))
def test_siren_agrees_with_another_implementation(number: str) -> None:
    assert normalise("company", number).valid is siren.is_valid(number)
    good = number[:8] + next(d for d in "0123456789" if siren.is_valid(number[:8] + d))
    vat = next(f"FR{n:02}{good}" for n in range(97) if tva.is_valid(f"FR{n:02}{good}"))
    assert normalise("company", vat).value == good and normalise("company", vat).valid


@given(st.from_regex(r"(404833048|356000000)[0-9]{5}", fullmatch=True))
def test_siret_agrees_with_another_implementation(number: str) -> None:
    assert normalise("company", number).valid is siret.is_valid(number)


@pytest.mark.parametrize("raw", ["12", "-", "SIREN", "n° 12"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("company", raw)
