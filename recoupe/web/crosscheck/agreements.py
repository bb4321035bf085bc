"""The magistrate's agreement before a judicial record leaves (S-6): what waits, the question, the answer."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_safe

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases import queries as cases
from recoupe.crosscheck import actions, permissions, queries
from recoupe.crosscheck.enums import AgreementState, NoticeKind, ReleaseState
from recoupe.crosscheck.models import Agreement, Release
from recoupe.deconfliction.settling.models import Opinion
from recoupe.deconfliction.settling.queries import to_decide
from recoupe.intelligence import queries as intelligence
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.reference.queries import duty_contact, unit_by_id
from recoupe.web.crosscheck.forms import AgreementForm
from recoupe.web.crosscheck.shown import Word
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import EVERY, policy
from recoupe.web.shell import MAGISTRATES, WRITERS

TONES = {
    AgreementState.ASKED: "law",
    AgreementState.AGREED: "good",
    AgreementState.REFUSED: "bad",
    AgreementState.WITHDRAWN: "",
}


@policy(roles=MAGISTRATES)
@require_safe
def agreement_list(request: StaffRequest) -> HttpResponse:
    """What waits for the agent as magistrate in charge, communications and conflicts, the oldest first."""
    waiting, conflicts = queries.agreements(request.agent), to_decide(request.agent)
    refs = [("agreement", row.id) for row in waiting] + [("opinion", row.id) for row in conflicts]
    record(Operation.CONSULT, refs=refs, details={"what": "agreements"}, result_count=len(refs))
    rows = [(row, unit_by_id(row.owner_unit_id).name) for row in waiting]
    return render(request, "crosscheck/agreements.html", {"rows": rows, "conflicts": _conflicts(request, conflicts)})


def _conflicts(request: StaffRequest, waiting: Sequence[Opinion]) -> list[tuple[Opinion, str, str]]:
    """Each question with the number of his own procedure and the court of the other one."""
    own = cases.cases_by_id(request.agent, [row.case_id for row in waiting])
    return [
        (row, own[row.case_id].number if row.case_id in own else "", unit_by_id(row.other_court_id).name)
        for row in waiting
    ]


@policy(roles=MAGISTRATES | WRITERS, step_up=EVERY)
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: StaffRequest, id: UUID) -> HttpResponse:
    """The question, for its magistrate and for the holder; the magistrate answers."""
    agent = request.agent
    asked = queries.agreement(agent, id)
    form, status = AgreementForm(), HTTPStatus.OK
    if request.method == "POST":
        permissions.check_agree(agent, asked)
        form, status = AgreementForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            agreed, reason = form.cleaned_data["decision"] == "agree", form.cleaned_data["reason"]
            try:
                actions.answer_agreement(by=agent, agreement=asked, agreed=agreed, reason=reason)
            except Invalid as refusal:
                refuse(form, refusal)
            except Conflict as refusal:
                refuse(form, refusal)
                status = HTTPStatus.CONFLICT
            else:
                return HttpResponseRedirect(reverse("agreement-page", args=[id]))
    return _shown(request, asked, form, status)


def _shown(request: StaffRequest, asked: Agreement, form: AgreementForm, status: HTTPStatus) -> HttpResponse:
    agent = request.agent
    release = queries.release_of(agent, asked)
    opened(agent, ("agreement", asked.id), keeping=_awaited(asked, release))
    record(Operation.CONSULT, refs=[("agreement", asked.id)])
    report = intelligence.reports(agent, [asked.record_id]).get(asked.record_id)
    state = AgreementState(asked.state)
    context = {
        "asked": asked,
        "state": Word(str(state.label), TONES[state]),
        "holder": unit_by_id(asked.owner_unit_id).name,
        "may_answer": state == AgreementState.ASKED and permissions.can_agree(agent, asked),
        "is_magistrate": permissions.can_agree(agent, asked),
        "case": cases.cases_by_id(agent, [asked.case_id]).get(asked.case_id),
        "callers": [duty_contact(unit_by_id(asked.owner_unit_id), localdate())],
        "report": report,
        "thread_id": release.thread_id if release else None,
        "to_send": state == AgreementState.AGREED and release and release.state == ReleaseState.AWAITING_MAGISTRATE,
        "gone": bool(release and release.state == ReleaseState.GRANTED),
        "form": form,
    }
    return render(request, "crosscheck/agreement.html", context, status=status)


def _awaited(asked: Agreement, release: Release | None) -> list[NoticeKind]:
    """The question waits for its magistrate; the answer waits for the holder until the record has gone."""
    if asked.state == AgreementState.ASKED:
        return [NoticeKind.AGREEMENT_ASKED]
    gone = release is None or release.state != ReleaseState.AWAITING_MAGISTRATE
    return [] if asked.state != AgreementState.AGREED or gone else [NoticeKind.AGREEMENT_ANSWERED]
