"""How many deal points there were on a day, in a department or in all: counted again from their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import queries
from recoupe.dealpoints.enums import IN_STOCK, DealPointState
from recoupe.dealpoints.queries import Stock
from recoupe.plan import permissions as plan
from recoupe.reference import queries as reference
from recoupe.web.dealpoints import shown
from recoupe.web.fields import DayField
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.shell import DECIDERS


class StockForm(forms.Form):
    """A day that has come, and a department or all."""

    on = DayField(label=_("Au soir du"), required=False)
    department = forms.ChoiceField(label=_("Département"), required=False)

    def __init__(self, data: Mapping[str, Any], today: date) -> None:
        super().__init__({"on": today.isoformat(), **data})
        self.today = today
        named = [(d.code, f"{d.code} · {d.name}") for d in reference.departments()]
        self.fields["department"].choices = [("", _("Tous ceux que vous lisez")), *named]  # type: ignore[attr-defined]

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
    then = queries.stock_at(request.agent, form.cleaned_data["on"], department)
    now = then if then.on == today else queries.stock_at(request.agent, today, department)
    record(
        Operation.CONSULT,
        details={"what": "dealpoint_stock", "on": then.on.isoformat(), "department": department},
        result_count=then.total,
    )
    context |= {"then": then, "now": now, "change": f"{now.total - then.total:+d}", "rows": _rows(then, now)}
    return render(request, "dealpoints/stock.html", context)


def _rows(then: Stock, now: Stock) -> list[Row]:
    """The states that some point was or is in, in the order of a point's life."""
    return [
        Row(
            str(state.label),
            shown.TONES[state],
            state in IN_STOCK,
            then.by_state.get(state, 0),
            now.by_state.get(state, 0),
        )
        for state in DealPointState
        if state in then.by_state or state in now.by_state
    ]
