"""Addresses: abbreviations opened, always a hint."""

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12, av. du Gal de Gaulle 13001 Marseille", "12 avenue du general de gaulle 13001 marseille"),
        ("12 AVENUE DU GÉNÉRAL DE GAULLE 13001 MARSEILLE", "12 avenue du general de gaulle 13001 marseille"),
        ("n°3 bis Bd St-Michel", "3 bis boulevard saint michel"),
        ("Bât. B, Rés. les Lilas", "batiment b residence les lilas"),
        ("1 r. des Lilas 75700 Paris CEDEX", "1 rue des lilas 75700 paris"),
        ("1 rue A et B", "1 rue a et b"),
    ],
)
def test_writings(raw: str, value: str) -> None:
    found = normalise("address", raw)
    assert (found.value, found.valid) == (value, None)
    assert strength(found) is Strength.WEAK


@pytest.mark.parametrize("raw", ["-", "n°", "1"])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        normalise("address", raw)
