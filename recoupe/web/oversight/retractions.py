"""Judgements taken back and whom each had reached: references, services and moments, for those who oversee."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.access.enums import OVERSEERS
from recoupe.access.queries import names_of
from recoupe.audit.actions import REFS_PER_ENTRY, record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.oversight import queries
from recoupe.oversight.queries import Reach
from recoupe.web.intelligence.shown import unit_name
from recoupe.web.middleware import StaffRequest
from recoupe.web.oversight.rows import rows, touch_rows
from recoupe.web.policy import policy

UNREADABLE = gettext_noop("Cette reprise est introuvable : repartez de la liste.")


class OneForm(forms.Form):
    """Which of them is looked at; none for the list."""

    reprise = forms.UUIDField(required=False, label=_("Reprise"))


@policy(roles=OVERSEERS)
@require_safe
def retractions(request: StaffRequest) -> HttpResponse:
    """The list, newest first, or one of them with everybody whom it reached."""
    form = OneForm(request.GET)
    if not form.is_valid():
        raise Invalid(UNREADABLE)
    only = form.cleaned_data["reprise"]
    if only:
        return _one(request, queries.reach(request.agent, only))
    found = queries.retractions(request.agent)
    refs = [("judgement", one.judgement) for one in found[:REFS_PER_ENTRY]]
    record(Operation.CONSULT, refs=refs, details={"what": "retractions"}, result_count=len(found))
    lines = rows(found, {one.unit: unit_name(one.unit) for one in found})
    return render(request, "oversight/retractions.html", {"rows": lines, "any": bool(found)})


def _one(request: StaffRequest, reach: Reach) -> HttpResponse:
    one = reach.retraction
    refs = [("judgement", one.judgement), *(("report", record_id) for record_id in one.records)]
    record(Operation.CONSULT, refs=refs, details={"what": "retractions"}, result_count=len(reach.touches))
    people = names_of({touch.agent for touch in reach.touches if touch.agent})
    context = {
        "one": one,
        "unit": unit_name(one.unit),
        "rows": touch_rows(reach.touches, people),
        "any": bool(reach.touches),
        "through": len(reach.through),
    }
    return render(request, "oversight/retraction.html", context)
