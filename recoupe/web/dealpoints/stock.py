"""How many deal points there were on a day, in a department or in all: counted again from their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import geography, queries, rules
from recoupe.dealpoints.enums import DealPointState
from recoupe.dealpoints.queries import Difference, Stock
from recoupe.plan import permissions as plan
from recoupe.reference import queries as reference
from recoupe.web.dealpoints import shown
from recoupe.web.fields import DayField
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.shell import DECIDERS


class DepartmentForm(forms.Form):
    """A department or all."""

    department = forms.ChoiceField(label=_("Département"), required=False)
    blank: Promise | str = _("Tous ceux que vous lisez")

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        named = [(d.code, f"{d.code} · {d.name}") for d in reference.departments()]
        self.fields["department"].choices = [("", self.blank), *named]  # type: ignore[attr-defined]


class StockForm(DepartmentForm):
    """A day that has come, and a department or all."""

    on = DayField(label=_("Au soir du"), required=False)
    field_order = ("on", "department")

    def __init__(self, data: Mapping[str, Any], today: date) -> None:
        super().__init__({"on": today, **data})
        self.today = today

    def clean_on(self) -> date:
        """The day, today when none is asked; tomorrow has no stock yet."""
        on: date = self.cleaned_data["on"] or self.today
        if on > self.today:
            raise forms.ValidationError(_("Ce jour n'est pas encore venu."))
        return on


@dataclass(frozen=True, slots=True)
class Row:
    """One state: how many points were in it that day, and how many are today."""

    label: str
    tone: str
    counted: bool
    then: int
    now: int


@policy(roles=DECIDERS)
@require_safe
def dealpoint_stock(request: StaffRequest) -> HttpResponse:
    """The stock of a day beside today's, by state, among the points that the agent may read."""
    today = shown.today()
    form = StockForm(request.GET.dict(), today)
    context: dict[str, Any] = {"form": form, "today": today, "may_read_board": plan.can_read_board(request.agent)}
    if not form.is_valid():
        return render(request, "dealpoints/stock.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    department = form.cleaned_data["department"]
    why = queries.difference(request.agent, form.cleaned_data["on"], today, department)
    then, now = why.then, why.today
    record(
        Operation.CONSULT,
        details={"what": "dealpoint_stock", "on": then.on.isoformat(), "department": department},
        result_count=then.total,
    )
    context |= {"then": then, "now": now, "change": f"{now.total - then.total:+d}", "rows": _rows(then, now)}
    context |= {"causes": [] if then.on == today else _causes(why)}
    context |= {"densities": geography.densities(request.agent, then.on, department), "department": department}
    return render(request, "dealpoints/stock.html", context)


@policy(roles=DECIDERS)
@require_safe
def dealpoint_arrivals(request: StaffRequest) -> HttpResponse:
    """Where trafficking arrives: communes by the year of their first confirmed point and by size."""
    form = DepartmentForm(request.GET.dict())
    if not form.is_valid():
        return render(request, "dealpoints/arrivals.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    department = form.cleaned_data["department"]
    years = geography.arrivals(request.agent, department)
    record(
        Operation.CONSULT,
        details={"what": "dealpoint_arrivals", "department": department},
        result_count=sum(year.total for year in years),
    )
    context = {"form": form, "years": years, "sizes": _sizes()}
    return render(request, "dealpoints/arrivals.html", context)


def _sizes() -> list[str]:
    """The sizes of communes in words."""
    least, most = geography.SIZES, [*geography.SIZES[1:], None]
    return [
        gettext("%(least)s habitants et plus") % {"least": number_format(low, force_grouping=True)}
        if high is None
        else gettext("moins de %(most)s") % {"most": number_format(high, force_grouping=True)}
        if low == 0
        else gettext("%(least)s à %(most)s")
        % {"least": number_format(low, force_grouping=True), "most": number_format(high - 1, force_grouping=True)}
        for low, high in zip(least, most, strict=True)
    ]


def _causes(why: Difference) -> list[tuple[str, str, str]]:
    """Each cause of the difference: its name, what it means, its number."""
    return [
        (
            gettext("Définition"),
            gettext("La règle qui dit ce qui compte a changé, pas le terrain."),
            f"{why.definition:+d}",
        ),
        (
            gettext("Dénombrement"),
            gettext("Ce qui a été appris depuis de ce même jour : points découverts après coup, doublons, erreurs."),
            f"{why.counting:+d}",
        ),
        (gettext("Apparus ou repris"), gettext("La vente a commencé ou recommencé."), f"{why.appeared:+d}"),
        (gettext("Cessés ou partis"), gettext("La vente a cessé, ou est allée ailleurs."), f"{-why.ceased:+d}"),
    ]


def _rows(then: Stock, now: Stock) -> list[Row]:
    """The states that some point was or is in, in the order of a point's life."""
    counted = rules.counted_on(now.known)
    return [
        Row(
            str(state.label),
            shown.TONES[state],
            state in counted,
            then.by_state.get(state, 0),
            now.by_state.get(state, 0),
        )
        for state in DealPointState
        if state in then.by_state or state in now.by_state
    ]
