"""What is typed: refused when it cannot be stored, cleaned when it cannot be seen, kept otherwise."""

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.text import (
    SENTENCE_BLANK,
    SENTENCE_CONTROL,
    SENTENCE_LONG,
    SENTENCE_MARKS,
    SENTENCE_SURROGATE,
    clean_line,
    clean_text,
    name_key,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("a\x00b", SENTENCE_CONTROL),
        ("a\x07b", SENTENCE_CONTROL),
        ("a\x1bb", SENTENCE_CONTROL),
        ("a\x7fb", SENTENCE_CONTROL),
        ("a\x85b", SENTENCE_CONTROL),
        ("a\uffffb", SENTENCE_CONTROL),
        ("a\ud800b", SENTENCE_SURROGATE),
        ("a\udfffb", SENTENCE_SURROGATE),
        ("x" * 21, SENTENCE_LONG),
        ("é" * 21, SENTENCE_LONG),
        ("x" * 5000, SENTENCE_LONG),
        ("é" * 5000, SENTENCE_LONG),
        ("e" + "\u0301\u0316" * 20, SENTENCE_MARKS),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field(clean: Callable[..., str], raw: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean(raw, 20, "fact")
    assert (refusal.value.sentence, refusal.value.field) == (sentence, "fact")
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("  Jean   Dupont ", "Jean Dupont"),
        ("Jean\tDupont", "Jean Dupont"),
        ("Jean\r\nDupont\u2028", "Jean Dupont"),
        ("Jean\u00a0Dupont\u202f!", "Jean Dupont !"),
        ("e\u0301te\u0301", "été"),
        ("\u202edrow\u202c", "drow"),
        ("\u200fabc\u200e\u2066d\u2069\u061c", "abcd"),
        ("a\u200bb\u200dc\ufeffd\u00ade\u2060f", "abcdef"),
        ("a\U000e0041b", "ab"),
        ("", ""),
        (" \u00a0\t\n\u200b ", ""),
        ("x" * 20 + "   ", "x" * 20),
    ],
)
def test_a_line_is_one_line_of_visible_characters(raw: str, line: str) -> None:
    assert clean_line(raw, 20, "name") == line


def test_a_text_keeps_its_lines_and_inner_blanks() -> None:
    assert clean_text("\n Un.\r\nDeux :\u00a0trois.\rQuatre\u2029cinq\tsix  sept\n\n", 100, "f") == (
        "Un.\nDeux :\u00a0trois.\nQuatre\ncinq six  sept"
    )


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize("raw", ["", "   ", "\u200b\u202e", "\t\n\u00a0"])
def test_only_blanks_are_refused_where_something_is_required(clean: Callable[..., str], raw: str) -> None:
    assert clean(raw, 20, "f") == ""
    with pytest.raises(Invalid) as refusal:
        clean(raw, 20, "f", required=True)
    assert refusal.value.sentence == SENTENCE_BLANK


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@given(raw=ANY_TEXT)
def test_cleaning_ends_in_a_stable_storable_text(clean: Callable[..., str], raw: str) -> None:
    try:
        once = clean(raw, 60, "f")
    except Invalid:
        return
    assert clean(once, 60, "f") == once
    assert len(once) <= 60 and once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in once.replace("\n", ""))


@given(st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=20))
def test_plain_letters_are_never_changed(raw: str) -> None:
    assert clean_line(raw, 20, "f") == clean_text(raw, 20, "f") == raw


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("Éléonore", "eleonore"),
        ("D’Hœux", "d hoeux"),
        ("d'hoeux", "d hoeux"),
        ("Jean-Pierre  DUPONT", "jean pierre dupont"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("İbrahim ILGIN", "ibrahim ilgin"),
        ("  St. Malo_(35) ", "st malo 35"),
        ("n\u0303", "n"),
        ("'-.", ""),
    ],
)
def test_name_key(raw: str, key: str) -> None:
    assert name_key(raw) == key


@given(ANY_TEXT)
def test_name_key_is_stable_and_blind_to_case_and_composition(raw: str) -> None:
    key = name_key(raw)
    assert name_key(key) == key
    assert name_key(unicodedata.normalize("NFD", raw)) == key
    assert key == " ".join(key.split())


def test_stacked_accents_cost_nothing() -> None:
    """Unicode normalisation is quadratic in a run of marks: neither function may reach it with one."""
    hostile = "e" + "\u0301\u0316" * 40_000
    began = time.process_time()
    assert name_key(hostile) == "e"
    with pytest.raises(Invalid):
        clean_text(hostile, 100_000, "f")
    assert time.process_time() - began < 2
