"""A line that says where names the commune once, whatever was typed beside it."""

import pytest

from recoupe.web.intelligence.shown import beside


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("Marseille", ""),
        ("marseille (13)", ""),
        ("à Marseille", ""),
        ("13000 Marseille", ""),
        ("12 rue Haute, 13000 Marseille", "12 rue Haute"),
        ("12 rue Haute à Marseille.", "12 rue Haute"),
        ("Marseille, sous le porche", "sous le porche"),
        ("Marseille - cité fictive", "cité fictive"),
        ("gare de Marseille", "gare de Marseille"),
        ("Marseillette", "Marseillette"),
        ("Marseille-en-Beauvaisis", "Marseille-en-Beauvaisis"),
        ("sous le porche", "sous le porche"),
        ("", ""),
    ],
)
def test_the_commune_is_named_once(typed: str, left: str) -> None:
    assert beside(typed, "Marseille (13)") == left


def test_without_a_commune_what_was_typed_stays() -> None:
    assert beside("Marseille", "") == "Marseille"
