"""The quarterly review: designations that nobody looked at for a quarter, kept one by one or taken away."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from recoupe.access import actions as designations
from recoupe.access import permissions as accounts
from recoupe.access import queries as agents
from recoupe.access.agent import Agent
from recoupe.access.models import Habilitation
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.desk import actions, queries
from recoupe.kernel.refusal import Absent
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import AUTHORITY, EVERY, UNKNOWN_VERB, policy

PAGE = 50


@policy(roles=AUTHORITY)
@require_safe
def review_list(request: StaffRequest) -> HttpResponse:
    """What is due, the longest waiting first."""
    rows = queries.due_reviews(request.agent, timezone.localdate(), PAGE)
    refs = [("agent", row.agent_id) for row in rows]
    record(Operation.CONSULT, refs=refs, details={"what": "reviews"}, result_count=len(refs))
    context = {"rows": rows, "in_all": rows[0].in_all if rows else 0}
    return render(request, "desk/reviews.html", context)


def _keep(by: Agent, habilitation: Habilitation) -> None:
    actions.keep(by=by, habilitation=habilitation)


def _take(by: Agent, habilitation: Habilitation) -> None:
    designations.revoke_habilitation(by=by, habilitation=habilitation, reason=by.motive)


VERBS: Mapping[str, Callable[[Agent, Habilitation], None]] = {"garder": _keep, "retirer": _take}


@policy(roles=AUTHORITY, step_up=EVERY)
@require_POST
def review_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Keep a designation for another quarter, or end it now."""
    if verb not in VERBS:
        raise Absent(UNKNOWN_VERB)
    run = VERBS[verb]
    found = agents.any_habilitation(request.agent, id)
    accounts.check_designate(request.agent, found.agent_id)
    run(request.agent, found)
    return HttpResponseRedirect(reverse("review-list"))
