"""The desk of the registry's manager: what waits for him, terms, conflicts by state, measured times, the gauge."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from recoupe.access.enums import Role
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.deconfliction.settling import queries
from recoupe.deconfliction.settling.queries import Measure
from recoupe.targets import queries as targets
from recoupe.web.deconfliction import shown
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.targets import shown as registrations

MEASURED_DAYS = 365


@policy(roles=[Role.REGISTRY_MANAGER])
@require_safe
def registry_desk(request: StaffRequest) -> HttpResponse:
    """Everything that the manager has to do, and counts of what he does not read."""
    agent, today, now = request.agent, localdate(), timezone.now()
    to_check, ending = targets.to_check(agent), targets.ending(agent, today)
    to_propose = queries.to_propose(agent)
    refs: list[Ref] = [("target", t.id) for t in (*to_check, *ending)] + [("settlement", s.id) for s in to_propose]
    record(Operation.CONSULT, refs=refs, details={"what": "registry_desk"}, result_count=len(refs))
    measured = queries.measures(agent, today - timedelta(days=MEASURED_DAYS))
    context = {
        "to_check": registrations.lines(agent, to_check, today),
        "to_propose": [(s, shown.registrations(agent, s), (now - s.state_since).days) for s in to_propose],
        "ending": [
            (line, (line.target.expires_on - today).days)
            for line in registrations.lines(agent, ending, today)
            if line.target.expires_on
        ],
        "standing": [(shown.word(c.state), c.conflicts, (now - c.oldest).days) for c in queries.standing(agent)],
        "measures": [measured.get(what, Measure(what, 0, None)) for what in ("contact", "agreement", "decision")],
        "gauge": registrations.gauge_lines(targets.gauge(agent, today, 2)),
    }
    return render(request, "deconfliction/desk.html", context)
