"""Points that may be one, two by two: a proposal on a page, which only the head of the cell brings to an end."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import doubles
from recoupe.web.dealpoints import shown
from recoupe.web.dealpoints.stock import DepartmentForm
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.shell import DECIDERS


class OneDepartmentForm(DepartmentForm):
    """One department: pairs are looked for where one cell decides."""

    blank = _("Choisissez")


@policy(roles=DECIDERS)
@require_safe
def dealpoint_doubles(request: StaffRequest) -> HttpResponse:
    """The pairs of a department, nearest first, among the points that the agent reads."""
    own = sorted(request.agent.departments)
    asked = request.GET.dict() or ({"department": own[0]} if own else {})
    form = OneDepartmentForm(asked)
    if not form.is_valid():
        return render(request, "dealpoints/doubles.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    department = form.cleaned_data["department"]
    found = doubles.pairs(request.agent, department) if department else []
    refs = dict.fromkeys(("dealpoint", point.id) for pair in found for point in (pair.one, pair.other))
    record(
        Operation.CONSULT, refs=list(refs), details={"what": "dealpoint_doubles", "department": department},
        result_count=len(found),
    )  # fmt: skip
    pairs = [(*shown.lines([pair.one, pair.other]), pair.metres) for pair in found]
    return render(request, "dealpoints/doubles.html", {"form": form, "pairs": pairs, "department": department})
