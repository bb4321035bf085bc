"""What an opened letter and an opened answer say: written and read back; what is not of this form is refused."""

import json
from datetime import date

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.sealing import outcome, report

WHOLE = report.Report(
    area="2A", kind=report.Kind.ADDITION, commune="Ajaccio (2A004)", place="quai", point=(8.73, 41.92),
    uncertainty_m=100, days=tuple(report.Days), hours=tuple(report.Hours), since=report.Since.MONTHS,
    what=tuple(report.What), roles=tuple(report.Role), text="Là 🚉\n« ici »",
    photos=(report.JPEG + b"a", report.JPEG + b"bb"),
)  # fmt: skip


@pytest.mark.parametrize("told", [WHOLE, report.Report(area="13", text="x"), report.Report(area="974", place="y")])
def test_what_was_written_is_read_back(told: report.Report) -> None:
    assert report.read(report.write(told)) == told


def test_a_report_that_says_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="vide"):
        report.write(report.Report(area="13", hours=(report.Hours.NIGHT,)))


def headed(**told: object) -> bytes:
    head = json.dumps({"v": 1, "area": "13", "text": "x"} | told).encode()
    return len(head).to_bytes(4, "big") + head


WRONG = {
    "empty": b"",
    "cut": report.write(WHOLE)[:-1],
    "longer": report.write(WHOLE) + b"\0",
    "no JSON": b"\0\0\0\1{",
    "a list": b"\0\0\0\2[]",
    "deep": b"\0\0\x4e\x20" + b"[" * 20_000,
    "another version": headed(v=2),
    "no department": headed(area="zz"),
    "a department of another kind": headed(area=13),
    "a text of another kind": headed(text=["x"]),
    "a long text": headed(text="x" * 4001),
    "a long place": headed(place="x" * 301),
    "a day that is none": headed(days=["sunday"]),
    "a role that is a name": headed(roles=["Untel"]),
    "a point of three": headed(point=[1, 2, 3]),
    "a point off the Earth": headed(point=[1, 95]),
    "a point that is no number": headed(point=[1, "NaN"]),
    "an uncertainty that is none": headed(uncertainty_m=3),
    "a photo that is none": headed() + b"\0\0\0\3GIF",
    "five photos": headed() + b"\0\0\0\3\xff\xd8\xff" * 5,
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_not_of_this_form_is_refused_with_a_sentence(how: str) -> None:
    with pytest.raises(Invalid, match="forme prévue"):
        report.read(WRONG[how])


def test_an_answer_says_its_state_and_its_day() -> None:
    told = outcome.Told(outcome.State.CLOSED, date(2026, 11, 24), "Merci.")
    assert outcome.read(outcome.write(told)) == told
    for wrong in (b"", b"{}", b"[]", b'{"v":1,"state":"open","on":"2026-11-24","text":""}', b"\xff"):
        with pytest.raises(Invalid, match="forme prévue"):
            outcome.read(wrong)
