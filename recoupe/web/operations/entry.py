"""Entering an event and changing one: the form, filled as it was typed, with each refusal at its field."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.operations import actions, permissions, queries
from recoupe.operations.enums import EventShape
from recoupe.operations.models import Event
from recoupe.operations.permissions import PLANNERS
from recoupe.web.dealpoints import maps
from recoupe.web.middleware import StaffRequest
from recoupe.web.operations.forms import EventForm, initial
from recoupe.web.policy import policy
from recoupe.web.reference import outlines


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def event_new(request: StaffRequest) -> HttpResponse:
    """Enter an event; its comparison starts with it, and its page says whom to call."""
    permissions.check_plan(request.agent)
    if request.method != "POST":
        form = EventForm(agent=request.agent)
        record(Operation.CONSULT, refs=form.shown, details={"what": "form"})
        return _shown(request, form)
    form, status = EventForm(request.POST, agent=request.agent), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            made = actions.enter(by=request.agent, entry=form.entry(), key=form.cleaned_data["key"])
            return HttpResponseRedirect(reverse("event-page", args=[made.id]))
        except (Invalid, Conflict) as refusal:
            status = _refused(form, refusal)
    return _shown(request, form, status=status)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def event_change(request: StaffRequest, id: UUID) -> HttpResponse:
    """Another place or hour: it is compared anew."""
    event = queries.event(request.agent, id)
    permissions.check_change(request.agent, event)
    legs = len(event.legs) if event.shape == EventShape.CORRIDOR else 0
    if request.method != "POST":
        form = EventForm(initial=initial(event), agent=request.agent, legs=legs)
        record(Operation.CONSULT, refs=[("event", id), *form.shown], details={"what": "form"})
        return _shown(request, form, event)
    form, status = EventForm(request.POST, agent=request.agent, legs=legs), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            actions.change(by=request.agent, event=event, entry=form.entry(), read_at=form.cleaned_data["read_at"])
            return HttpResponseRedirect(reverse("event-page", args=[id]))
        except (Invalid, Conflict) as refusal:
            status = _refused(form, refusal)
    return _shown(request, form, event, status)


def _refused(form: EventForm, refusal: Invalid | Conflict) -> HTTPStatus:
    form.refuse(refusal)
    return HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY


def _shown(
    request: StaffRequest, form: EventForm, event: Event | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The form with a map that only picks a point: nothing is drawn on it."""
    context = {
        "form": form,
        "event": event,
        "map_base": outlines.addresses(request.agent.departments),
        "map_bounds": maps.text(maps.window(request.agent)),
        "map_label": gettext("Carte pour placer le point"),
    }
    return render(request, "operations/form.html", context, status=status)
