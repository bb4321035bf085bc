"""The rows of the journal are written without a template: whatever stands in an entry is text, never markup."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.audit.models import Entry
from recoupe.web.audit.table import Line, rows

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def line(words: str) -> Line:
    entry = Entry(id=1, at=datetime(2026, 11, 22, tzinfo=UTC), case_ref=words, motive=words, refs=[words, words])
    given = {"operation": words, "counted": words, "actor": words, "unit": words, "purpose": words, "recipient": words}
    return Line(entry=entry, **given, refs=[(words, words)], details=[(words, words)])


@given(st.text(alphabet="<>\"'&a=/ ", min_size=1, max_size=30))
def test_no_word_of_an_entry_opens_a_tag_or_leaves_its_attribute(words: str) -> None:
    plain = rows([line("a")])
    assert rows([line(words)]).count("<") == plain.count("<")
    assert rows([line(words)]).count('"') == plain.count('"')


def test_a_hostile_entry_is_shown_as_it_was_written() -> None:
    assert "&lt;img src=x" in rows([line(HOSTILE)]) and "<img" not in rows([line(HOSTILE)])


@pytest.mark.parametrize("name", ["actor", "purpose"])
def test_what_is_unknown_is_a_dash(name: str) -> None:
    one = line("a")
    assert "—" in rows([Line(**{field: getattr(one, field) for field in one.__slots__} | {name: ""})])
