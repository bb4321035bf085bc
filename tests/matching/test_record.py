"""What is compared of a record: nothing of an origin; of an odd writing what can be kept, and what cannot is told."""

from dataclasses import fields

import pytest

from recoupe.kernel.selectors import SelectorKind
from recoupe.matching.record import COMPARISONS, Record, prepare
from tests.matching.made import COMMUNES, TODAY


def doubts(record: Record) -> tuple[str, ...]:
    return prepare(record, today=TODAY, communes=COMMUNES).doubts


def test_a_record_has_no_field_for_an_origin_and_a_row_has_the_columns_that_are_compared() -> None:
    assert {found.name for found in fields(Record)} == {
        "family", "given", "aliases", "birth", "birth_place", "address", "selectors",
    }  # fmt: skip
    row = prepare(Record(), today=TODAY).row
    read = frozenset().union(*(comparison.columns() for comparison in COMPARISONS.values()))
    assert read <= set(row)
    assert set(row.values()) == {None}


@pytest.mark.parametrize("name", ["A", "x" * 500, "😀😀", "a\u0301\u0301\u0301", "\u0301" * 40, "'-.", "\u200b", "ﷺ"])
@pytest.mark.parametrize("place", ["Lille", "x" * 500, "😀"])
def test_no_name_or_place_is_refused(name: str, place: str) -> None:
    odd = Record(family=name, given=name, aliases=(name,), birth_place=place, address=name * 3)
    row = prepare(odd, today=TODAY, communes=COMMUNES).row
    assert row["name_bag"] is None or len(str(row["name_bag"])) <= 1000


@pytest.mark.parametrize(
    ("written", "year", "like", "told"),
    [
        ("29/02/1900", 1900.0, "1900-02-__", True),
        ("00/00/1985", 1985.0, "1985-__-__", False),
        ("31/02/1985", 1985.0, "1985-02-__", True),
        ("45/45/1985", 1985.0, "1985-__-__", True),
        ("1985-13-02", 1985.0, "1985-02-13", True),
        ("23/11/2026", None, None, True),
        ("12/03/1899", None, None, True),
        ("n'importe quoi", None, None, True),
        ("9" * 500, None, None, True),
        ("", None, None, False),
    ],
)
def test_births_that_do_not_exist(written: str, year: float | None, like: str | None, told: bool) -> None:
    found = prepare(Record(birth=written), today=TODAY)
    assert (found.row["birth_year"], found.row["birth_like"]) == (year, like)
    assert bool(found.doubts) is told


@pytest.mark.parametrize(
    ("kind", "written", "column"),
    [("phone", "118", "phone"), ("phone", "😀", "phone"), ("plate", "?", "plate_like"), ("imei", "12", "imei"),
     ("iban", "FR", "iban"), ("wallet", "0x", "wallet_like")],
)  # fmt: skip
def test_what_holds_nothing_usable_is_told_and_not_compared(kind: str, written: str, column: str) -> None:
    record = Record(selectors={SelectorKind(kind): (written,)})
    assert doubts(record) and prepare(record, today=TODAY).row[column] is None


def test_a_plate_of_which_three_characters_were_read_is_a_pattern_and_no_plate() -> None:
    row = prepare(Record(selectors={SelectorKind.PLATE: ("??-123-??",)}), today=TODAY).row
    assert (row["plate"], row["plate_like"]) == (None, ("__123__",))
