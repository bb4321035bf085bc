"""« Mes conflits », and one conflict of two registrations for those who settle it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.enums import Role
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import queries as crosscheck
from recoupe.crosscheck.enums import Side
from recoupe.deconfliction import permissions
from recoupe.deconfliction import queries as conflicts
from recoupe.deconfliction.settling import queries, rules
from recoupe.deconfliction.settling.actions import SENTENCE_MOVED
from recoupe.deconfliction.settling.enums import Lead, NoticeKind, SettlementState
from recoupe.deconfliction.settling.models import Settlement
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.notices.actions import mark_seen
from recoupe.reference.queries import unit_by_id
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.permissions import manages
from recoupe.web.crosscheck.contacts import PARTIES
from recoupe.web.crosscheck.shown import callers
from recoupe.web.deconfliction import shown
from recoupe.web.deconfliction.forms import Choices, StepForm
from recoupe.web.deconfliction.verbs import BY_SLUG, offers
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import UNKNOWN_VERB, policy
from recoupe.web.shell import UNITS

S = SettlementState
SETTLERS = PARTIES | {Role.REGISTRY_MANAGER}


@policy(roles=UNITS)
@require_safe
def conflict_list(request: StaffRequest) -> HttpResponse:
    """The registrations and events of one's unit that met others: what is to be done next, whom to call."""
    agent = request.agent
    sides = conflicts.own_sides(agent)
    thread_ids = [side.thread_id for side in sides if side.thread_id]
    threads, settled = crosscheck.contacts(agent, thread_ids), queries.of_contacts(agent, thread_ids)
    rows = shown.first_come(shown.conflict_rows(agent, sides, threads, settled))
    followed = conflicts.followed_by_others(agent, [side.record_id for side in sides])
    refs: list[Ref] = [("hit", row.side.id) for row in rows] + [("target", target.id) for target in followed]
    record(Operation.CONSULT, refs=refs, details={"what": "conflicts"}, result_count=len(refs))
    context = {"rows": [(row, callers([row.side])) for row in rows], "followed": followed}
    return render(request, "deconfliction/list.html", context)


@policy(roles=SETTLERS)
@require_safe
def settlement_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One conflict of two registrations: what was said of it, and what the reader may do."""
    return _page(request, queries.settlement(request.agent, id))


@policy(roles=SETTLERS)
@require_POST
def settlement_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Take one step; a refused form comes back on the page, with the conflict as it stands."""
    step = BY_SLUG.get(verb)
    if step is None:
        raise Absent(UNKNOWN_VERB)
    agent, of = request.agent, queries.settlement(request.agent, id)
    known = _known(agent, of)
    form = step.bind(of, known.sides, known.leads, request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        permissions.check_settle(agent, of, step.to)
        if form.is_valid():
            if form.cleaned_data["seen"] != of.steps:
                raise Conflict(SENTENCE_MOVED)
            step.run(agent, of, form)
            return HttpResponseRedirect(reverse("settlement-page", args=[id]))
    except Invalid as refusal:
        refuse(form, refusal)
    except Conflict as refusal:
        form.is_valid()
        refuse(form, refusal)
        status = HTTPStatus.CONFLICT
    return _page(request, queries.settlement(agent, id), {verb: form}, status)


@dataclass(frozen=True, slots=True)
class _Known:
    """The two services as one reader knows them, those for which he speaks, to the manager their registrations."""

    names: Mapping[Side, str]
    mine: Sequence[Side]
    held: Mapping[Side, RegisteredTarget]

    @property
    def sides(self) -> Choices:
        return [(side.value, self.names[side]) for side in self.mine]

    @property
    def leads(self) -> Choices:
        return [(lead.value, shown.leader(lead, self.names)) for lead in Lead]


def _known(agent: Agent, of: Settlement) -> _Known:
    """Both named by their registrations to the manager, to a side by its contact."""
    held, mine = shown.registrations(agent, of), permissions.sides_of(agent, of)
    if len(held) == len(Side):
        return _Known({side: unit_by_id(target.owner_unit_id).name for side, target in held.items()}, mine, held)
    thread = crosscheck.contacts(agent, [of.thread_id]).get(of.thread_id)
    return _Known({side: thread.name_of(side) if thread else str(side.label) for side in Side}, mine, held)


def _page(
    request: StaffRequest,
    of: Settlement,
    bound: Mapping[str, StepForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent = request.agent
    known = _known(agent, of)
    names, mine, held = known.names, known.mine, known.held
    opened(agent, ("settlement", of.id), keeping=_awaited(agent, of))
    answered = {kind.value for kind in NoticeKind} - set(rules.to_answer(of, mine))
    mark_seen(by=agent, refs=[("contact", of.thread_id)], kinds=answered)
    refs: list[Ref] = [("settlement", of.id), *(("target", target.id) for target in held.values())]
    record(Operation.CONSULT, refs=refs)
    context = {
        "of": of,
        "state": shown.word(of.state),
        "lead": shown.leader(of.lead, names),
        "title": " · ".join(name for side, name in names.items() if side not in mine or len(mine) > 1 or held),
        "next": shown.settle_next(mine[0], of) if mine else "",
        "steps": shown.steps(agent, of, names),
        "offers": offers(agent, of, bound or {}, known.sides, known.leads),
        "contact": bool(mine),
        "callers": callers(conflicts.sides_of(agent, of.thread_id)),
        "held": [(names[side], target) for side, target in held.items()],
        "opinions": [
            (opinion, unit_by_id(opinion.court_id).name, shown.opinion_word(opinion.state))
            for opinion in (queries.opinions(agent, of) if manages(agent) else [])
        ],
    }
    return render(request, "deconfliction/settlement.html", context, status=status)


def _awaited(agent: Agent, of: Settlement) -> list[str]:
    """What waits for the manager stays on his list until he has proposed."""
    return [NoticeKind.TO_PROPOSE] if of.state == S.ARBITRATION and manages(agent) else []
