"""Looking for reports among those that the agent may read. By POST: no word ever stands in an address (F3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.access.feed import Cursor
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import queries
from recoupe.intelligence.models import Report
from recoupe.intelligence.queries import PAGE, Search
from recoupe.kernel.matchable import Subject
from recoupe.kernel.reference import read_ref
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import KIND_LABELS, SelectorKind, propose
from recoupe.web import paging
from recoupe.web.fields import DayField, LineField, refuse
from recoupe.web.intelligence import resembling, shown
from recoupe.web.intelligence.resembling import Resemblances
from recoupe.web.middleware import StaffRequest
from recoupe.web.paging import CursorField
from recoupe.web.policy import policy
from recoupe.web.reference.fields import CommuneField, read_commune

LONGEST = 200
MOST_WORDS = 4
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:['’.-][^\W\d_]*)*")
NOTHING = _("Écrivez au moins un critère.")
NO_IDENTIFIER = _("Écrivez l'identifiant de cette nature, ou laissez la nature sur « Toutes ».")


class SearchForm(forms.Form):
    """All that is given must hold; every field may stay empty, not all of them."""

    selector = LineField(LONGEST, label=_("Identifiant ou nom"), required=False)
    kind = forms.ChoiceField(
        label=_("Nature"),
        required=False,
        choices=[("", _("Toutes")), *((kind.value, _(label)) for kind, label in KIND_LABELS.items())],
    )
    ref = LineField(40, label=_("Référence"), required=False)
    commune = CommuneField(required=False)
    since = DayField(label=_("Faits depuis le"), required=False)
    until = DayField(label=_("Faits jusqu'au"), required=False)
    text = LineField(LONGEST, label=_("Mots du texte"), required=False)
    before = CursorField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("selector", "ref", "text"):
            self.fields[name].widget.attrs.update(autocomplete="off", spellcheck="false")
        self.fields["selector"].widget.attrs["placeholder"] = _("Nom, téléphone, plaque, IMEI…")

    def clean(self) -> dict[str, Any]:
        """At least one criterion, and a period in its order."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.get(name) for name in self.fields if name not in ("kind", "before")):
            raise forms.ValidationError(NOTHING)
        if data.get("kind") and not data.get("selector") and "selector" not in self.errors:
            self.add_error("selector", NO_IDENTIFIER)
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("La fin de la période précède son début."))
        return data

    def wanted(self) -> Search:
        """What the room looks for."""
        data = self.cleaned_data
        commune = data["commune"]
        return Search(
            ref=data["ref"],
            kind=data["kind"],
            selector=data["selector"],
            communes=(commune.code,) if commune else (),
            since=data["since"],
            until=data["until"],
            text=data["text"],
            before=data["before"],
        )


class QuickForm(forms.Form):
    """The one box of the top bar."""

    q = LineField(LONGEST)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, where the next one starts, and who is like the one that was looked for."""

    reports: list[Report]
    next: str
    alike: Resemblances | None = None


@policy(roles=OPERATIONAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """The form; then what was found, with the words kept in the form alone."""
    if request.method != "POST":
        return _shown(request, SearchForm())
    reports: list[Report] = []
    people: list[tuple[str, Subject]] = []
    for form in _meant(request) if "q" in request.POST else [SearchForm(request.POST)]:
        if not form.is_valid():
            return _shown(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        wanted = form.wanted()
        try:
            reports = queries.search(request.agent, wanted)
        except Invalid as refusal:
            refuse(form, refusal)
            return _shown(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        record(
            Operation.SEARCH,
            refs=[("report", report.id) for report in reports],
            details={"what": wanted.what},
            result_count=len(reports),
        )
        # On the first page alone: the next ones are of the same question.
        if wanted.selector and not wanted.before:
            people = resembling.looked_for(wanted.selector, wanted.kind)
        if reports:
            break
    if wanted.ref and len(reports) == 1:
        return HttpResponseRedirect(reverse("report-page", args=[reports[0].id]))
    last = reports[-1] if len(reports) == PAGE else None
    older = paging.written(Cursor(last.collected_at, last.id)) if last else ""
    seen = {report.id for report in reports}
    return _shown(
        request, form, Found(reports, older, resembling.resemblances(request, people, loosely=True, but=seen))
    )


def _meant(request: StaffRequest) -> Iterator[SearchForm]:
    """What the one box may mean, each tried until something is found."""
    quick = QuickForm(request.POST)
    if not quick.is_valid():
        form = SearchForm({})
        form.is_valid()
        form.errors.clear()
        form.add_error(None, [error for errors in quick.errors.values() for error in errors])
        yield form
        return
    yield from map(SearchForm, _criteria(quick.cleaned_data["q"]))


def _criteria(typed: str) -> list[dict[str, str]]:
    """A reference or an identifier is nothing else; a name may be a commune's too, or words of the text."""
    try:
        return [{"ref": read_ref(typed)}]
    except Invalid:
        pass
    whole = [mention for mention in propose(typed) if mention.end - mention.start >= len(typed.strip())]
    if whole:
        return [{"selector": typed, "kind": whole[0].selector.kind.value}]
    named = [{"selector": typed, "kind": SelectorKind.PERSON.value}] if _may_name(typed) else []
    try:
        read_commune(typed)
    except Invalid:
        return [*named, {"text": typed}]
    # « Paris » is a commune first; « Jean Paris » is not one.
    return [*named, {"commune": typed}] if " " in typed.strip() else [{"commune": typed}, *named]


def _may_name(typed: str) -> bool:
    """Whether a person may be named so: a few words of letters alone; a single one begins with a capital."""
    words = typed.replace(",", " ").split()
    spelled = all(_NAME.fullmatch(word) for word in words)
    return spelled and (1 < len(words) <= MOST_WORDS or (len(words) == 1 and typed.strip()[0].isupper()))


def _shown(
    request: StaffRequest, form: forms.Form, found: Found | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "form": form,
        "searched": found is not None,
        "lines": shown.lines(found.reports) if found else [],
        "older": found.next if found else "",
        "alike": found.alike if found else None,
        "kept": _kept(form),
    }
    return render(request, "intelligence/search.html", context, status=status)


def _kept(form: forms.Form) -> list[tuple[str, str]]:
    """The criteria again, for the button of the next page."""
    names = [name for name in form.fields if name != "before"]
    return [(name, str(value)) for name in names if form.is_bound and (value := form[name].value())]
