"""Proposing an objective: from a hit that the agent reads, or from a confirmed deal point."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.coordination import actions, permissions, queries
from recoupe.coordination.enums import ENDED, ObjectiveState, OriginKind
from recoupe.coordination.models import Objective
from recoupe.crosscheck import queries as crosscheck
from recoupe.crosscheck.models import HitSide
from recoupe.dealpoints import queries as dealpoints
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence import queries as intelligence
from recoupe.kernel.refusal import Absent, Conflict, Invalid, gettext_noop
from recoupe.reference import queries as reference
from recoupe.reference.models import Commune
from recoupe.web.coordination.forms import ProposalForm
from recoupe.web.dealpoints.shown import address
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy
from recoupe.web.reference.fields import label

NO_ORIGIN = gettext_noop("Ce recoupement ou ce point de deal n'existe pas, ou n'est pas à votre portée.")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the objective is proposed from."""

    kind: OriginKind
    record: DealPoint | HitSide
    label: str
    url: str
    placed: Commune | None


@policy(roles=permissions.PROPOSERS)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest) -> HttpResponse:
    """Show the form for one origin; enter the objective once."""
    permissions.demand_proposer(request.agent)
    origin = _origin(request)
    if origin is None:
        return render(request, "coordination/choose.html")
    if request.method != "POST":
        permissions.check_propose(request.agent, origin.record)
        first = {"key": uuid4(), "commune": _commune(request.agent, origin)}
        return _shown(request, origin, ProposalForm(initial=first, placed=origin.placed))
    form = ProposalForm(request.POST, placed=origin.placed)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            made = actions.propose(by=request.agent, origin=origin.record, draft=form.draft())
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("objective-page", args=[made.id]))
    return _shown(request, origin, form, status)


def _origin(request: StaffRequest) -> Origin | None:
    """The hit or the point named in the address; one out of reach is absent, and so is an unreadable address."""
    asked = {
        kind: request.GET.get(name, "") for kind, name in ((OriginKind.HIT, "hit"), (OriginKind.DEALPOINT, "point"))
    }
    kind = next((kind for kind, text in asked.items() if text), None)
    if kind is None:
        return None
    try:
        identity = UUID(asked[kind])
    except ValueError:
        raise Absent(NO_ORIGIN) from None
    if kind is OriginKind.DEALPOINT:
        point = dealpoints.point(request.agent, identity)
        named = f"{point.name} ({point.ref})"
        return Origin(kind, point, named, address("dealpoint-page", identity), reference.commune(point.commune_code))
    side = crosscheck.hit_side(request.agent, identity).side
    named = gettext("Recoupement du %(day)s avec %(unit)s") % {
        "day": side.at.strftime("%d/%m/%Y"),
        "unit": side.other_name,
    }
    return Origin(kind, side, named, address("hit-page", identity), None)


def _commune(agent: Agent, origin: Origin) -> str:
    """The commune of the agent's own record in a hit, as a first answer."""
    if not isinstance(origin.record, HitSide):
        return ""
    report = intelligence.reports(agent, [origin.record.record_id]).get(origin.record.record_id)
    return label(reference.commune(report.commune_code)) if report and report.commune_code else ""


def _live(request: StaffRequest, origin: Origin) -> list[Objective]:
    """What is already under way on this origin, as far as the agent reads it."""
    found = queries.from_origin(request.agent, origin.kind, origin.record.pk)
    return [objective for objective in found if ObjectiveState(objective.state) not in ENDED]


def _shown(
    request: StaffRequest, origin: Origin, form: ProposalForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    live = _live(request, origin)
    refs = [(origin.kind.value, origin.record.pk), *(("objective", objective.pk) for objective in live)]
    record(Operation.CONSULT, refs=refs)
    context = {"form": form, "origin": origin, "live": live}
    return render(request, "coordination/new.html", context, status=status)
