"""The home page, and taking off its list what one has only to know."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.access.queries import own_key_news
from recoupe.audit.actions import REFS_PER_ENTRY, Ref, record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.notices.actions import mark_seen
from recoupe.web.middleware import StaffRequest
from recoupe.web.notices.home import home as waiting_for
from recoupe.web.notices.kinds import SKIMMED
from recoupe.web.policy import EVERYONE, policy

UNREADABLE = gettext_noop("Cette liste d'avis est illisible : rechargez l'accueil.")


@policy(roles=EVERYONE)
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """What waits for the agent."""
    found = waiting_for(request.agent)
    refs = found.refs
    record(
        Operation.CONSULT,
        refs=refs[:REFS_PER_ENTRY],
        details={"what": "home", "counted": found.folded},
        result_count=len(refs),
    )
    shown = {"home": found, "today": timezone.localdate(), "key_news": own_key_news(request.agent)}
    return render(request, "notices/home.html", shown)


@policy(roles=OPERATIONAL_ROLES)
@require_POST
def seen(request: StaffRequest) -> HttpResponse:
    """Mark notices that ask for no act as seen; what waits for an act stays until it is done."""
    refs = [_ref(written) for written in request.POST.getlist("ref")[:REFS_PER_ENTRY]]
    if refs:
        mark_seen(by=request.agent, refs=refs, kinds=SKIMMED)
    return HttpResponseRedirect(reverse("home"))


def _ref(written: str) -> Ref:
    kind, _colon, identity = written.partition(":")
    try:
        found = UUID(identity)
    except ValueError:
        raise Invalid(UNREADABLE) from None
    if not kind.isascii() or not kind.isalpha() or len(kind) > 16:
        raise Invalid(UNREADABLE)
    return kind, found
