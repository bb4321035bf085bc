"""Contacts between two services: the list, the thread, and each step that one of its parties takes."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.enums import Role
from recoupe.audit.actions import Ref, record
from recoupe.audit.enums import Operation
from recoupe.crosscheck import queries, records
from recoupe.crosscheck.enums import Side
from recoupe.crosscheck.permissions import NOT_HELD, NOT_YOURS, check_arbitrate
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.web import paging
from recoupe.web.crosscheck import shown, story
from recoupe.web.crosscheck.forms import VoiceForm
from recoupe.web.crosscheck.standing import Standing
from recoupe.web.crosscheck.verbs import BY_SLUG, MESSAGE, OF_ARBITER, OF_HOLDER, offers
from recoupe.web.deconfliction import shown as conflicts
from recoupe.web.fields import refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.seen import opened
from recoupe.web.policy import UNKNOWN_VERB, policy
from recoupe.web.shell import WRITERS

# A prosecutor's office takes part in what is carried to it.
PARTIES = WRITERS | {Role.PROSECUTOR}
WRITE = gettext_lazy("Écrire un message")


@policy(roles=PARTIES)
@require_safe
def contact_list(request: StaffRequest) -> HttpResponse:
    """Late contacts first, then the newest, without totals."""
    form = paging.PageForm(request.GET)
    if not form.is_valid():
        raise Invalid(paging.UNKNOWN_LIST)
    agent, now, before = request.agent, timezone.now(), form.cleaned_data["before"]
    threads, following = queries.newest_threads(agent, before)
    late = queries.overdue(agent, now) if before is None else []
    late_ids = {thread.id for thread in late}
    rest = [thread for thread in threads if thread.id not in late_ids]
    refs: list[Ref] = [("contact", thread.id) for thread in (*late, *rest)]
    record(Operation.CONSULT, refs=refs, details={"what": "contacts"}, result_count=len(refs))
    context = {
        "late": shown.contact_rows(agent, late, now),
        "rows": shown.contact_rows(agent, rest, now),
        "older_url": paging.older(request.GET.dict(), following),
        "newer_url": paging.newest(request.GET.dict()),
    }
    return render(request, "crosscheck/contacts.html", context)


@policy(roles=PARTIES)
@require_safe
def contact_page(request: StaffRequest, id: UUID) -> HttpResponse:
    """One contact: what was written and released for its parties, where it stands for the cells that read a side."""
    here = Standing(request.agent, queries.thread(request.agent, id))
    opened(request.agent, ("contact", id), keeping=here.awaited())
    return _page(request, here)


@policy(roles=PARTIES, step_up={"communiquer"})
@require_POST
def contact_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Take one step; a refused form comes back on the page, with the contact as it stands."""
    step = BY_SLUG.get(verb)
    if step is None:
        raise Absent(UNKNOWN_VERB)
    here = Standing(request.agent, queries.thread(request.agent, id))
    # Whoever takes no part is refused before his words are read.
    if not here.page.voices:
        raise Refused(NOT_YOURS)
    if verb in OF_HOLDER and here.own is None:
        raise Refused(NOT_HELD)
    # So is who does not read the record that he would give.
    if verb == "communiquer" and here.own is not None:
        records.held(request.agent, here.own.record_kind, here.own.record_id)
    if verb in OF_ARBITER:
        check_arbitrate(request.agent, here.thread)
    form = step.bind(here, request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            step.run(here, form)
        except Invalid as refusal:
            refuse(form, refusal)
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            return HttpResponseRedirect(reverse("contact-page", args=[id]))
    return _page(request, Standing(request.agent, queries.thread(request.agent, id)), {verb: form}, status)


def _page(
    request: StaffRequest,
    here: Standing,
    bound: Mapping[str, VoiceForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    agent, now = request.agent, timezone.now()
    page, forms = here.page, bound or {}
    late = shown.overdue(page.thread, now)
    offered = offers(here, {slug: form for slug, form in forms.items() if slug != MESSAGE.slug}, late=late)
    message_form = forms.get(MESSAGE.slug) or (MESSAGE.bind(here) if MESSAGE.voices(here) else None)
    steps = [(offer.verb.slug, str(offer.verb.label)) for offer in offered]
    refs: list[Ref] = [("contact", page.thread.id), *(("message", line.id) for line in page.messages[-90:])]
    record(Operation.CONSULT, refs=refs)
    context = {
        "here": here,
        "thread": page.thread,
        "title": shown.contact_title(page.thread, page.sides),
        "state": shown.contact_word(page.thread.state),
        "late": story.late(here, now, [*([(MESSAGE.slug, str(WRITE))] if message_form else []), *steps]),
        "stages": story.stages(page.thread),
        "entries": story.entries(agent, here),
        "callers": shown.callers(page.sides),
        "hits": [(side, reverse("hit-page", args=[side.id])) for side in page.sides],
        "releases": story.releases(agent, here),
        "consequences": story.consequences(here),
        "refusal": gettext(here.release_refusal) if here.may_release else "",
        "offers": offered,
        "message_form": message_form,
        **_settled(here),
    }
    return render(request, "crosscheck/contact.html", context, status=status)


def _settled(here: Standing) -> dict[str, object]:
    """Where two registrations that meet in it stand, and what is to be done of them."""
    of = here.settlement
    if of is None:
        return {}
    said = conflicts.settle_next(Side(here.sides[0].value), of) if here.sides else ""
    return {"settlement": of, "settlement_word": conflicts.word(of.state), "settlement_next": said}
