"""Who opened the records of one's own unit: for its head; the journal itself stays with those who oversee (R-44)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.access.agent import Agent
from recoupe.access.beat import at_beat
from recoupe.access.enums import Purpose, Role
from recoupe.access.feed import Cursor
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.reading import Opening, Wanted
from recoupe.cases import queries as cases
from recoupe.coordination import queries as coordination
from recoupe.crosscheck import named
from recoupe.crosscheck import queries as crosscheck
from recoupe.crosscheck.named import Named
from recoupe.dealpoints import queries as dealpoints
from recoupe.intelligence import queries as intelligence
from recoupe.kernel.refusal import Invalid, Refused, gettext_noop
from recoupe.targets import queries as targets
from recoupe.web.fields import DayField, LineField, refuse
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.middleware import WRONG_ROLE, StaffRequest
from recoupe.web.paging import CursorField, written
from recoupe.web.policy import policy
from recoupe.web.shell import page_of

PAGE = 50
PERIOD = timedelta(days=30)
NONE = gettext_noop("Rien de ce que votre service détient ne porte cette référence.")
# What a unit holds and others read (P-88), and who of them opened it.
HELD: tuple[Callable[[Agent, Wanted], list[Opening]], ...] = (
    intelligence.openings, cases.openings, crosscheck.openings, dealpoints.openings, coordination.openings,
    targets.openings,
)  # fmt: skip


class ReadsForm(forms.Form):
    """Since when, until when, of which record; all may stay empty."""

    since = DayField(label=_("Depuis le"), required=False, help_text=_("Trente jours si vous ne dites rien."))
    until = DayField(label=_("Jusqu'au"), required=False)
    ref = LineField(
        40,
        label=_("Fiche, procédure, point ou objectif"),
        required=False,
        help_text=_("Sa référence ou son numéro, dans votre service."),
    )
    before = CursorField()

    @property
    def filled(self) -> list[str]:
        """The names of the fields that narrow the list."""
        return sorted(name for name, value in self.cleaned_data.items() if value and name != "before")

    def wanted(self, only: UUID | None) -> Wanted:
        """Days are those of Paris; the last one is included."""
        data, zone = self.cleaned_data, timezone.get_default_timezone()
        end = datetime.combine(data["until"] + timedelta(days=1), time.min, zone) if data["until"] else timezone.now()
        since = datetime.combine(data["since"], time.min, zone) if data["since"] else end - PERIOD
        return Wanted(since, min(data["before"].at, end) if data["before"] else end, only, PAGE)


@dataclass(frozen=True, slots=True)
class Line:
    """One opening as the page shows it."""

    at: datetime
    unit: str
    purpose: str
    operation: str
    url: str
    name: str


@policy(roles={Role.UNIT_HEAD, Role.CROSS_HEAD})
@require_safe
def reads(request: StaffRequest) -> HttpResponse:
    """The openings, newest first; that the head looked is an entry too, without a reference."""
    if not request.agent.works_as(Role.UNIT_HEAD, Role.CROSS_HEAD):
        raise Refused(WRONG_ROLE)
    form = ReadsForm(request.GET)
    found: list[Opening] = []
    if form.is_valid():
        try:
            found = _found(request.agent, form.wanted(_named(request.agent, form.cleaned_data["ref"])))
        except Invalid as refusal:
            refuse(form, refusal)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    filled = form.filled if status == HTTPStatus.OK else []
    record(Operation.CONSULT, details={"what": "reads", "filters": filled}, result_count=len(found))
    older = ""
    if len(found) >= PAGE:
        cursor = written(Cursor(found[-1].at, found[-1].record))
        older = "?" + urlencode({**request.GET.dict(), "before": cursor})
    shown: dict[str, Any] = {
        "form": form, "lines": _lines(request.agent, found), "older_url": older,
        "newer_url": "?" if form.data.get("before") else "",
    }  # fmt: skip
    return render(request, "audit/reads.html", shown, status=status)


def _named(agent: Agent, typed: str) -> UUID | None:
    if not typed:
        return None
    ref = typed.upper()
    one = (
        intelligence.own_by_ref(agent, ref)
        or cases.own_by_number(agent, typed)
        or dealpoints.own_by_ref(agent, ref)
        or coordination.own_by_ref(agent, ref)
        or targets.own_by_ref(agent, ref)
    )
    if one is None:
        raise Invalid(NONE, field="ref")
    return one.id


def _found(agent: Agent, wanted: Wanted) -> list[Opening]:
    """Of all rooms; a page ends with all the openings of one moment, so that the next begins before it."""
    # It counts what was opened of every service's records first.
    with at_beat():
        found = [one for openings in HELD for one in openings(agent, wanted)]
    found.sort(key=lambda one: (one.at, one.record), reverse=True)
    last = found[PAGE - 1].at if len(found) >= PAGE else None
    return found if last is None else [one for one in found if one.at >= last]


def _lines(agent: Agent, found: list[Opening]) -> list[Line]:
    ids = {kind: {one.record for one in found if one.kind == kind} for kind in {one.kind for one in found}}
    names = {key: row.ref or "" for key, row in intelligence.reports(agent, ids.get("report", ())).items()}
    names |= {key: row.number for key, row in cases.cases_by_id(agent, ids.get("case", set())).items()}
    names |= {key: row.ref for key, row in dealpoints.points(agent, ids.get("dealpoint", ())).items()}
    names |= {key: row.ref for key, row in coordination.objectives(agent, ids.get("objective", ())).items()}
    names |= {key: row.ref for key, row in targets.targets(agent, ids.get("target", ())).items()}
    names |= {key: _hit(row) for key, row in named.sides(agent, ids.get("hit", ())).items()}
    return [
        Line(
            at=one.at,
            unit=unit_name(one.unit),
            purpose=str(Purpose(one.purpose).label),
            operation=str(Operation(one.operation).label),
            url=page_of(f"{one.kind}-page", one.record),
            name=names[one.record],
        )
        for one in found
        if one.record in names
    ]


def _hit(side: Named) -> str:
    return gettext("Recoupement du %(day)s") % {"day": date_format(timezone.localdate(side.at), "d/m/Y")}
