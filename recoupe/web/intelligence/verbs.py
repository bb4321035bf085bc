"""Doing one thing with a report: a refused form comes back on the page, with the report as it stands."""

from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.intelligence import queries
from recoupe.intelligence.attachments import MAX_BYTES
from recoupe.kernel.refusal import Absent, Conflict, Invalid
from recoupe.web.fields import refuse
from recoupe.web.intelligence import pages, uploads, writing
from recoupe.web.intelligence.offers import BY_SLUG
from recoupe.web.intelligence.opened import Opened
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import UNKNOWN_VERB, policy

# The rooms' own words for what the small forms show.
# Verbs that change who reads a report, or a name in it.
SHARING = frozenset({"diffuser", "taire", "lever-silence", "qualifier"})
FIELD_OF = {"motive": "reason", "grade": "source", "selectors": "raw", "selectors-0": "raw", "file": "attachment"}


@policy(roles=OPERATIONAL_ROLES, step_up=SHARING)
@require_POST
def report_act(request: StaffRequest, id: UUID, verb: str) -> HttpResponse:
    """Check, do, and show the page anew."""
    wanted = BY_SLUG.get(verb)
    if wanted is None:
        raise Absent(UNKNOWN_VERB)
    agent, report = request.agent, queries.report(request.agent, id)
    form = wanted.bind(Opened(agent, report), request.POST, request.FILES)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if uploads.is_too_heavy(request):
        form.add_error(None, uploads.said_too_heavy(MAX_BYTES))
    elif form.is_valid():
        try:
            wanted.run(agent, report, form.cleaned_data)
        except Invalid as refusal:
            field = FIELD_OF.get(refusal.field, refusal.field)
            refuse(form, Invalid(refusal.sentence, field=field, **refusal.params))
        except Conflict as refusal:
            refuse(form, refusal)
            status = HTTPStatus.CONFLICT
        else:
            if wanted.compared:
                transaction.on_commit(lambda: writing.wait_for_hits(request, id), robust=True)
            return HttpResponseRedirect(reverse("report-page", args=[id]))
    return pages.page(request, queries.report(agent, id), bound={verb: form}, status=status)
