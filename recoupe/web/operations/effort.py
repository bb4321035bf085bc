"""What presence gave and found in a territory, apart from what was reported; and where it is proposed to go next."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.operations import permissions
from recoupe.operations.permissions import MEASURERS
from recoupe.operations.presence import queries, shares
from recoupe.operations.presence.enums import Allocation
from recoupe.reference import queries as reference
from recoupe.reference.enums import UnitKind
from recoupe.web.fields import DayField
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

YEAR = timedelta(days=364)
RANDOM_RULE = "presence.random_percent"
# Two people for four hours: what a proposal is cut into.
SLOT = 8
SHOWN = 20
USUAL_HOURS, MOST_HOURS = 400, 20_000


class TerritoryForm(forms.Form):
    """A department whose figures the agent reads: that of his cell, all for the office."""

    department = forms.ChoiceField(label=_("Département"))

    def __init__(self, data: Mapping[str, Any], agent: Agent) -> None:
        every = agent.unit_kind == UnitKind.OFFICE
        own = [row for row in reference.departments() if every or row.code in agent.departments]
        first = own[0].code if own else ""
        super().__init__({"department": first, **data})
        self.fields["department"].choices = [(d.code, f"{d.code} · {d.name}") for d in own]  # type: ignore[attr-defined]


class FiguresForm(TerritoryForm):
    """And whole months, from one to another."""

    since = DayField(label=_("Du mois du"))
    until = DayField(label=_("Au mois du"))

    def __init__(self, data: Mapping[str, Any], agent: Agent, today: date) -> None:
        usual = {"since": f"{today - YEAR / 4:%d/%m/%Y}", "until": f"{today:%d/%m/%Y}"}
        super().__init__({**usual, **data}, agent)

    def clean(self) -> dict[str, Any]:
        """In order."""
        typed = super().clean() or self.cleaned_data
        if typed.get("since") and typed.get("until") and typed["since"] > typed["until"]:
            self.add_error("until", _("La fin doit être après le début."))
        return typed


class SharesForm(TerritoryForm):
    """And how many hours of presence are to be given this week."""

    hours = forms.IntegerField(label=_("Heures de présence de la semaine"), min_value=SLOT, max_value=MOST_HOURS)

    def __init__(self, data: Mapping[str, Any], agent: Agent) -> None:
        super().__init__({"hours": str(USUAL_HOURS), **data}, agent)


@dataclass(frozen=True, slots=True)
class Share:
    """One commune to which hours are directed."""

    name: str
    percent: float
    hours: float


@policy(roles=MEASURERS)
@require_safe
def presence_figures(request: StaffRequest) -> HttpResponse:
    """Communes of a department: hours, what they found for a hundred, and apart from it what was reported."""
    permissions.check_measure(request.agent)
    today = timezone.localdate()
    form = FiguresForm(request.GET.dict(), request.agent, today)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "operations/presence_figures.html", {"form": form}, status=status)
    asked = form.cleaned_data
    since, until = whole_months(asked["since"], asked["until"])
    lines = queries.lines(request.agent, asked["department"], since, until)
    record(
        Operation.CONSULT,
        details={"what": "presence_figures", "department": asked["department"]},
        result_count=len(lines),
    )
    inhabited = len(reference.communes_of(asked["department"]))
    context = {
        "form": form,
        "lines": lines,
        "since": since,
        "until": until,
        "unseen": inhabited - sum(1 for line in lines if line.effort.total),
        "kinds": [(kind.label, sum(one.effort.hours.get(kind, 0) for one in lines)) for kind in Allocation],
        "total": sum(one.effort.total for one in lines),
        "enough": reference.whole_parameter(queries.SEEN_RULE, until),
    }
    return render(request, "operations/presence_figures.html", context)


@policy(roles=MEASURERS)
@require_safe
def presence_shares(request: StaffRequest) -> HttpResponse:
    """Where the hours of a week are proposed to go: by what the lot found, and by lot. A person decides."""
    permissions.check_measure(request.agent)
    form = SharesForm(request.GET.dict(), request.agent)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "operations/presence_shares.html", {"form": form}, status=status)
    department, hours = form.cleaned_data["department"], form.cleaned_data["hours"]
    today = timezone.localdate()
    percent = reference.whole_parameter(RANDOM_RULE, today)
    areas = queries.areas(request.agent, department, today - YEAR, today)
    year, week, _day = today.isocalendar()
    lot = (settings.SECRET_KEY.encode(), f"presence:{department}:{year}-{week}")
    proposal = shares.propose(areas, math.ceil(hours / SLOT), percent, lot)
    record(Operation.CONSULT, details={"what": "presence_shares", "department": department}, result_count=len(areas))
    # In a small department the lot falls on all of it: each place is then given more.
    each = max(SLOT, hours * percent / 100 / max(1, len(proposal.drawn)))
    left = max(0.0, hours - each * len(proposal.drawn))
    ranked = sorted(proposal.directed.items(), key=lambda one: (-one[1], one[0]))
    shown = [Share(reference.commune(code).name, part * 100, part * left) for code, part in ranked[:SHOWN]]
    context = {
        "form": form,
        "directed": shown,
        "others": len(ranked) - len(shown),
        "others_hours": sum(part for _, part in ranked[SHOWN:]) * left,
        "drawn": [reference.commune(code).name for code in proposal.drawn],
        "slot": each,
        "percent": percent,
        "week": week,
        "drawn_hours": sum(area.hours for area in areas),
    }
    return render(request, "operations/presence_shares.html", context)


def whole_months(since: date, until: date) -> tuple[date, date]:
    """From the first day of the first month to the last day of the last."""
    after = (until.replace(day=1) + timedelta(days=31)).replace(day=1)
    return since.replace(day=1), after - timedelta(days=1)
