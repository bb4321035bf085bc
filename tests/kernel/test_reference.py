"""References: readable aloud, without order."""

import re

import pytest

from recoupe.kernel.reference import CROCKFORD, human_ref, read_ref
from recoupe.kernel.refusal import Invalid


def test_the_form() -> None:
    assert re.fullmatch(r"PJ13-26-[0-9A-HJKMNP-TV-Z]{6}", human_ref("PJ13", 2026))
    assert human_ref("CROSS-13", 2005).startswith("CROSS-13-05-")


def test_every_character_is_drawn_and_nothing_repeats() -> None:
    drawn = [human_ref("A", 2026)[-6:] for _ in range(2_000)]
    assert set("".join(drawn)) == set(CROCKFORD) and len(CROCKFORD) == 32
    assert len(set(drawn)) > 1_990
    assert drawn != sorted(drawn)


@pytest.mark.parametrize("prefix", ["", "pj13", "PJ 13", "-PJ", "PJ-", "É", "P" * 21, "PJ\n"])
def test_a_prefix_that_would_not_read_back(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        human_ref(prefix, 2026)


@pytest.mark.parametrize("text", ["PJ13-26-01AB1Z", " pj13-26-o1abiz ", "PJ13 26 OLABLZ"])
def test_look_alikes_read_the_same(text: str) -> None:
    assert read_ref(text) == "PJ13-26-01AB1Z"


def test_what_is_issued_reads_back() -> None:
    for _ in range(100):
        ref = human_ref("CROSS-13", 2026)
        assert read_ref(ref) == read_ref(ref.lower()) == ref


@pytest.mark.parametrize("text", ["", "PJ13", "PJ13-26-01AB", "PJ13-26-01ABUZ", "PJ13-26-01AB1ZZ", "x" * 10_000])
def test_what_does_not_read(text: str) -> None:
    with pytest.raises(Invalid):
        read_ref(text)
