"""The list of reports that the agent may read: newest first, by key, never a total."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, queries
from recoupe.intelligence.enums import ReportState
from recoupe.intelligence.queries import Filters
from recoupe.reference import queries as reference
from recoupe.web import paging
from recoupe.web.intelligence import shown
from recoupe.web.middleware import StaffRequest
from recoupe.web.paging import CursorField
from recoupe.web.policy import policy


class ListForm(forms.Form):
    """What the list is narrowed to; every field may stay empty."""

    state = forms.ChoiceField(label=_("État"), required=False, choices=[("", _("Tous")), *ReportState.choices])
    department = forms.ChoiceField(label=_("Département"), required=False)
    whose = forms.ChoiceField(
        label=_("De qui"),
        required=False,
        choices=[("", _("Toutes celles que je lis")), ("mine", _("Les miennes")), ("unit", _("De mon unité"))],
    )
    urgent = forms.BooleanField(label=_("Urgentes seulement"), required=False)
    undetermined = forms.BooleanField(label=_("Qualité d'une personne à déterminer"), required=False)
    before = CursorField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(d.code, f"{d.code} · {d.name}") for d in reference.departments()]
        self.fields["department"].choices = [("", _("Tous")), *named]  # type: ignore[attr-defined]

    @property
    def filled(self) -> list[str]:
        """The names of the fields in use, for the journal: never what they hold."""
        return sorted(name for name, value in self.cleaned_data.items() if value and name != "before")

    def wanted(self) -> Filters | None:
        """The filter, None when nothing is narrowed."""
        data = self.cleaned_data
        if not self.filled:
            return None
        return Filters(
            states=frozenset({ReportState(data["state"])}) if data["state"] else frozenset(),
            mine=data["whose"] == "mine",
            own_unit=data["whose"] == "unit",
            urgent=data["urgent"],
            undetermined=data["undetermined"],
            department=data["department"],
        )


@policy(roles=OPERATIONAL_ROLES)
@require_safe
def report_list(request: StaffRequest) -> HttpResponse:
    """One page of the list; what it shows is journaled."""
    form = ListForm(request.GET)
    lines: list[shown.Line] = []
    older, status, narrowed = "", HTTPStatus.OK, False
    if form.is_valid():
        page = queries.recent(request.agent, form.cleaned_data["before"], filters=form.wanted())
        record(
            Operation.CONSULT,
            refs=[("report", report.id) for report in page.reports],
            details={"what": "reports", "filters": form.filled},
            result_count=len(page.reports),
        )
        lines, older, narrowed = (
            shown.lines(page.reports),
            paging.older(request.GET.dict(), page.next),
            bool(form.filled),
        )
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "lines": lines,
        "older_url": older,
        "newer_url": paging.newest(request.GET.dict()),
        "narrowed": narrowed,
        "may_write": permissions.can_create(request.agent),
    }
    return render(request, "intelligence/list.html", context, status=status)
