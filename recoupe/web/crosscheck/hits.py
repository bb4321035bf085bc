"""Hits: the list, the page of one side, opening the contact, answering a weak match."""

from http import HTTPStatus
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.agent import Agent
from recoupe.access.feed import Cursor
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.coordination import permissions as coordination
from recoupe.crosscheck import actions, judged, permissions, queries, queue, rules
from recoupe.crosscheck.actions.contact import NO_CHANNEL
from recoupe.crosscheck.enums import Answer, ContactState, HitState, NoticeKind
from recoupe.crosscheck.queries import HitLine, HitPage
from recoupe.kernel.refusal import Conflict, Invalid
from recoupe.kernel.selectors import Strength
from recoupe.web import paging
from recoupe.web.crosscheck import shown
from recoupe.web.crosscheck.forms import AnswerForm, ListForm, OpenForm
from recoupe.web.crosscheck.rows import rows
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import policy
from recoupe.web.shell import WRITERS


@policy(roles=WRITERS)
@require_safe
def hit_list(request: StaffRequest) -> HttpResponse:
    """What waits for a judgement first, then the newest hits, without totals."""
    form = ListForm(request.GET)
    if not form.is_valid():
        raise Invalid(paging.UNKNOWN_LIST)
    agent, before = request.agent, form.cleaned_data["before"]
    lines, following = _listed(agent, form)
    asked = queries.judgements(agent) if before is None and form.cleaned_data["strength"] in ("", Strength.WEAK) else []
    # An answer that contradicts others is put again before what was never asked.
    again = judged.to_ask_again(agent, timezone.now()) if before is None else []
    waiting = shown.pair_rows(agent, [*again, *asked][: queries.PAGE])
    refs: list[Ref] = [("hit", line.side.id) for line in lines]
    refs += [("judgement", row.judgement.id) for row in waiting]
    count = len(refs)
    refs += [ref for row in waiting for ref in row.refs]
    record(Operation.CONSULT, refs=list(dict.fromkeys(refs)), details={"what": "hits"}, result_count=count)
    context = {
        "rows": rows(shown.hit_rows(agent, lines), agent.unit_name),
        "any": bool(lines),
        "form": form,
        "queued": form.cleaned_data["order"] == "queue",
        "narrowed": any(form.cleaned_data[name] for name in ("order", "strength")),
        "judgements": waiting,
        "again": {row.id for row in again},
        "older_url": paging.older(request.GET.dict(), following),
        "newer_url": paging.newest(request.GET.dict()),
    }
    return render(request, "crosscheck/hits.html", context)


def _listed(agent: Agent, form: ListForm) -> tuple[list[HitLine], Cursor | None]:
    """The lines that are asked for, and where the next page starts: a queue is worked off from its head."""
    order, strength, before = (form.cleaned_data[name] for name in ("order", "strength", "before"))
    if order == "queue":
        return queue.queue(agent, strength), None
    if strength:
        return queue.narrowed(agent, strength, before)
    return queries.newest_hits(agent, before)


@policy(roles=WRITERS)
@require_safe
def hit_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One side of a hit: whom to call, how strong, since when; reasons for whoever reads both records."""
    page = queries.hit_side(request.agent, id)
    opened(request.agent, ("hit", id), keeping=[NoticeKind.WEAK_HIT] if _must_answer(page) else [])
    return _hit(request, page)


@policy(roles=WRITERS)
@require_POST
def hit_contact(request: StaffRequest, id: UUID) -> HttpResponse:
    """Ask the other service for a contact; asking twice opens one."""
    page = queries.hit_side(request.agent, id)
    permissions.check_speak(request.agent, page.side)
    form = OpenForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        if page.thread and page.thread.requested_side == page.side.side:
            return HttpResponseRedirect(reverse("contact-page", args=[page.thread.id]))
        try:
            thread = actions.open_contact(by=request.agent, side=page.side, text=form.cleaned_data["text"])
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            opened(request.agent, ("hit", id), keeping=[NoticeKind.WEAK_HIT] if _must_answer(page) else [])
            return HttpResponseRedirect(reverse("contact-page", args=[thread.id]))
    return _hit(request, page, open_form=form, status=status)


@policy(roles=WRITERS)
@require_POST
def hit_answer(request: StaffRequest, id: UUID) -> HttpResponse:
    """Say for one side whether it is the same person; the matcher draws the consequence."""
    page = queries.hit_side(request.agent, id)
    permissions.check_hold(request.agent, page.side)
    form = AnswerForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        said = Answer(form.cleaned_data["answer"])
        if page.answers and page.answers[0].answer == said:
            return HttpResponseRedirect(reverse("hit-page", args=[id]))
        try:
            actions.answer_weak(by=request.agent, side=page.side, answer=said)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("hit-page", args=[id]))
    return _hit(request, page, answer_form=form, status=status)


def _must_answer(page: HitPage) -> bool:
    """Whether a weak match still waits for the word of this side."""
    waits = page.side.is_weak and page.side.state == HitState.BLIND_NOTIFIED
    return waits and page.may_hold and not page.answers


def _hit(
    request: StaffRequest,
    page: HitPage,
    open_form: forms.Form | None = None,
    answer_form: forms.Form | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, side = request.agent, page.side
    refs: list[Ref] = [("hit", side.id), (side.record_kind, side.record_id)]
    if page.twin:
        refs += [("hit", page.twin.id), (page.twin.record_kind, page.twin.record_id)]
    record(Operation.CONSULT, refs=refs)
    named = shown.owns(agent, [side, page.twin] if page.twin else [side])
    state, closed = ContactState(page.thread.state) if page.thread else None, not side.other_name
    context = {
        "page": page,
        "side": side,
        "title": shown.between(side, page.twin),
        "own": named[side.record_id],
        "other": named[page.twin.record_id] if page.twin else None,
        "twin_speaks": bool(page.twin and permissions.can_speak(agent, page.twin)),
        "state": shown.hit_word(side.state),
        "strength_label": shown.strength_label(side.strength),
        "strength_words": shown.STRENGTH_WORDS[Strength(side.strength)] if side.strength else "",
        "motive": shown.motive(side),
        "met": shown.met(side),
        "callers": shown.callers([side, page.twin] if page.twin else [side]),
        "reasons": shown.reason_rows(page.reasons),
        "contact": shown.contact_word(state) if state else None,
        "contact_open": state in rules.OPEN_CONTACT or state == ContactState.RESOLVED,
        "may_open": page.may_speak and state == ContactState.AVAILABLE,
        "no_channel": gettext(NO_CHANNEL) if state is None and page.may_speak and not closed else "",
        "closed": closed,
        "withdrawn": closed and side.state != HitState.CLOSED,
        "open_form": open_form or OpenForm(),
        "answers": page.answers,
        "may_answer": page.may_hold and side.is_weak and side.state == HitState.BLIND_NOTIFIED,
        "answer_form": answer_form or AnswerForm(),
        "may_propose": coordination.can_propose(agent, side),
    }
    return render(request, "crosscheck/hit.html", context, status=status)
