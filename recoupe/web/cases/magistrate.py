"""Naming another magistrate for a procedure: the court first, then one of its magistrates, and why."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import actions, permissions, queries
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.web.cases.forms import CourtForm, MagistrateForm
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERY, policy


@policy(roles={Role.UNIT_HEAD}, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def case_magistrate(request: StaffRequest, id: UUID) -> HttpResponse:
    """Show the magistrates of a court, the procedure's own unless another is asked; put one of them in charge."""
    case = queries.case(request.agent, id)
    permissions.check_change_magistrate(request.agent, case)
    today = localdate()
    asked = {"court": str(case.court_id)} | (request.POST or request.GET).dict()
    courts = CourtForm({"court": asked["court"]}, today=today)
    if not courts.is_valid():
        return _shown(request, case, courts, None, HTTPStatus.UNPROCESSABLE_ENTITY)
    court = UUID(courts.cleaned_data["court"])
    if request.method != "POST":
        form = MagistrateForm(initial={"court": str(court)}, agent=request.agent, case=case, court=court, today=today)
        return _shown(request, case, courts, form)
    form = MagistrateForm(request.POST, agent=request.agent, case=case, court=court, today=today)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        magistrate, reason = UUID(form.cleaned_data["magistrate"]), form.cleaned_data["reason"]
        try:
            actions.change_magistrate(
                by=request.agent, case=case, court_id=court, magistrate_id=magistrate, reason=reason
            )
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("case-page", args=[id]))
    return _shown(request, case, courts, form, status)


def _shown(
    request: StaffRequest,
    case: Case,
    courts: CourtForm,
    form: MagistrateForm | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    record(Operation.CONSULT, refs=[("case", case.id)], details={"what": "magistrate"})
    context = {
        "case": case,
        "courts": courts,
        "form": form,
        "former": _named(request, case),
    }
    return render(request, "cases/magistrate.html", context, status=status)


def _named(request: StaffRequest, case: Case) -> str:
    """The magistrate in charge by name, "" for one who has left the court."""
    at_court = {m.id: m.name for m in queries.magistrates(request.agent, case.court_id)}
    return at_court.get(case.magistrate_id, "")
