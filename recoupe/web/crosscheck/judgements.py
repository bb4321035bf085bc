"""Judging a pair of which one reads both records: why, what was said, the group, the answer, its taking back."""

from dataclasses import dataclass
from datetime import date, datetime, time
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from recoupe.access.agent import Agent
from recoupe.access.queries import names_of
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import actions, judged, permissions, queries, records
from recoupe.crosscheck.enums import Answer, JudgementState, NoticeKind
from recoupe.crosscheck.judged import Group
from recoupe.crosscheck.models import Judgement
from recoupe.crosscheck.queries import Pair
from recoupe.intelligence import queries as intelligence
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Conflict, Invalid, gettext_noop
from recoupe.kernel.selectors import Strength
from recoupe.oversight import queries as oversight
from recoupe.reference.queries import unit_by_id
from recoupe.web.crosscheck import shown
from recoupe.web.crosscheck.forms import GroupForm, JudgeForm, RetractForm
from recoupe.web.crosscheck.saying import MemberRow, line_rows, member_rows
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.oversight.rows import touch_rows
from recoupe.web.policy import policy
from recoupe.web.shell import WRITERS

NO_SUCH_DAY = gettext_noop("Ce jour est illisible : écrivez le jour, le mois et l'année, comme 05/03/2026.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The day at which the group is asked for: none for now; `known`, by what is known now."""

    day: date | None
    known: bool
    form: GroupForm

    @property
    def on(self) -> datetime:
        """The end of that day, or now."""
        now = timezone.now()
        if self.day is None:
            return now
        return min(now, timezone.make_aware(datetime.combine(self.day, time.max)))


@policy(roles=WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
def judgement(request: StaffRequest, id: UUID) -> HttpResponse:
    """One weak pair with its reasons, its group and its history, and the answer of whoever reads both records."""
    found = queries.judgement(request.agent, id)
    if request.method != "POST":
        return _page(request, found)
    permissions.check_judge(request.agent, found)
    form, status = JudgeForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        answer, reason = Answer(form.cleaned_data["answer"]), form.cleaned_data["reason"]
        try:
            actions.judge(by=request.agent, judgement=found, answer=answer, reason=reason)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("judgement-page", args=[id]))
    return _page(request, found, form=form, status=status)


@policy(roles=WRITERS)
@require_POST
def retract(request: StaffRequest, id: UUID) -> HttpResponse:
    """Take back what was judged: it stays written, whom it reached is told, the pair is asked again."""
    found = queries.judgement(request.agent, id)
    permissions.check_judge(request.agent, found)
    form, status = RetractForm(request.POST), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            actions.retract(by=request.agent, judgement=found, reason=form.cleaned_data["why"])
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("judgement-page", args=[id]))
    return _page(request, found, retract_form=form, status=status)


def _page(
    request: StaffRequest,
    found: Judgement,
    form: forms.Form | None = None,
    retract_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent = request.agent
    asked = _asked(request)
    pair, lines = queries.pair(agent, found), judged.history(agent, found)
    # A service joined to the cell reads the question; the cell's own members answer it.
    may = permissions.can_judge(agent, found)
    waits = found.state == JudgementState.ASKED and may
    opened(agent, ("judgement", found.id), keeping=[NoticeKind.JUDGEMENT] if waits else [])
    group = judged.group(agent, found, asked.on, timezone.now() if asked.known else None)
    members = _members(agent, group, pair)
    _journal(found, members)
    context = {
        "judgement": found,
        "reasons": shown.reason_rows(pair.reasons),
        "steps": shown.step_rows(pair.steps),
        "total": sum(step.bits for step in pair.steps),
        "records": _records(pair.reports),
        "waits": waits,
        "form": form or JudgeForm(),
        "may_retract": may and judged.standing(lines) is not None,
        "retract_form": retract_form or RetractForm(),
        "history": line_rows(lines, names_of({line.author_id for line in lines})),
        "touched": touch_rows(oversight.own_part(agent, found, lines), {}),
        "group": group,
        "members": members,
        "follows": "" if group.follows == Answer.UNKNOWN else group.follows.label,
        "against": [i for i in group.contradictions if i != found.id],
        "contradicts": found.id in group.contradictions,
        "group_form": asked.form,
        "asked": asked,
        "strength": Strength.WEAK.value,
        "strength_label": shown.strength_label(Strength.WEAK),
    }
    return render(request, "crosscheck/judgement.html", context, status=status)


def _asked(request: StaffRequest) -> Asked:
    form = GroupForm(request.GET)
    if not form.is_valid():
        raise Invalid(NO_SUCH_DAY)
    return Asked(form.cleaned_data["day"], form.cleaned_data["known"] == "now", form)


def _journal(found: Judgement, members: list[MemberRow]) -> None:
    kinds: list[Ref] = [(found.first_kind, found.first_id), (found.second_kind, found.second_id)]
    record(Operation.CONSULT, refs=[("judgement", found.id), *kinds])
    # Each record that is shown with what it holds is opened: its service may learn so as of any other opening (P-88).
    for ref in dict.fromkeys([*kinds, *(("report", member.id) for member in members)]):
        record(Operation.CONSULT, refs=[ref])


def _members(agent: Agent, group: Group, pair: Pair) -> list[MemberRow]:
    """The canonical view: what each record of the group says, record by record; no value is chosen among them."""
    if len(group.members) < shown.PAIR or group.follows != Answer.SAME:
        return []
    read = {report.id: report for report in pair.reports}
    read |= intelligence.reports(agent, [record for record in group.members if record not in read])
    named = pair.named | records.mentions(agent, [report for i, report in read.items() if i not in pair.named])
    return member_rows(read, records.values(named), group.members)


def _records(reports: list[Report]) -> list[dict[str, Any]]:
    """The records side by side: reference, service, facts, in the order of the reasons."""
    return [
        {
            "ref": report.ref,
            "url": reverse("report-page", args=[report.id]),
            "unit": unit_by_id(report.owner_unit_id).name,
            "at": report.collected_at,
            "text": report.fact_text,
            "grade": report.grading,
        }
        for report in reports
    ]
