"""What functions write in place of templates is what the templates wrote, and data never becomes markup."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import Context, Template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from recoupe.web import markup
from recoupe.web.widgets import WRITERS, WidgetRenderer

HOSTILE = "</option><script>alert('1')</script> \"& x"
CHOICES: list[Any] = [
    ("", "–"),
    ("1", HOSTILE),
    (HOSTILE, gettext_lazy("Département")),
    ("Groupe <b>", [("2", "deux"), (3, SafeString("<b>trois</b>"))]),
]


class Read(HTMLParser):
    """The elements and words of a piece of HTML, however its lines are broken."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(attrs, key=str)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append("/" + tag)

    def handle_data(self, data: str) -> None:
        if words := data.strip():
            self.found.append((words,))


class Everything(forms.Form):
    """A field of each widget that a page may show."""

    line = forms.CharField(help_text="Aide <b>", max_length=9)
    number = forms.IntegerField(min_value=0, required=False)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date", "disabled": True, "hidden": False}))
    area = forms.CharField(widget=forms.Textarea(attrs={"title": HOSTILE}))
    box = forms.BooleanField(required=False)
    one = forms.ChoiceField(choices=CHOICES)
    radios = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)
    several = forms.MultipleChoiceField(choices=CHOICES)
    file = forms.FileField(widget=forms.FileInput)
    secret = forms.CharField(widget=forms.PasswordInput)
    mail = forms.EmailField()
    key = forms.UUIDField(widget=forms.HiddenInput)
    split = forms.SplitDateTimeField()


FILLED = {
    "line": HOSTILE, "number": "1200", "day": "2026-01-02", "area": f"\n{HOSTILE}\nfin", "box": "on", "one": HOSTILE,
    "radios": "1", "many": ["1", "3"], "several": [HOSTILE, "2"], "mail": HOSTILE, "key": HOSTILE,
    "split_0": "2026-01-02", "split_1": HOSTILE,
}  # fmt: skip


@pytest.mark.parametrize("data", [None, {}, FILLED], ids=["blank", "empty", "filled"])
@pytest.mark.parametrize("name", list(Everything.base_fields))
def test_a_widget_is_what_the_template_wrote(name: str, data: dict[str, Any] | None) -> None:
    theirs = Everything(data, renderer=DjangoTemplates())[name].as_widget(attrs={"aria-describedby": HOSTILE})
    ours = Everything(data, renderer=WidgetRenderer())[name].as_widget(attrs={"aria-describedby": HOSTILE})
    assert Read(ours).found == Read(theirs).found
    assert isinstance(ours, SafeString)


def test_most_widgets_above_are_written_by_functions() -> None:
    used = {field.widget.template_name for field in Everything.base_fields.values()}
    assert len(used & set(WRITERS)) >= 10


@given(st.one_of(st.text(), st.integers(), st.none(), st.text().map(SafeString)))
def test_a_value_is_escaped_as_a_template_escapes_it(value: Any) -> None:
    assert markup.text(value) == conditional_escape(value)


@pytest.mark.parametrize("tag", ["badge", "grade", "handling"])
def test_a_piece_escapes_what_it_is_given(tag: str) -> None:
    written = Template(f"{{% load shell_tags %}}{{% {tag} value %}}").render(Context({"value": HOSTILE}))
    assert "<script>" not in written
    assert "&lt;script&gt;" in written


def test_a_field_escapes_label_help_and_error() -> None:
    form = Everything({}, renderer=WidgetRenderer())
    form.fields["line"].label = HOSTILE
    form.add_error("line", HOSTILE)
    written = markup.field(form["line"])
    assert "<script>" not in written
    assert written.count("&lt;script&gt;") == 2
    assert "Aide &lt;b&gt;" in written
