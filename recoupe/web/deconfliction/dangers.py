"""Dangers as a duty desk learns of them: that there is one, whom to call, when it begins; and acknowledging one."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.enums import Role
from recoupe.access.queries import names_of
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.deconfliction import danger_queries as queries
from recoupe.deconfliction import permissions, watch
from recoupe.deconfliction.dangers import SIDE_REF
from recoupe.deconfliction.models import DangerSide
from recoupe.kernel.refusal import Absent
from recoupe.operations.queries import reference_of
from recoupe.reference.organisation import Contact
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import UNKNOWN_VERB, policy

# Who holds a duty desk (T-1): of his unit, of his cell, of the office.
DESKS = (Role.UNIT_HEAD, Role.DUTY_OFFICER, Role.CROSS_ANALYST, Role.CROSS_HEAD, Role.OFAST_ANALYST)
ACKNOWLEDGE = "accuser"


@dataclass(frozen=True, slots=True)
class Line:
    """One danger of the agent's unit."""

    side: DangerSide
    url: str
    ours: str
    contact: Contact
    may_acknowledge: bool
    acknowledged_by: str


def _lines(request: StaffRequest, sides: list[DangerSide]) -> list[Line]:
    names = names_of({side.acknowledged_by for side in sides if side.acknowledged_by})
    return [
        Line(
            side,
            reverse("danger-page", args=[side.id]),
            reference_of(request.agent, side.event_id),
            Contact(side.other_code, side.other_name, side.other_contact, side.other_phone, side.other_email),
            permissions.can_acknowledge(request.agent, side),
            names.get(side.acknowledged_by, "") if side.acknowledged_by else "",
        )
        for side in sides
    ]


@policy(roles=DESKS)
@require_safe
def danger_list(request: StaffRequest) -> HttpResponse:
    """The dangers of one's unit that stand, the next one first."""
    sides = queries.own_sides(request.agent)
    refs: list[Ref] = [(SIDE_REF, side.id) for side in sides]
    record(Operation.CONSULT, refs=refs, details={"what": "dangers"}, result_count=len(refs))
    return render(request, "deconfliction/dangers.html", {"lines": _lines(request, sides)})


@policy(roles=DESKS)
@require_safe
def danger_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One danger: whom to call, and the button that says that one knows."""
    side = queries.side(request.agent, id)
    record(Operation.CONSULT, refs=[(SIDE_REF, id)])
    opened(request.agent, (SIDE_REF, id))
    [line] = _lines(request, [side])
    return render(request, "deconfliction/danger.html", {"line": line, "side": side})


@policy(roles=DESKS)
@require_POST
def danger_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """The unit knows."""
    if verb != ACKNOWLEDGE:
        raise Absent(UNKNOWN_VERB)
    watch.acknowledge(by=request.agent, side=queries.side(request.agent, id))
    return HttpResponseRedirect(reverse("danger-page", args=[id]))
