"""Asking for a registration under a procedure of one's own, and completing what was written."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import queries as cases
from recoupe.cases.models import Case
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.targets import actions, permissions, queries
from recoupe.targets.models import RegisteredTarget
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.targets.forms import AgainForm, PersonForm, RequestForm, initial_of, renewed


@policy(roles=permissions.ASKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: StaffRequest, case: UUID) -> HttpResponse:
    """Ask for a person of this procedure; `apres` names the registration that this one follows."""
    of = cases.case(request.agent, case)
    permissions.check_request(request.agent, of)
    after = _followed(request, of)
    form_of = AgainForm if after else RequestForm
    if request.method != "POST":
        return _shown(request, of, after, form_of(initial=_known(request, of, after)))
    form, status = form_of(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.request_target(
                by=request.agent, case=of, entry=form.entry(), reason=data.get("reason", ""), renews=after,
                key=data["key"],
            )  # fmt: skip
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("target-page", args=[made.id]))
    return _shown(request, of, after, form, status)


@policy(roles=permissions.ASKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def target_amend(request: StaffRequest, id: UUID) -> HttpResponse:
    """Complete or correct what the registry holds of a person of one's own unit."""
    target = queries.target(request.agent, id)
    permissions.check_amend(request.agent, target)
    form, status = PersonForm(initial=initial_of(target)), HTTPStatus.OK
    if request.method == "POST":
        form, status = PersonForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                actions.amend(by=request.agent, target=target, entry=form.entry())
            except Invalid as refusal:
                refuse(form, refusal)
            else:
                return HttpResponseRedirect(reverse("target-page", args=[id]))
    record(Operation.CONSULT, refs=[("target", id)])
    return render(request, "targets/form.html", {"form": form, "target": target}, status=status)


def _followed(request: StaffRequest, of: Case) -> RegisteredTarget | None:
    named = renewed(request.GET.get("apres", ""))
    return queries.target(request.agent, named) if named else None


def _known(request: StaffRequest, of: Case, after: RegisteredTarget | None) -> dict[str, Any]:
    """What is known before anything is typed: the former registration, or who asks and who directs."""
    if after:
        return initial_of(after)
    named = {m.id: m.name for m in cases.magistrates(request.agent, of.court_id)}
    return {"investigator_name": request.agent.name, "magistrate_name": named.get(of.magistrate_id, "")}


def _shown(
    request: StaffRequest,
    of: Case,
    after: RegisteredTarget | None,
    form: RequestForm,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    record(Operation.CONSULT, refs=[("case", of.id), *([("target", after.id)] if after else [])])
    return render(request, "targets/form.html", {"form": form, "case": of, "after": after}, status=status)
