"""Fields: days typed as the page says them, in the page's language; what is not optional does not say that it is."""

from datetime import date
from pathlib import Path

import pytest
from django import forms
from django.utils.translation import override

from recoupe.access.enums import Role
from recoupe.web import markup
from recoupe.web.fields import DayField
from tests.world import World


class DayForm(forms.Form):
    """One day."""

    on = DayField()


@pytest.mark.parametrize("typed", ["05/03/2026", "5/3/2026", "05.03.2026", "05-03-2026", " 05 03 2026 ", "2026-03-05"])
def test_a_day_is_understood_day_first(typed: str) -> None:
    form = DayForm({"on": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["on"] == date(2026, 3, 5)


@pytest.mark.parametrize(
    "typed", ["hier", "31/02/2026", "03/25/2026", "05/03/26", "\x00", "05/03/2026 10:00", "1/1/0001"]
)
def test_a_day_that_is_none_is_refused_with_an_example(typed: str) -> None:
    form = DayForm({"on": typed})
    with override("fr"):
        (said,) = form.errors["on"]
    assert "05/03/2026" in said or "vraisemblable" in said


@pytest.mark.parametrize(("language", "hint"), [("fr", "jj/mm/aaaa"), ("en", "dd/mm/yyyy")])
def test_the_hint_of_a_day_is_in_the_language_of_the_page(language: str, hint: str) -> None:
    """The browser's own date field says it in the browser's language, and may put the month first."""
    with override(language):
        shown = markup.field(DayForm(initial={"on": date(2026, 3, 5)})["on"])
    assert f'placeholder="{hint}"' in shown
    assert 'value="05/03/2026"' in shown
    assert 'type="date"' not in shown


def test_no_page_leaves_a_day_to_the_browser() -> None:
    pages = Path(markup.__file__).parent
    guilty = [str(path) for path in pages.rglob("*.py") if '"type": "date"' in path.read_text()]
    assert guilty == [], "use DayField"


def test_the_purpose_page_calls_neither_of_its_two_fields_optional(world: World) -> None:
    client = world.client(world.agent(Role.INVESTIGATOR, "PJ13", purpose=False))
    assert "facultatif" not in client.get("/finalite/").content.decode()
    empty = client.post("/finalite/", {"purpose": "judicial"})
    assert empty.status_code == 422
