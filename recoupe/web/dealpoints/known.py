"""What is known of a point said anew by its cell, and what is paid there by whoever knows."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from recoupe.access.enums import Role
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.dealpoints import facts, permissions, queries
from recoupe.dealpoints.models import DealPoint
from recoupe.dealpoints.placing import Draft
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.web.dealpoints.forms import CorrectForm, PriceForm
from recoupe.web.dealpoints.views import page
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

CORRECTORS = (Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)


@policy(roles=CORRECTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def dealpoint_correct(request: StaffRequest, id: UUID) -> HttpResponse:
    """The form as the point stands; what was said anew replaces it."""
    point = queries.point(request.agent, id)
    permissions.check_correct(request.agent, point)
    form = CorrectForm(request.POST if request.method == "POST" else None, initial=_initial(point))
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                facts.correct(by=request.agent, point=point, said=Draft(**form.known()))
            except Invalid as refusal:
                refuse(form, refusal)
            except Conflict as refusal:
                refuse(form, refusal)
                status = HTTPStatus.CONFLICT
            else:
                return HttpResponseRedirect(reverse("dealpoint-page", args=[id]))
    record(Operation.CONSULT, refs=[("dealpoint", point.id)])
    return render(request, "dealpoints/correct.html", {"form": form, "point": point}, status=status)


@policy(roles=permissions.CONTRIBUTORS)
@require_POST
def dealpoint_price(request: StaffRequest, id: UUID) -> HttpResponse:
    """Keep one price; a refused one comes back on the page of the point."""
    point = queries.point(request.agent, id)
    permissions.demand_contributor(request.agent)
    form = PriceForm(request.POST, auto_id="id_price_%s")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            facts.observe_price(by=request.agent, point=point, seen=form.seen())
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("dealpoint-page", args=[id]))
    return page(request, point, price_form=form, status=status)


def _initial(point: DealPoint) -> dict[str, Any]:
    names = (
        "name", "kind", "products", "hours", "roles_seen", "landlord", "landlord_siren", "violence", "minors_present",
    )  # fmt: skip
    return {name: getattr(point, name) for name in names}
