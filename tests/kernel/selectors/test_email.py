"""E-mail addresses: one case, and a wrong form is kept."""

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.email import WARNING_SHAPE


@pytest.mark.parametrize(
    "raw",
    [
        "jean.dupont@example.com",
        "Jean.Dupont@EXAMPLE.com",
        "<jean.dupont@example.com>",
        "mailto:jean.dupont@example.com",
        "jean.dupont (at) example.com",
        "jean.dupont[arobase]example.com",
        "jean.dupont@example.com.",
        "jean.dupont @ example.com",
    ],
)
def test_writings(raw: str) -> None:
    found = normalise("email", raw)
    assert (found.value, found.valid, found.warning) == ("jean.dupont@example.com", None, "")
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize("raw", ["a+b@x.fr", "a_b-c@sub.example.museum", "é.à@exemple.fr", "o'neil@example.ie"])
def test_forms_that_exist(raw: str) -> None:
    assert normalise("email", raw).valid is None


@pytest.mark.parametrize(
    "raw", ["jean.dupont", "jean@dupont", "a@@b.fr", ".a@b.fr", "a@-b.fr", "a@b.f", "a" * 250 + "@b.fr"]
)
def test_a_wrong_form_warns_and_is_kept(raw: str) -> None:
    found = normalise("email", raw)
    assert (found.value, found.valid, found.warning) == (raw, False, WARNING_SHAPE)


@pytest.mark.parametrize("raw", ["@", "<>", "..."])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("email", raw)


@pytest.mark.parametrize("raw", ["0´", "e´@exemple.fr", "a¨b@exemple.fr", "\u037a1@x.fr"])
def test_a_mark_that_comes_apart_into_a_blank_leaves_a_stable_value(raw: str) -> None:
    value = normalise("email", raw).value
    assert " " not in value
    assert normalise("email", value).value == value
