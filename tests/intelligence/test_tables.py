"""Files as rows of text: encodings, delimiters, workbooks, and what is refused before it is read."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recoupe.intelligence.importing.mapping import FileMapping
from recoupe.intelligence.importing.table import decoded, read_table, sniffed
from recoupe.kernel.refusal import Invalid

LINES = "Faits;Téléphone\nVu à Marseille, près de l'œuvre;06 39 98 12 34\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_office_encoding_reads_alike(encoding: str) -> None:
    table = read_table(LINES.encode(encoding))
    assert table.header == ["Faits", "Téléphone"]
    assert [(r.line, r.cells) for r in table.rows] == [(2, ["Vu à Marseille, près de l'œuvre", "06 39 98 12 34"])]


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [
        ("a;b;c", ";"),
        ("a,b,c", ","),
        ("a\tb", "\t"),
        ('"a,b";c', ";"),
        ("a|b|c", "|"),
        ("seule", ";"),
        ('"x;y",z', ","),
    ],
)
def test_the_delimiter_is_read_from_the_first_line(first: str, delimiter: str) -> None:
    assert sniffed(first + "\n1,2;3\n") == delimiter


def test_lines_count_quoted_breaks_and_skip_blank_rows() -> None:
    table = read_table(b'\n\na;b\n"un\ndeux";x\n;;\n"trois ""quatre""";y\n')
    assert [(r.line, r.cells) for r in table.rows] == [(4, ["un\ndeux", "x"]), (7, ['trois "quatre"', "y"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"  \n ", "vide"),
        (b"a;b\n\x81\x8d;x\n", "UTF-8"),
        (b'a;b\n"jamais referme;x\n', "guillemet"),
        (b'a;b\n"x"y;z\n', "guillemet"),
        (b"a;a\n1;2\n", "même nom"),
        (b";".join(b"c%d" % i for i in range(301)), "colonnes"),
        (b"a;b\n" + b"x" * (21 * 1024 * 1024), "lourd"),
        (b"PK\x03\x04garbage", "classeur"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_table(content)
    assert words in str(refused.value)


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An XLSX file of these rows."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_reads_as_it_was_typed() -> None:
    cells = ["texte ", 639981234, 12.5, True, date(2026, 3, 1), datetime(2026, 3, 1, 14, 30), None, 33639981234.0]
    table = read_table(workbook([[f"c{i}" for i in range(8)], cells]))
    assert table.rows[0].cells == ["texte", "639981234", "12.5", "oui", "2026-03-01", "2026-03-01", "", "33639981234"]
    assert table.rows[0].line == 2


def test_a_named_sheet_must_exist() -> None:
    with pytest.raises(Invalid, match="feuille"):
        read_table(workbook([["a"], ["1"]]), sheet="Absente")


def _archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def test_a_bomb_and_foreign_entities_are_refused() -> None:
    bomb = _archive(xl__workbook=b"\x00" * (401 * 1024 * 1024))
    assert len(bomb) < 1_000_000
    with pytest.raises(Invalid):
        read_table(bomb)
    with pytest.raises(Invalid, match="classeur"):
        read_table(_archive(xl__workbook=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        table = read_table(content)
    except Invalid:
        return
    assert table.header


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_utf8_is_never_taken_for_something_else(text: str) -> None:
    assert decoded(text.encode()) == text.removeprefix("\ufeff")


MAPPING = """
date_format = "%d.%m.%y"
[columns]
"Faits" = "fact_text"
"Le" = "event_from"
"Nom" = "person.family"
"Tél" = "person.phone"
"Autre nom" = "person2.family"
"Plaques" = "selector.plate"
"Violent" = "violence"
"Produits" = "products"
"Source" = "source_kind"
[constants]
"person.category" = "suspect"
"person2.category" = "witness"
handling = "H1"
[values.source_kind]
"Police municipale" = "partner"
"""


def test_a_mapping_turns_cells_into_an_entry() -> None:
    header = ["Faits", "Le", "Nom", "Tél", "Autre nom", "Plaques", "Violent", "Produits", "Source", "Ignorée"]
    bound = FileMapping.parse(MAPPING).bound(header)
    found = bound.entry(
        [
            "Vu.",
            "03.04.26",
            "Test",
            "0639981234",
            "",
            "AA-111-BB; CC-222-DD",
            "Oui",
            "crack|héroïne",
            "police Municipale",
            "z",
        ]
    )
    assert (found.fact_text, found.event_from, found.handling) == ("Vu.", "2026-04-03", "H1")
    assert (found.violence, found.products, found.source_kind) == (True, ("crack", "héroïne"), "partner")
    assert [(p.family, p.category) for p in found.persons] == [("Test", "suspect")]
    assert [(s.kind, s.raw, s.person) for s in found.selectors] == [
        ("phone", "0639981234", 0),
        ("plate", "AA-111-BB", None),
        ("plate", "CC-222-DD", None),
    ]


def test_a_person_without_a_name_leaves_the_phone_alone() -> None:
    bound = FileMapping.parse(MAPPING).bound(
        ["Faits", "Le", "Nom", "Tél", "Autre nom", "Plaques", "Violent", "Produits", "Source"]
    )
    found = bound.entry(["Vu.", "03.04.26", "", "0639981234", "Second"])
    assert [(p.family, p.category) for p in found.persons] == [("Second", "witness")]
    assert [(s.kind, s.person) for s in found.selectors] == [("phone", None)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "aucune colonne"),
        ("{]", "TOML"),
        ("{" * 5000, "TOML"),
        ('{"columns": {}}', "aucune colonne"),
        ('{"columns": {"a": "horoscope"}}', "horoscope"),
        ('{"columns": {"a": "selector.person"}}', "selector.person"),
        ('{"columns": {"a": "person.origin"}}', "person.origin"),
        ('{"columns": {"a": "fact_text"}, "constants": {"author_id": "x"}}', "author_id"),
        ('{"columns": {"a": "fact_text"}, "values": []}', "TOML"),
        ("x" * 100_001, "TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        FileMapping.parse(text)
    assert words in str(refused.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Invalid, match="« Nom »"):
        FileMapping.parse('{"columns": {"Nom": "person.family"}}').bound(["Prénom"])


def test_a_workbook_of_thousands_of_parts_is_refused_before_any_is_opened() -> None:
    """What unpacks to little may still be cut in pieces without end."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(2_001):
            archive.writestr(f"xl/{number}.bin", b"")
    with pytest.raises(Invalid, match="lourd"):
        read_table(packed.getvalue())
