"""The calendar of the unit's events, by week or by month: each stands on every day that it touches where it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.operations import permissions, queries
from recoupe.operations.permissions import PLANNERS
from recoupe.operations.queries import MOST
from recoupe.web.middleware import StaffRequest
from recoupe.web.operations.shown import Line, hour, lines
from recoupe.web.policy import policy

WEEK, MONTH = "week", "month"
FIRST, LAST = date(2000, 1, 10), date(2100, 12, 1)
SENTENCE_DAY = gettext_noop("Ce jour ne se montre pas : écrivez-le comme 2026-03-05, ou repartez d'aujourd'hui.")


class DayForm(forms.Form):
    """Which day, and whether its week or its month: today's week by default."""

    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    view = forms.ChoiceField(required=False, choices=[("", ""), (WEEK, _("Semaine")), (MONTH, _("Mois"))])


@dataclass(frozen=True, slots=True)
class Part:
    """What of an event lies on one day, in words."""

    line: Line
    hours: str


@dataclass(frozen=True, slots=True)
class Day:
    """One square of the calendar."""

    date: date
    today: bool
    outside: bool
    parts: Sequence[Part]


def asked_day(request: StaffRequest) -> tuple[date, str]:
    """The day and the view of an address; Invalid with a sentence for anything else."""
    form = DayForm(request.GET)
    if not form.is_valid():
        raise Invalid(SENTENCE_DAY)
    day = form.cleaned_data["day"] or localdate()
    if not FIRST <= day <= LAST:
        raise Invalid(SENTENCE_DAY)
    return day, form.cleaned_data["view"] or WEEK


@policy(roles=PLANNERS)
@require_safe
def event_calendar(request: StaffRequest) -> HttpResponse:
    """A week or a month of the unit's events."""
    day, view = asked_day(request)
    days = month_of(day) if view == MONTH else week_of(day)
    found = queries.between(request.agent, days[0], days[-1])
    record(
        Operation.CONSULT,
        refs=[("event", event.id) for event in found],
        details={"what": "event_calendar"},
        result_count=len(found),
    )
    squares = _squares(lines(found), days, day.month if view == MONTH else 0)
    before, after = _turned(day, view)
    context = {
        "view": "calendar",
        "span": view,
        "day": day,
        "days": squares,
        "last": days[-1],
        "any": bool(found),
        "cut": len(found) == MOST,
        "before_url": _address(view, before),
        "after_url": _address(view, after),
        "today_url": _address(view, localdate()),
        "week_url": _address(WEEK, day),
        "month_url": _address(MONTH, day),
        "may_plan": permissions.can_plan(request.agent),
    }
    return render(request, "operations/calendar.html", context)


def week_of(day: date) -> list[date]:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def month_of(day: date) -> list[date]:
    """The whole weeks that hold the month."""
    first = week_of(day.replace(day=1))[0]
    last = week_of(_next_month(day) - timedelta(days=1))[-1]
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def part(line: Line, day: date) -> str | None:
    """What of an event lies on a day, by the clock of its place; None for nothing. Midnight ends the day before."""
    opens, closes = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
    since, until = (moment.replace(tzinfo=None) for moment in (line.since, line.until))
    if since >= closes or until <= opens:
        return None
    if since >= opens and until < closes:
        return f"{hour(line.since)} – {hour(line.until)}"
    if since > opens and until == closes:
        return f"{hour(line.since)} – 24:00"
    if since > opens:
        return gettext("dès %(hour)s") % {"hour": hour(line.since)}
    if until < closes:
        return gettext("jusqu'à %(hour)s") % {"hour": hour(line.until)}
    return gettext("toute la journée")


def _squares(found: Iterable[Line], days: Sequence[date], month: int) -> list[Day]:
    known, today = list(found), localdate()
    return [
        Day(
            day,
            day == today,
            bool(month) and day.month != month,
            [Part(line, words) for line in known if (words := part(line, day)) is not None],
        )
        for day in days
    ]


def _turned(day: date, view: str) -> tuple[date, date]:
    if view == MONTH:
        return (day.replace(day=1) - timedelta(days=1)).replace(day=1), _next_month(day)
    return day - timedelta(days=7), day + timedelta(days=7)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _address(view: str, day: date) -> str:
    query: dict[str, Any] = {"view": view, "day": day.isoformat()}
    return f"{reverse('event-calendar')}?{urlencode(query)}"
