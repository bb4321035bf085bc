"""A file of values: what its lines become, and the sentence of each that cannot be written."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.refusal import Invalid
from recoupe.plan import catalogue, importing
from recoupe.plan.importing import Entry

TODAY = date(2026, 11, 23)
SPECS = {spec.code: spec for number in (4, 32) for spec in catalogue.indicators_of(number)}
HEAD = "indicateur;du;au;valeur;source"
GOOD = "m4_on_time;01/01/2025;31/12/2025;87,5;OFAST"


def read(*lines: str, known: tuple[Entry, ...] = ()) -> importing.Read:
    return importing.read("\n".join(lines), SPECS, known, TODAY)


def test_a_line_is_read_as_the_french_write_it() -> None:
    found = read("﻿Indicateur;Du;Au;Valeur;Source".lstrip("﻿"), GOOD)
    assert found.faults == ()
    (entry,) = found.entries
    assert (entry.first, entry.last) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (entry.value, entry.source, entry.final) == (Decimal("87.5"), "OFAST", False)


def test_optional_columns_and_commas() -> None:
    head = "indicateur,du,au,valeur,source,borne haute,environ,définitif,périmètre,définition"
    found = read(head, 'm32_seized,2024-01-01,2024-12-31,"1 300,5",AGRASC,1400,oui,non,France,Avoirs saisis')
    assert found.faults == ()
    assert found.entries[0] == Entry(
        "m32_seized", date(2024, 1, 1), date(2024, 12, 31), Decimal("1300.5"), "AGRASC", Decimal(1400), True, False,
        "France", "Avoirs saisis",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("m5_stock;01/01/2025;31/12/2025;1;X", importing.NOT_OURS),
        ("m99_x;01/01/2025;31/12/2025;1;X", importing.NOT_OURS),
        ("m4_on_time;01/01/2025;31/12/2024;1;X", importing.BACKWARDS),
        ("m4_on_time;2025;31/12/2025;1;X", importing.FULL_DATES),
        ("m4_on_time;31/02/2025;31/12/2025;1;X", None),
        ("m4_on_time;01/01/2027;31/12/2027;1;X", None),
        ("m4_on_time;01/01/2025;31/12/2025;beaucoup;X", importing.NOT_A_NUMBER),
        ("m4_on_time;01/01/2025;31/12/2025;NaN;X", importing.NOT_A_NUMBER),
        ("m4_on_time;01/01/2025;31/12/2025;1e999999;X", importing.OUT_OF_RANGE),
        ("m4_on_time;01/01/2025;31/12/2025;101;X", importing.OUT_OF_RANGE),
        ("m4_on_time;01/01/2025;31/12/2025;-1;X", importing.OUT_OF_RANGE),
        ("m32_seized;01/01/2025;31/12/2025;99999999999999;X", importing.OUT_OF_RANGE),
        ("m4_on_time;01/01/2025;31/12/2025;1;", importing.NO_SOURCE),
        ("m4_on_time;01/01/2025;31/12/2025;1", importing.SHAPE),
        (GOOD, importing.TWICE),
    ],
)
def test_each_bad_line_is_answered_by_its_number(line: str, sentence: str | None) -> None:
    found = read(HEAD, GOOD, line)
    (fault,) = found.faults
    assert fault.line == 3
    assert sentence is None or fault.refusal.sentence == sentence


def test_what_is_on_the_board_already_is_said() -> None:
    known = read(HEAD, GOOD).entries
    assert read(HEAD, GOOD, known=known).faults[0].refusal.sentence == importing.ALREADY


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", importing.EMPTY),
        (HEAD, importing.EMPTY),
        ("indicateur;du;au;valeur\nx;x;x;x", importing.NO_COLUMN),
        (HEAD + ";couleur\n" + GOOD + ";bleu", importing.UNKNOWN_COLUMN),
        (HEAD + ";source\n" + GOOD + ";x", importing.UNKNOWN_COLUMN),
        ("\n".join([HEAD, *[GOOD] * (importing.MAX_LINES + 1)]), importing.TOO_LONG),
        (HEAD + '\n"' + GOOD, importing.SHAPE),
    ],
)
def test_a_file_that_is_none_is_refused_whole(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        importing.read(text, SPECS, (), TODAY)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"\xff\xfe\x00a", importing.NOT_TEXT),
        (b"a\0b", importing.NOT_TEXT),
        (b"a" * (importing.MAX_BYTES + 1), importing.TOO_HEAVY),
    ],
)
def test_bytes_that_are_no_text_are_refused(raw: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        importing.decoded(raw)
    assert refusal.value.sentence == sentence


@given(st.text(max_size=60), st.sampled_from(["m4_on_time", "m32_seized"]))
def test_any_text_is_a_value_or_a_sentence(text: str, code: str) -> None:
    try:
        value = importing.number(text, SPECS[code], "value")
    except Invalid:
        return
    assert 0 <= value <= importing.MAX_VALUE


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=200))
def test_any_file_is_read_or_refused(text: str) -> None:
    try:
        found = importing.read(f"{HEAD}\n{text}\n{GOOD}", SPECS, (), TODAY)
    except Invalid:
        return
    assert found.faults or found.entries
