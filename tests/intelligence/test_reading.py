"""Every field, spoiled in every way: a sentence each time, never a fault of another kind, never something half-read."""

import string
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recoupe.intelligence import reading
from recoupe.intelligence.entry import PersonEntry, ReportEntry, SelectorEntry
from recoupe.intelligence.reading import EntryRefused, faults, read
from recoupe.kernel.refusal import Invalid
from tests.intelligence.made import KNOWN, TODAY, VALID, entry, person


def _fields(refused: list[Invalid]) -> set[str]:
    return {error.field for error in refused}


def test_a_valid_entry_is_read() -> None:
    found = read(VALID, KNOWN, complete=True)
    assert found.columns["commune_code"] == "13055"
    assert found.columns["departments"] == ["13"]
    assert found.columns["event_from"].isoformat() == found.columns["event_to"].isoformat() == "2026-11-12"
    assert [(s.kind, s.value, s.valid) for s in found.selectors] == [("phone", "+33639981234", True)]
    assert (found.columns["source_grade"], found.columns["info_grade"]) == ("X", "4")
    assert found.warnings == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"fact_text": ""}, "fact_text", "fait"),
        ({"fact_text": " \n\t "}, "fact_text", "fait"),
        ({"fact_text": "", "assessment_text": "Il ment."}, "fact_text", "appréciation seule"),
        ({"fact_text": "x" * 10_001}, "fact_text", "trop long"),
        ({"fact_text": "a\x00b"}, "fact_text", "caractère"),
        ({"fact_text": "a\ud800b"}, "fact_text", "caractère"),
        ({"assessment_text": "y" * 5_001}, "assessment_text", "trop long"),
        ({"event_from": ""}, "event_from", "quand"),
        ({"event_from": "23/11/2026"}, "event_from", "futur"),
        ({"event_from": "01/01/0001"}, "event_from", "1900"),
        ({"event_from": "31/02/2026"}, "event_from", "calendrier"),
        ({"event_from": "hier"}, "event_from", "illisible"),
        ({"event_from": "1" * 70}, "event_from", "trop long"),
        ({"event_from": "12/11/2026", "event_to": "10/11/2026"}, "event_to", "précède"),
        ({"event_from": "12/11/2026", "event_to": "demain"}, "event_to", "illisible"),
        ({"lon": "200", "lat": "43"}, "point", "Terre"),
        ({"lon": "5,4", "lat": "-91"}, "point", "Terre"),
        ({"lon": "NaN", "lat": "43"}, "point", "Terre"),
        ({"lon": "1e400", "lat": "43"}, "point", "Terre"),
        ({"lon": "5,4"}, "point", "longitude"),
        ({"lon": "5,4", "lat": "43,3", "uncertainty_m": "0"}, "uncertainty_m", "incertitude"),
        ({"lon": "5,4", "lat": "43,3", "uncertainty_m": "1e9"}, "uncertainty_m", ""),
        ({"commune": "99999"}, "commune", "commune"),
        ({"commune": "<b>Lyon</b>"}, "commune", "commune"),
        ({"commune": ""}, "place_kind", "lieu"),
        ({"commune": "", "place_kind": "free"}, "place_text", "lieu"),
        ({"place_kind": "planet"}, "place_kind", "liste"),
        ({"place_text": "z" * 201}, "place_text", "trop long"),
        ({"source_kind": ""}, "source_kind", "vient"),
        ({"source_kind": "gossip"}, "source_kind", "liste"),
        ({"source_kind": "human_source"}, "source_kind", "coffre"),
        ({"source_kind": "controlled_delivery"}, "source_kind", "coffre"),
        ({"frame": "military"}, "frame", "judiciaire"),
        ({"frame": "judicial"}, "case_id", "procédure"),
        ({"handling": ""}, "handling", "code"),
        ({"handling": "H0+H1"}, "handling", "H0"),
        ({"handling": "H3"}, "h3_line", "H3"),
        ({"handling": "H3", "h3_line": "both"}, "handling_conditions", "lettres"),
        ({"handling_conditions": "c" * 501}, "handling_conditions", "trop long"),
        ({"source_grade": "Z"}, "grade", "Cotation"),
        ({"source_grade": "A", "info_grade": "9"}, "grade", "Cotation"),
        ({"products": ("aspirine",)}, "products", "aspirine"),
        ({"products": ("cannabis_resin",) * 41}, "products", "Trop"),
        ({"means": ("<script>",)}, "means", "script"),
        ({"selectors": (SelectorEntry("horoscope", "x"),)}, "selectors-0", "liste"),
        ({"selectors": (SelectorEntry("phone", "néant"),)}, "selectors-0", "utilisable"),
        ({"selectors": (SelectorEntry("person", "x|y|1990-01-02"),)}, "selectors-0", "qualité"),
        ({"selectors": (SelectorEntry("phone", "0639981234", 0),)}, "selectors-0", "personne"),
        ({"selectors": (SelectorEntry("handle", "h" * 501),)}, "selectors-0", "trop long"),
        ({"selectors": tuple(SelectorEntry("handle", f"@h{i}") for i in range(101))}, "selectors", "Trop"),
        ({"persons": (PersonEntry(category="suspect"),)}, "persons-0-family", "nom"),
        ({"persons": (PersonEntry(family="Sans"),)}, "persons-0-category", "qualité"),
        ({"external_ref": "r" * 65}, "external_ref", "trop long"),
        ({"collected_at": "01/01/2030"}, "collected_at", "futur"),
    ],
)
def test_each_fault_names_its_field_in_a_sentence(changes: dict[str, object], field: str, words: str) -> None:
    refused = faults(entry(**changes), KNOWN, complete=True)
    assert field in _fields(refused)
    assert words.lower() in " ".join(str(error) for error in refused).lower()


def test_all_faults_are_told_at_once() -> None:
    spoiled = entry(fact_text="", event_from="2090", source_kind="", handling="H0+H2")
    assert _fields(faults(spoiled, KNOWN, complete=True)) == {"fact_text", "event_from", "source_kind", "handling"}


def test_a_draft_may_leave_anything_blank_but_spoil_nothing() -> None:
    assert read(ReportEntry(), KNOWN, complete=False).columns["fact_text"] == ""
    assert _fields(faults(ReportEntry(event_from="2090"), KNOWN, complete=False)) == {"event_from"}
    assert _fields(faults(ReportEntry(source_kind="human_source"), KNOWN, complete=False)) == {"source_kind"}


@pytest.mark.parametrize(
    ("typed", "first", "last", "precision"),
    [
        ("12/11/2026", "2026-11-12", "2026-11-12", "day"),
        ("03/2026", "2026-03-01", "2026-03-31", "month"),
        ("11/2026", "2026-11-01", "2026-11-22", "month"),
        ("2025", "2025-01-01", "2025-12-31", "year"),
        ("du 3 au 5 mars 2026", "2026-03-03", "2026-03-05", "interval"),
        ("1er mai 2026", "2026-05-01", "2026-05-01", "day"),
    ],
)
def test_partial_dates_and_intervals(typed: str, first: str, last: str, precision: str) -> None:
    columns = read(entry(event_from=typed), KNOWN, complete=True).columns
    assert (columns["event_from"].isoformat(), columns["event_to"].isoformat()) == (first, last)
    assert columns["event_precision"] == precision


def test_a_failed_check_digit_warns_and_is_kept() -> None:
    found = read(entry(selectors=(SelectorEntry("imei", "490154203237519"),)), KNOWN, complete=True)
    assert [(s.value, s.valid) for s in found.selectors] == [("490154203237519", False)]
    assert found.warnings


def test_the_same_selector_twice_is_one() -> None:
    twice = (SelectorEntry("phone", "06 39 98 12 34"), SelectorEntry("phone", "+33639981234"))
    assert len(read(entry(selectors=twice), KNOWN, complete=True).selectors) == 1


@pytest.mark.parametrize(
    ("birth", "category", "event", "passes", "minor"),
    [
        ("12/11/2013", "suspect", "12/11/2026", True, True),  # thirteen that very day
        ("13/11/2013", "suspect", "12/11/2026", False, None),  # twelve
        ("13/11/2013", "victim", "12/11/2026", True, True),
        ("13/11/2013", "at_risk", "12/11/2026", True, True),
        ("2013", "suspect", "12/11/2026", False, None),  # doubt protects the child
        ("12/11/2008", "suspect", "12/11/2026", True, False),
        ("13/11/2008", "suspect", "12/11/2026", True, True),
        ("13/11/2013", "unknown", "12/11/2026", False, None),
    ],
)
def test_no_child_under_thirteen_but_as_somebody_to_protect(
    birth: str, category: str, event: str, passes: bool, minor: bool | None
) -> None:
    typed = entry(event_from=event, persons=(person(birth=birth, category=category),))
    refused = faults(typed, KNOWN, complete=True)
    assert (not refused) is passes
    if passes:
        assert read(typed, KNOWN, complete=True).persons[0]["minor_at_event"] is minor


def test_a_person_has_a_weak_key_only_with_a_full_date() -> None:
    keys = [
        read(entry(persons=(person(birth=birth),)), KNOWN, complete=True).persons[0]["key"]
        for birth in ("03/04/1990", "01/01/1990", "1990", "")
    ]
    assert keys == ["durand test|elie|1990-04-03", "", "", ""]


def test_sensitive_words_send_to_a_second_reader_without_refusing() -> None:
    assert read(entry(fact_text="Il serait séropositif."), KNOWN, complete=True).columns["review_needed"] is True
    assert read(VALID, KNOWN, complete=True).columns["review_needed"] is False


def test_h1_is_kept_out_of_proceedings_and_an_unknown_code_is_the_strictest() -> None:
    columns = read(entry(handling="SECRET"), KNOWN, complete=True).columns
    assert (columns["handling"], columns["h3_line"]) == (["H3"], "nobody")
    assert columns["handling_conditions"]


NASTY = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Co"]), max_size=20),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "\u202e",
            "\x00",
            "\ud800",
            "0001-01-01",
            "9" * 300,
            "'; DROP TABLE x;--",
            "ﷺ" * 100,
            "e\u0301" * 60,
            "NaN",
            "-0",
            "1e999",
            "{{7*7}}",
            "=cmd()",
            "\r\n",
            "İ" * 130,
        ]
    ),
)
TEXT_FIELDS = [f.name for f in fields(ReportEntry) if isinstance(getattr(VALID, f.name), str)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXT_FIELDS), NASTY)
def test_any_text_in_any_field_is_read_or_refused_with_a_sentence(name: str, text: str) -> None:
    try:
        found = read(entry(**{name: text}), KNOWN, complete=True)
    except EntryRefused as refused:
        assert all(error.sentence and str(error) for error in refused.errors)
        return
    _storable(found)


@settings(max_examples=200, deadline=None)
@given(NASTY, NASTY, NASTY, NASTY, st.sampled_from(["phone", "plate", "iban", "handle", "email", "wallet", "vessel"]))
def test_any_text_in_persons_and_selectors_is_read_or_refused(a: str, b: str, c: str, d: str, kind: str) -> None:
    typed = entry(
        persons=(PersonEntry(family=a, given=b, aliases=(c,), birth=d, category="witness"),),
        selectors=(SelectorEntry(kind, a), SelectorEntry(kind, d, 0)),
    )
    try:
        found = read(typed, KNOWN, complete=True)
    except EntryRefused as refused:
        assert all(error.sentence and str(error) for error in refused.errors)
        return
    _storable(found)


def _storable(found: reading.Reading) -> None:
    """What was read fits its columns: bounded, no control character, no lone surrogate, in the past."""
    limits = {"place_text": 200, "handling_conditions": 500, "external_ref": 64, "grade_original": 4, "commune_code": 5}
    for name, value in found.columns.items():
        if isinstance(value, str):
            assert len(value) <= limits.get(name, 10_000)
            value.encode("utf-8")
            assert not set(value) & (set(map(chr, range(32))) - set("\n"))
    if found.columns["event_from"]:
        assert found.columns["event_from"].year >= 1900
        assert found.columns["event_to"] <= TODAY
    for row in found.persons:
        assert len(row["key"]) <= 400
        row["family"].encode("utf-8")
    for selector in found.selectors:
        assert len(selector.raw) <= 500
        assert 0 < len(selector.value) <= 500
        selector.value.encode("utf-8")


def test_an_entry_survives_its_stored_form() -> None:
    typed = entry(
        persons=(person(aliases=("Le Test",)),),
        selectors=(SelectorEntry("phone", "0639981234", 0),),
        products=("cannabis_resin",),
        fact_text=string.printable.replace("\x0b", "").replace("\x0c", ""),
    )
    assert ReportEntry.from_json(typed.as_json()) == typed
