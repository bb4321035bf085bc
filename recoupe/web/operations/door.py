"""The door of the source bureau: what it marks now, a form, and the end of a mark; nothing else is kept (S-7)."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid
from recoupe.operations import door, permissions, queries
from recoupe.operations.door import MarkEntry
from recoupe.operations.enums import EventKind, EventShape, Existence
from recoupe.operations.permissions import PLANNERS
from recoupe.web.middleware import StaffRequest
from recoupe.web.operations import shown
from recoupe.web.operations.forms import EventForm
from recoupe.web.operations.naming import lines_of
from recoupe.web.policy import policy

# What an event says and a mark never does.
UNSAID: dict[str, Any] = {
    "kind": EventKind.MARK, "label": "", "armed": False, "existence": Existence.HOLDER_ONLY, "concerns": [],
    "outline": "", "read_at": None,
}  # fmt: skip
SHAPES = (EventShape.POINT, EventShape.COMMUNE, EventShape.CORRIDOR)


class DoorForm(EventForm):
    """An identifier, a place or a corridor, and a window."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in UNSAID:
            del self.fields[name]
        nowhere = ("", _("sans lieu : un identifiant seul"))
        self.fields["shape"].choices = [nowhere, *((s.value, s.label) for s in SHAPES)]  # type: ignore[attr-defined]
        self.fields["shape"].initial, self.fields["shape"].required = "", False

    def mark(self) -> MarkEntry:
        """What the room takes."""
        self.cleaned_data |= UNSAID
        typed = self.entry()
        place = (typed.shape, typed.stops, typed.radius_m) if typed.shape else ("", (), 0)
        return MarkEntry(typed.windows, *place, "", typed.plates, typed.phones, typed.imeis)


@policy(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def door_page(request: StaffRequest) -> HttpResponse:
    """What the bureau marks, and the form of another one."""
    permissions.check_mark(request.agent)
    if request.method != "POST":
        return _shown(request, DoorForm(agent=request.agent))
    form = DoorForm(request.POST, agent=request.agent)
    if form.is_valid():
        try:
            door.mark(by=request.agent, entry=form.mark(), key=form.cleaned_data["key"])
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return HttpResponseRedirect(reverse("door"))
    return _shown(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=PLANNERS)
@require_POST
def door_withdraw(request: StaffRequest, id: UUID) -> HttpResponse:
    """It marks this no longer."""
    door.withdraw(by=request.agent, event=queries.event(request.agent, id))
    return HttpResponseRedirect(reverse("door"))


def _shown(request: StaffRequest, form: DoorForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    marks = queries.marks(request.agent, timezone.now())
    refs: list[Ref] = [("event", mark.id) for mark in marks]
    record(Operation.CONSULT, refs=refs, details={"what": "events"}, result_count=len(refs))
    context = {"form": form, "marks": [(shown.line(mark), lines_of(mark)) for mark in marks]}
    return render(request, "operations/door.html", context, status=status)
