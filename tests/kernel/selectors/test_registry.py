"""What holds for every kind at once."""

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import KIND_LABELS, STRENGTH_LABELS, Selector, SelectorKind, Strength, normalise, strength
from recoupe.kernel.selectors.registry import MAX_RAW, REGISTRY, SENTENCE_KIND

RAW = st.one_of(
    st.text(max_size=40),
    st.text("0123456789+ .-/()", max_size=24),
    st.text("ABCXYZ0189 -:@", max_size=24),
    st.from_regex(r"(snap|tg|imo|mmsi|FR|\(D\)|0x|bc1|SIREN)[ :]?[0-9a-zA-Z@ ]{0,40}", fullmatch=True),
)


def test_every_kind_is_registered_and_named() -> None:
    assert set(REGISTRY) == set(SelectorKind) == set(KIND_LABELS)
    assert set(STRENGTH_LABELS) == set(Strength)


@pytest.mark.parametrize("kind", SelectorKind)
@given(raw=RAW)
def test_normalising_keeps_the_raw_and_is_stable(kind: SelectorKind, raw: str) -> None:
    """Either Invalid with a field, or a value that normalises to itself: two writings then meet whatever the path."""
    try:
        found = normalise(kind, raw)
    except Invalid as refusal:
        assert refusal.field == "selector"
        return
    assert found.kind is kind and found.raw and found.value
    assert found.value == found.value.strip() and len(found.value) <= 2 * MAX_RAW
    assert bool(found.warning) or found.valid is not False
    assert normalise(kind, found.value).value == found.value
    assert strength(normalise(kind, found.value)) in Strength


@pytest.mark.parametrize("kind", SelectorKind)
@pytest.mark.parametrize(
    "raw", ["", "   ", "\u200b\u202e", "\x00", "a\x00b", "\ud800", "x" * (MAX_RAW + 1), "é" * 5000]
)
def test_bad_input_is_refused_by_every_kind(kind: SelectorKind, raw: str) -> None:
    with pytest.raises(Invalid):
        normalise(kind, raw)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("email", "tg \u0301x@b.fr"),
        ("email", "\u0130\ufb01@b.fr"),
        ("email", "a@b.fr,;."),
        ("handle", "\u00df\u0301o"),
        ("phone", "+212 0101 01 41 23 30 00"),
        ("vessel", "MMSI/227006760"),
        ("vessel", "imo[9074729"),
        ("company", "00000000:000000"),
        ("plate", "(D)ENI10QQ"),
    ],
)
def test_writings_that_once_moved_when_normalised_again(kind: str, raw: str) -> None:
    value = normalise(kind, raw).value
    assert normalise(kind, value).value == value


def test_invisible_marks_do_not_hide_a_match() -> None:
    assert normalise("phone", "06\u200b12\u202e345678").value == "+33612345678"
    assert normalise("plate", "AB\u00ad-123-\u2066CD\u2069").value == "AB123CD"


@pytest.mark.parametrize("kind", ["", "telephone", "PHONE"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalise(kind, "0612345678")
    assert (refusal.value.sentence, refusal.value.field) == (SENTENCE_KIND, "kind")


@pytest.mark.parametrize(
    ("kind", "value", "valid", "expected"),
    [
        (SelectorKind.PHONE, "+33612345678", True, Strength.CERTAIN),
        (SelectorKind.PHONE, "+33612345678", False, Strength.STRONG),
        (SelectorKind.EMAIL, "a@b.fr", None, Strength.STRONG),
        (SelectorKind.PERSON, "martin|jean|1985-03-12", None, Strength.WEAK),
        (SelectorKind.PERSON, "martin jean", True, Strength.WEAK),
        (SelectorKind.ADDRESS, "1 rue des lilas", None, Strength.WEAK),
        (SelectorKind.COMPANY, "garage du port", None, Strength.WEAK),
        (SelectorKind.COMPANY, "404833048", True, Strength.CERTAIN),
    ],
)
def test_the_three_words(kind: SelectorKind, value: str, valid: bool | None, expected: Strength) -> None:
    assert strength(Selector(kind, value, value, valid)) is expected


def test_a_person_key_passes_through() -> None:
    assert normalise("person", "martin|jean|1985-03-12").value == "martin|jean|1985-03-12"
    assert normalise("person", "MARTIN Jéan").value == "martin jean"


@pytest.mark.slow
def test_a_french_number_takes_the_fast_path() -> None:
    """Imports run 500 reports/s: far below the package's hundred microseconds, even on a busy machine."""
    best = min(timeit.repeat(lambda: normalise("phone", "06 12 34 56 78"), number=2_000, repeat=5)) / 2_000
    assert best < 40e-6
