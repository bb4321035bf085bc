"""What the registry's manager proposes to a magistrate in charge (S-6): the question, and his decision."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import queries as cases
from recoupe.deconfliction import permissions
from recoupe.deconfliction.settling import actions, queries
from recoupe.deconfliction.settling.enums import NoticeKind, OpinionState
from recoupe.deconfliction.settling.models import Opinion
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.reference.queries import unit_by_id
from recoupe.web.deconfliction import shown
from recoupe.web.deconfliction.forms import DecisionForm
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import EVERY, policy
from recoupe.web.shell import MAGISTRATES


@policy(roles=MAGISTRATES, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def opinion(request: StaffRequest, id: UUID) -> HttpResponse:
    """The proposal in the terms of his procedure, the other's office, and his answer."""
    agent = request.agent
    asked = queries.opinion(agent, id)
    form, status = DecisionForm(), HTTPStatus.OK
    if request.method == "POST":
        form, status = DecisionForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            permissions.check_decide(agent, asked)
            if form.is_valid():
                accepted, reason = form.cleaned_data["decision"] == "accept", form.cleaned_data["reason"]
                actions.answer(by=agent, opinion=asked, accepted=accepted, reason=reason)
                return HttpResponseRedirect(reverse("opinion-page", args=[id]))
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            form.is_valid()
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
    return _shown(request, asked, form, status)


def _shown(request: StaffRequest, asked: Opinion, form: DecisionForm, status: HTTPStatus) -> HttpResponse:
    agent = request.agent
    waits = asked.state == OpinionState.ASKED
    opened(agent, ("opinion", asked.id), keeping=[NoticeKind.OPINION_ASKED] if waits else [])
    record(Operation.CONSULT, refs=[("opinion", asked.id)])
    context = {
        "asked": asked,
        "state": shown.opinion_word(asked.state),
        "lead": shown.MAGISTRATE_LEADS[asked.lead],
        "court": unit_by_id(asked.other_court_id).name,
        "case": cases.cases_by_id(agent, [asked.case_id]).get(asked.case_id),
        "may_answer": permissions.can_decide(agent, asked),
        "form": form,
    }
    return render(request, "deconfliction/opinion.html", context, status=status)
