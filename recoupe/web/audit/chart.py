"""The journal counted by day, service and purpose: bars that a screen reader reads as the table that they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from recoupe.access.enums import OVERSEERS, Purpose
from recoupe.access.queries import names_of
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.queries import Counted, JournalFilter, counted
from recoupe.audit.searching import searched_more_than
from recoupe.reference.queries import whole_parameter
from recoupe.web.audit.forms import JournalForm
from recoupe.web.audit.views import asked
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

DAY, PERIOD = timedelta(days=1), timedelta(days=30)
# More days than this would be no chart; the services that come first, and the others together.
MOST_DAYS = 366
MOST_UNITS = 15


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: what, how many, and its share of the longest in percent."""

    label: str
    count: int
    share: int


@policy(roles=OVERSEERS)
@require_safe
def chart(request: StaffRequest) -> HttpResponse:
    """The entries that the filter asks for, counted; the last thirty days where it names none."""
    form = JournalForm(request.GET)
    wanted = asked(request.agent, form)
    found = Counted({}, {}, {})
    first, past = _period(wanted)
    if wanted is not None and (past - first).days > MOST_DAYS:
        form.add_error("since", gettext("Choisissez une période d'un an au plus."))
        wanted = None
    if wanted is not None:
        found = counted(wanted, first, past)
    status = HTTPStatus.OK if wanted is not None else HTTPStatus.UNPROCESSABLE_ENTITY
    filled = sorted(name for name, value in form.cleaned_data.items() if value)
    total = sum(found.purposes.values())
    record(Operation.CONSULT, details={"what": "journal_chart", "filters": filled}, result_count=total)
    charts = [
        (gettext("Par service"), gettext("Service"), _bars(_units(found))),
        (gettext("Par finalité"), gettext("Finalité"), _bars(_purposes(found))),
        (gettext("Par jour"), gettext("Jour"), _bars(_days(found, first, past))),
    ]
    shown = {"form": form, "charts": charts if total else [], "total": total, "query": request.GET.urlencode()}
    most = whole_parameter("search.daily_alert", timezone.localdate())
    shown |= {"most": most, "searched": _searched(wanted, most, first, past)}
    shown |= {"since": first, "until": past - DAY}
    return render(request, "audit/chart.html", shown, status=status)


def _searched(wanted: JournalFilter | None, most: int, first: date, past: date) -> list[tuple[str, str, int]]:
    """R-LOG-2: the agents who searched more than so often on one day of the period."""
    found = searched_more_than(most, first, past, wanted.actor) if wanted is not None else []
    people = names_of({one.actor for one in found})
    return [(people.get(one.actor, ""), _day(one.day), one.count) for one in found]


def _period(wanted: JournalFilter | None) -> tuple[date, date]:
    """Whole days, as the form asks for them: the first one, and the first one after them."""
    past = timezone.localdate(wanted.until) if wanted and wanted.until else timezone.localdate() + DAY
    return (timezone.localdate(wanted.since) if wanted and wanted.since else past - PERIOD), past


def _days(found: Counted, first: date, past: date) -> list[tuple[str, int]]:
    """Every day of the period, those without an entry too."""
    days = [first + timedelta(days=n) for n in range((past - first).days)]
    return [(_day(day), found.days.get(day, 0)) for day in days]


def _day(day: date) -> str:
    return date_format(day, "d/m/Y")


def _units(found: Counted) -> list[tuple[str, int]]:
    named = [(unit_name(unit) if unit else gettext("Processus"), n) for unit, n in found.units.items()]
    others = sum(n for _name, n in named[MOST_UNITS:])
    return [*named[:MOST_UNITS], *([(gettext("Autres services"), others)] if others else [])]


def _purposes(found: Counted) -> list[tuple[str, int]]:
    labels = {value: str(label) for value, label in Purpose.choices}
    return [(labels.get(word) or gettext("Sans finalité"), n) for word, n in found.purposes.items()]


def _bars(lines: Iterable[tuple[str, int]]) -> list[Bar]:
    kept = list(lines)
    most = max((n for _label, n in kept), default=0) or 1
    return [Bar(label, n, round(100 * n / most)) for label, n in kept]
